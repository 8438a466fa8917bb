// Regions: input_region and output_region, checked by changing what they say does not matter, and what they say does.
#include "against_oracle.hpp"

namespace {

using upconv::Dims;
using upconv::Index;
using upconv::Padding;
using upconv::Range;
using upconv::Region;
using upconv::Size2;
using Tensor = upconv::Tensor4<float>;
using Conv = upconv::Conv2d<float>;
using Transposed = upconv::ConvTranspose2d<float>;

constexpr Index height = 5, width = 6;

struct Filter {
    Size2 kernel, stride, dilation;
    Padding padding;

    /// Every line of a region then matters.
    bool tight() const { return dilation == Size2(1) && stride.h <= kernel.h && stride.w <= kernel.w; }
};

template <class F>
void for_each_filter(const F& f) {
    for (const Size2& kernel : {Size2(1, 3), Size2(3, 2), Size2(4, 4)})
        for (const Size2& stride : {Size2(1), Size2(1, 2), Size2(3, 2)})
            for (const Size2& dilation : {Size2(1), Size2(2, 1)})
                for (const Padding& padding : {Padding(0), Padding(1, 0), Padding(-1, 1, 0, 2), Padding::valid})
                    f(Filter{kernel, stride, dilation, padding});
}

/// Positive weights and inputs: whatever is read changes the output.
template <class Op>
Op positive(const Filter& f) {
    typename Op::Options options;
    options.in_channels = options.out_channels = 1;
    options.kernel = f.kernel, options.stride = f.stride, options.dilation = f.dilation, options.padding = f.padding;
    Op op(options);
    upconv::init::ones(op);
    return op;
}

bool contains(const Region& region, Index i, Index j) {
    return i >= region.rows.begin && i < region.rows.end && j >= region.columns.begin && j < region.columns.end;
}

/// Every stretch of rows with a stretch of columns beside it.
template <class F>
void for_each_part(Index rows, Index columns, const F& f) {
    for (Index i = 0; i < rows; ++i)
        for (Index end = i + 1; end <= rows; ++end)
            f(Region{{i, end}, {std::min(i, columns - 1), std::min(end, columns)}});
}

Tensor ones_with(const Dims& dims, Index i, Index j) {
    Tensor x(dims);
    x.setConstant(1);
    x(0, 0, i, j) = 2;
    return x;
}

/// The inputs that change some output of the part, and the smallest region around them, by trying each.
template <class Op>
Region read_by(const Op& op, const Dims& dims, const Region& part) {
    Tensor ones(dims);
    ones.setConstant(1);
    const Tensor y = op(ones);
    Region read{{height, 0}, {width, 0}};
    for (Index i = 0; i < height; ++i)
        for (Index j = 0; j < width; ++j) {
            const Tensor changed = op(ones_with(dims, i, j));
            bool reaches = false;
            for (Index a = part.rows.begin; a < part.rows.end; ++a)
                for (Index b = part.columns.begin; b < part.columns.end; ++b)
                    reaches |= changed(0, 0, a, b) != y(0, 0, a, b);
            if (!reaches) continue;
            read.rows = {std::min(read.rows.begin, i), std::max(read.rows.end, i + 1)};
            read.columns = {std::min(read.columns.begin, j), std::max(read.columns.end, j + 1)};
        }
    return read;
}

template <class Op>
void check_input_regions() {
    int checked = 0;
    for_each_filter([&](const Filter& f) {
        const Op op = positive<Op>(f);
        const Dims dims(1, 1, height, width);
        Dims output;
        try {
            output = op.output_shape(dims);
        } catch (const upconv::ShapeError&) {
            return;  // the kernel does not fit
        }
        for_each_part(output[2], output[3], [&](const Region& part) {
            const Region region = op.input_region(part, dims), read = read_by(op, dims, part);
            if (!read.rows.empty()) {
                EXPECT_TRUE(contains(region, read.rows.begin, read.columns.begin));
                EXPECT_TRUE(contains(region, read.rows.end - 1, read.columns.end - 1));
                EXPECT_TRUE(region == read || !f.tight());
            } else if (f.tight()) {
                EXPECT_TRUE(region.rows.empty() || region.columns.empty());
            }
            ++checked;
        });
    });
    EXPECT_GT(checked, 400);
}

TEST(Regions, InputRegionOfConv2dHoldsWhatIsRead) { check_input_regions<Conv>(); }
TEST(Regions, InputRegionOfConvTranspose2dHoldsWhatIsRead) { check_input_regions<Transposed>(); }

template <class Op>
void check_output_regions() {
    for_each_filter([&](const Filter& f) {
        const Op op = positive<Op>(f);
        const Dims dims(1, 1, height, width);
        Tensor ones(dims);
        ones.setConstant(1);
        Tensor y;
        try {
            y = op(ones);
        } catch (const upconv::ShapeError&) {
            return;
        }
        for (Index i = 0; i < height; ++i)
            for (Index j = 0; j < width; ++j) {
                const Region region = op.output_region({{i, i + 1}, {j, j + 1}}, dims);
                const Tensor changed = op(ones_with(dims, i, j));
                Region touched{{y.dimension(2), 0}, {y.dimension(3), 0}};
                for (Index a = 0; a < y.dimension(2); ++a)
                    for (Index b = 0; b < y.dimension(3); ++b) {
                        if (changed(0, 0, a, b) == y(0, 0, a, b)) continue;
                        EXPECT_TRUE(contains(region, a, b));
                        touched.rows = {std::min(touched.rows.begin, a), std::max(touched.rows.end, a + 1)};
                        touched.columns = {std::min(touched.columns.begin, b), std::max(touched.columns.end, b + 1)};
                    }
                EXPECT_TRUE(region == touched || touched.rows.empty() || !f.tight());
            }
    });
}

TEST(Regions, OutputRegionOfConv2dHoldsWhatIsTouched) { check_output_regions<Conv>(); }
TEST(Regions, OutputRegionOfConvTranspose2dHoldsWhatIsTouched) { check_output_regions<Transposed>(); }

TEST(Regions, WithoutDimensionsTheyReachIntoThePadding) {
    const Transposed up({.in_channels = 1, .out_channels = 1, .kernel = 4, .stride = 2, .padding = 1});
    EXPECT_EQ(up.input_region({{0, 2}, {10, 14}}), (Region{{-1, 2}, {4, 8}}));
    EXPECT_EQ(up.output_region({{0, 1}, {3, 5}}), (Region{{-1, 3}, {5, 11}}));
    const Conv conv({.in_channels = 1, .out_channels = 1, .kernel = 3, .stride = 2, .padding = 1});
    EXPECT_EQ(conv.input_region({{0, 1}, {2, 4}}), (Region{{-1, 2}, {3, 8}}));
    EXPECT_EQ(conv.output_region({{0, 1}, {2, 4}}), (Region{{0, 1}, {1, 3}}));
}

TEST(Regions, WithDimensionsAPartIsClippedToItsGridFirst) {
    constexpr Index least = std::numeric_limits<Index>::min(), most = std::numeric_limits<Index>::max();
    const Dims dims(1, 1, height, width);
    const auto check = [&](const auto& op) {
        const Dims output = op.output_shape(dims);
        const Region all_inputs{{0, height}, {0, width}}, all_outputs{{0, output[2]}, {0, output[3]}};
        const Region everything{{least, most}, {least, most}};
        EXPECT_EQ(op.input_region(everything, dims), op.input_region(all_outputs, dims));
        EXPECT_EQ(op.output_region(everything, dims), op.output_region(all_inputs, dims));
        for (const Range& nothing :
             {Range{least, 0}, Range{least, least + 1}, Range{most - 1, most}, Range{most, least}})
            EXPECT_TRUE(op.input_region({nothing, {0, 1}}, dims).rows.empty());
        EXPECT_THROW(op.input_region(everything), upconv::ShapeError);
        EXPECT_THROW(op.output_region(everything), upconv::ShapeError);
        EXPECT_EQ(op.input_region({{most, least}, {0, 0}}), Region{});
    };
    check(Conv({.in_channels = 1, .out_channels = 1, .kernel = 3, .stride = 2, .padding = 1}));
    check(Transposed({.in_channels = 1, .out_channels = 1, .kernel = 4, .stride = 2, .padding = 1}));
}

TEST(Regions, WithoutDimensionsTheyAreRightAsFarAs64BitsReach) {
    constexpr Index far = Index(1) << 62;
    const Conv conv({.in_channels = 1, .out_channels = 1, .kernel = 3, .stride = 2, .padding = 1});
    EXPECT_EQ(conv.input_region({{far / 2, far / 2 + 1}, {-far / 2, 0}}), (Region{{far - 1, far + 2}, {-far - 1, 0}}));
    EXPECT_THROW(conv.input_region({{far, far + 1}, {0, 1}}), upconv::ShapeError);
    EXPECT_EQ(conv.output_region({{far, far + 1}, {0, 1}}).rows, (Range{far / 2, far / 2 + 1}));
    const Transposed huge(
        {.in_channels = 1, .out_channels = 1, .kernel = 2, .stride = far / 2, .dilation = far / 2 - 1});
    EXPECT_EQ(huge.output_region({{1, 2}, {0, 1}}).rows, (Range{far / 2, far}));
    EXPECT_THROW(huge.output_region({{4, 5}, {0, 1}}), upconv::ShapeError);
}

TEST(Regions, ThoseOfAChainCompose) {
    const Conv conv({.in_channels = 1, .out_channels = 1, .kernel = 3, .stride = 2, .padding = 1});
    const Transposed up({.in_channels = 1, .out_channels = 1, .kernel = 4, .stride = 2, .padding = 1});
    const Dims dims(1, 1, 17, 20);
    Tensor x = normals(dims, 1);
    const Tensor before = up(conv(x));
    const Region part{{6, 8}, {9, 12}};
    const Region region = conv.input_region(up.input_region(part, conv.output_shape(dims)), dims);
    EXPECT_LT(region.rows.size() * region.columns.size(), 17 * 20 / 3);
    for (Index i = 0; i < dims[2]; ++i)
        for (Index j = 0; j < dims[3]; ++j)
            if (!contains(region, i, j)) x(0, 0, i, j) += 1000;
    const Tensor after = up(conv(x));
    for (Index i = part.rows.begin; i < part.rows.end; ++i)
        for (Index j = part.columns.begin; j < part.columns.end; ++j) EXPECT_EQ(before(0, 0, i, j), after(0, 0, i, j));
    EXPECT_NE(before(0, 0, 0, 0), after(0, 0, 0, 0));
}

}  // namespace
