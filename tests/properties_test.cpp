// Properties of the two convolutions that hold exactly, on integers: what they are as linear maps, and what they are in
// terms of each other.
#include "against_oracle.hpp"

namespace {

using upconv::Dims;
using upconv::Index;
using upconv::Padding;
using upconv::PaddingMode;
using upconv::Size2;
using Tensor = upconv::Tensor4<double>;
using Conv = upconv::Conv2d<double>;
using Transposed = upconv::ConvTranspose2d<double>;

template <class A, class B>
double dot(const A& a, const B& b) {
    EXPECT_EQ(a.size(), b.size());
    double sum = 0;
    for (Index i = 0; i < a.size(); ++i) sum += a.data()[i] * b.data()[i];
    return sum;
}

testing::AssertionResult equal(const Tensor& a, const Tensor& b) {
    if (Dims(a.dimensions()) != Dims(b.dimensions()))
        return testing::AssertionFailure()
               << upconv::to_text(Dims(a.dimensions())) << " against " << upconv::to_text(Dims(b.dimensions()));
    for (Index i = 0; i < a.size(); ++i)
        if (a.data()[i] != b.data()[i])
            return testing::AssertionFailure() << "number " << i << ": " << a.data()[i] << " against " << b.data()[i];
    return testing::AssertionSuccess();
}

/// f(i, j) for each pixel of one plane.
template <class F>
void for_each_pixel(const Tensor& x, const F& f) {
    for (Index i = 0; i < x.dimension(2); ++i)
        for (Index j = 0; j < x.dimension(3); ++j) f(i, j);
}

/// A part of a tensor: channels, rows and columns from..to.
struct Part {
    upconv::Range channels, rows, columns;
};
Tensor part(const Tensor& x, const Part& p) {
    const std::array<Index, 4> from{0, p.channels.begin, p.rows.begin, p.columns.begin};
    const std::array<Index, 4> extents{x.dimension(0), p.channels.size(), p.rows.size(), p.columns.size()};
    return x.slice(from, extents);
}
Tensor crop(const Tensor& x, Index rows, Index columns) {
    return part(x, {{0, x.dimension(1)}, {rows, x.dimension(2) - rows}, {columns, x.dimension(3) - columns}});
}

/// Zeros, or for a mode copies of the border, around each plane: top, bottom, left, right.
Tensor padded(const Tensor& x, const Padding& p, oracle::Border border = oracle::Border::zeros) {
    Tensor y(x.dimension(0), x.dimension(1), x.dimension(2) + p.top + p.bottom, x.dimension(3) + p.left + p.right);
    for (Index n = 0; n < y.dimension(0); ++n)
        for (Index c = 0; c < y.dimension(1); ++c)
            for_each_pixel(y, [&](Index i, Index j) {
                const Index a = oracle::cell(border, i - p.top, x.dimension(2));
                const Index b = oracle::cell(border, j - p.left, x.dimension(3));
                y(n, c, i, j) = a < 0 || b < 0 ? 0 : x(n, c, a, b);
            });
    return y;
}

// As linear maps.

struct Filter {
    Size2 kernel, stride = 1, dilation = 1;
    Padding padding = 0;
    PaddingMode mode = PaddingMode::zeros;
    Index groups = 1;
};

const std::vector<Filter> various{
    {.kernel = {3, 2}},
    {.kernel = {2, 3}, .stride = {2, 3}},
    {.kernel = {3, 4}, .stride = {2, 1}, .padding = {1, 2}, .groups = 2},
    {.kernel = {2, 3}, .stride = {3, 2}, .dilation = {2, 1}, .padding = {1, 0, 2, 1}},
    {.kernel = {1, 2}, .stride = {3, 4}, .dilation = {1, 2}, .padding = {0, 1}},
    {.kernel = {3, 3}, .stride = 2, .padding = {-1, 2, 1, -2}, .groups = 2},
    {.kernel = {3, 2}, .stride = {1, 2}, .padding = {2, 1, 1, 2}, .mode = PaddingMode::reflect},
    {.kernel = {3, 3}, .stride = {2, 1}, .padding = {4, 3, 2, 5}, .mode = PaddingMode::replicate, .groups = 2},
    {.kernel = {4, 3}, .stride = {2, 2}, .dilation = {1, 2}, .padding = {2, 3}, .mode = PaddingMode::circular},
};

upconv::Conv2dOptions conv_options(const Filter& f, Index in, Index out) {
    return {.in_channels = in,
            .out_channels = out,
            .kernel = f.kernel,
            .stride = f.stride,
            .padding = f.padding,
            .dilation = f.dilation,
            .groups = f.groups,
            .padding_mode = f.mode,
            .bias = false};
}
upconv::ConvTranspose2dOptions transposed_options(const Filter& f, Index in, Index out) {
    return {.in_channels = in,
            .out_channels = out,
            .kernel = f.kernel,
            .stride = f.stride,
            .padding = f.padding,
            .dilation = f.dilation,
            .groups = f.groups,
            .padding_mode = f.mode,
            .bias = false};
}

TEST(Properties, TransposedConvolutionIsTheAdjointOfConvolution) {
    int compared = 0;
    for (const Filter& f : various)
        for (Index h = 5; h <= 9; ++h)
            for (Index w = 6; w <= 9; ++w) {
                Conv conv(conv_options(f, 4, 6));
                fill_integers(conv.weight(), 1);
                const Tensor x = integers<double>({2, 4, h, w}, 2), cx = conv(x);
                auto options = transposed_options(f, 6, 4);
                options.output_size = Size2(h, w);
                const Transposed transposed(options, conv.weight(), conv.bias());
                const Tensor y = integers<double>(cx.dimensions(), 3);
                const Tensor ty = transposed(y);
                EXPECT_EQ(dot(cx, y), dot(x, ty));
                EXPECT_TRUE(equal(transposed(y), conv.backward_input(y, x.dimensions())));
                EXPECT_TRUE(equal(cx, transposed.backward_input(x, y.dimensions())));
                ++compared;
            }
    EXPECT_EQ(compared, 180);
}

template <class Op>
void check_bilinear_form(const typename Op::Options& options) {
    Op op(options);
    fill_integers(op.weight(), 1);
    const Tensor x = integers<double>({2, 4, 6, 7}, 2), y = op(x), gy = integers<double>(y.dimensions(), 3);
    const auto g = op.backward(x, gy);
    EXPECT_EQ(dot(gy, y), dot(g.input, x));
    EXPECT_EQ(dot(gy, y), dot(g.weight, op.weight()));
    EXPECT_TRUE(equal(g.input, op.backward_input(gy, x.dimensions())));
    EXPECT_TRUE(equal(g.weight, op.backward_weight(x, gy)));
}

TEST(Properties, GradientsAreThoseOfABilinearForm) {
    for (const Filter& f : various) {
        check_bilinear_form<Conv>(conv_options(f, 4, 6));
        check_bilinear_form<Transposed>(transposed_options(f, 4, 6));
    }
}

template <class Op>
void check_linearity(const typename Op::Options& options) {
    Op op(options), other(options), sum(options);
    fill_integers(op.weight(), 1), fill_integers(other.weight(), 2);
    const Tensor a = integers<double>({1, 4, 6, 7}, 3), b = integers<double>({1, 4, 6, 7}, 4);
    EXPECT_TRUE(equal(op(Tensor(2.0 * a - 3.0 * b)), Tensor(2.0 * op(a) - 3.0 * op(b))));
    sum.weight() = 2.0 * op.weight() - 3.0 * other.weight();
    EXPECT_TRUE(equal(sum(a), Tensor(2.0 * op(a) - 3.0 * other(a))));
}

TEST(Properties, LinearInTheInputAndInTheWeights) {
    for (const Filter& f : various) {
        check_linearity<Conv>(conv_options(f, 4, 6));
        check_linearity<Transposed>(transposed_options(f, 4, 6));
    }
}

TEST(Properties, BiasIsAddedToEveryOutputOfItsChannel) {
    Transposed up({.in_channels = 2, .out_channels = 3, .kernel = 1, .stride = 3});
    fill_integers(up.weight(), 1);
    const Tensor x = integers<double>({2, 2, 3, 4}, 2), plain = up(x);
    up.bias().setValues({5, -7, 11});
    const Tensor y = up(x);
    for (Index n = 0; n < 2; ++n)
        for (Index c = 0; c < 3; ++c)
            for_each_pixel(y, [&](Index i, Index j) { EXPECT_EQ(y(n, c, i, j), plain(n, c, i, j) + up.bias()(c)); });
}

// Where things lie.

TEST(Properties, ShiftedInputShiftsTheOutputByTheStride) {
    for (const Filter& f : {Filter{.kernel = {3, 2}, .stride = {2, 3}}, Filter{.kernel = {2, 3}, .dilation = {2, 1}}}) {
        Transposed up(transposed_options(f, 2, 3));
        const Tensor x = integers<double>({1, 2, 4, 5}, 1);
        const Index sh = f.stride.h, sw = f.stride.w;
        EXPECT_TRUE(equal(up(padded(x, {1, 0, 1, 0})), padded(up(x), {sh, 0, sw, 0})));
        Conv conv(conv_options(f, 2, 3));
        const Tensor y = conv(x), shifted = conv(padded(x, {sh, 0, sw, 0}));
        EXPECT_TRUE(equal(part(shifted, {{0, 3}, {1, y.dimension(2) + 1}, {1, y.dimension(3) + 1}}), y));
    }
}

TEST(Properties, OnePixelGivesTheFilterAtStrideTimesPlaceMinusPadding) {
    Transposed up({.in_channels = 1,
                   .out_channels = 1,
                   .kernel = {2, 3},
                   .stride = {3, 2},
                   .padding = {1, 0, 2, 0},
                   .dilation = {2, 1},
                   .bias = false});
    fill_integers(up.weight(), 1, 100);
    for (Index i = 0; i < 3; ++i)
        for (Index j = 0; j < 4; ++j) {
            Tensor x(1, 1, 3, 4), expected(up.output_shape({1, 1, 3, 4}));
            x.setZero(), expected.setZero();
            x(0, 0, i, j) = 1;
            for (Index a = 0; a < 2; ++a)
                for (Index b = 0; b < 3; ++b) {
                    const Index row = 3 * i + 2 * a - 1, column = 2 * j + b - 2;
                    if (row >= 0 && column >= 0) expected(0, 0, row, column) = up.weight()(0, 0, a, b);
                }
            EXPECT_TRUE(equal(up(x), expected));
        }
}

TEST(Properties, OnesGiveTheOverlapMap) {
    for (const Size2& kernel : {Size2(1, 2), Size2(3, 4), Size2(5, 3)})
        for (const Size2& stride : {Size2(1, 2), Size2(2, 3), Size2(3, 2)})
            for (const Size2& dilation : {Size2(1), Size2(2, 3)}) {
                const upconv::ConvTranspose2dOptions options{.in_channels = 1,
                                                             .out_channels = 1,
                                                             .kernel = kernel,
                                                             .stride = stride,
                                                             .output_padding = {0, 1},
                                                             .dilation = dilation};
                Transposed up(options);
                upconv::init::ones(up);
                Tensor x(1, 1, 4, 3);
                x.setConstant(1);
                const Tensor y = up(x);
                const auto map = upconv::overlap_map(options, 4, 3);
                ASSERT_EQ(map.size(), y.size());
                for_each_pixel(y, [&](Index i, Index j) { EXPECT_EQ(y(0, 0, i, j), static_cast<double>(map(i, j))); });
            }
}

// In terms of other operators.

TEST(Properties, EachPhaseIsAConvolutionAtStride1) {
    const Index s = 3, k = 7;
    Transposed up({.in_channels = 2, .out_channels = 3, .kernel = k, .stride = s, .bias = false});
    fill_integers(up.weight(), 1);
    const Tensor x = integers<double>({1, 2, 4, 5}, 2), y = up(x);
    for (Index p = 0; p < s; ++p)
        for (Index q = 0; q < s; ++q) {
            const Index kh = (k - 1 - p) / s + 1, kw = (k - 1 - q) / s + 1;  // taps p, p + s, ..., flipped
            Tensor filter(3, 2, kh, kw);
            for (Index o = 0; o < 3; ++o)
                for (Index c = 0; c < 2; ++c)
                    for_each_pixel(filter, [&](Index a, Index b) {
                        filter(o, c, a, b) = up.weight()(c, o, p + (kh - 1 - a) * s, q + (kw - 1 - b) * s);
                    });
            const Tensor phase = upconv::conv2d(x, filter, {.padding = Padding::full});
            const std::array<Index, 4> from{0, 0, p, q}, to = y.dimensions(), step{1, 1, s, s};
            EXPECT_TRUE(equal(Tensor(y.stridedSlice(from, to, step)), phase)) << p << ", " << q;
        }
}

TEST(Properties, KernelEqualToTheStrideIsAOneByOneConvolutionThenPixelShuffle) {
    Transposed up({.in_channels = 3, .out_channels = 2, .kernel = {2, 3}, .stride = {2, 3}});
    fill_integers(up.weight(), 1), fill_integers(up.bias(), 2);
    const Tensor x = integers<double>({2, 3, 4, 5}, 3), y = up(x);
    Conv conv({.in_channels = 3, .out_channels = 2 * 2 * 3, .kernel = 1});
    for (Index o = 0; o < 12; ++o) {
        conv.bias()(o) = up.bias()(o / 6);
        for (Index c = 0; c < 3; ++c) conv.weight()(o, c, 0, 0) = up.weight()(c, o / 6, o / 3 % 2, o % 3);
    }
    const Tensor channels = conv(x);
    for (Index n = 0; n < 2; ++n)
        for (Index o = 0; o < 2; ++o)
            for_each_pixel(y, [&](Index i, Index j) {
                EXPECT_EQ(y(n, o, i, j), channels(n, o * 6 + i % 2 * 3 + j % 3, i / 2, j / 3));
            });
}

template <class Op>
void check_groups(typename Op::Options options) {
    options.in_channels = 6, options.out_channels = 9, options.groups = 3;
    options.kernel = {3, 2}, options.stride = 2, options.padding = 1;
    Op whole(options);
    fill_integers(whole.weight(), 1), fill_integers(whole.bias(), 2);
    const Tensor x = integers<double>({2, 6, 5, 6}, 3), y = whole(x);
    options.in_channels = 2, options.out_channels = 3, options.groups = 1;
    for (Index g = 0; g < 3; ++g) {
        Op group(options);
        const Index rows = group.weight().dimension(0);
        std::copy_n(&whole.weight()(g * rows, 0, 0, 0), group.weight().size(), group.weight().data());
        std::copy_n(&whole.bias()(g * 3), 3, group.bias().data());
        const Tensor gx = part(x, {{2 * g, 2 * g + 2}, {0, 5}, {0, 6}});
        EXPECT_TRUE(equal(group(gx), part(y, {{3 * g, 3 * g + 3}, {0, y.dimension(2)}, {0, y.dimension(3)}})));
    }
}

TEST(Properties, GroupsAreOperatorsSideBySide) {
    check_groups<Conv>({});
    check_groups<Transposed>({});
}

template <class Op>
void check_dilation(typename Op::Options options) {
    options.in_channels = 2, options.out_channels = 3, options.bias = false;
    options.kernel = {3, 2}, options.dilation = {2, 3}, options.stride = {2, 1}, options.padding = 1;
    Op dilated(options);
    fill_integers(dilated.weight(), 1);
    options.kernel = {5, 4}, options.dilation = 1;
    Op stuffed(options);
    stuffed.weight().setZero();
    for (Index a = 0; a < dilated.weight().dimension(0); ++a)
        for (Index b = 0; b < dilated.weight().dimension(1); ++b)
            for (Index i = 0; i < 3; ++i)
                for (Index j = 0; j < 2; ++j) stuffed.weight()(a, b, 2 * i, 3 * j) = dilated.weight()(a, b, i, j);
    const Tensor x = integers<double>({2, 2, 6, 7}, 2);
    EXPECT_TRUE(equal(dilated(x), stuffed(x)));
}

TEST(Properties, DilationIsAKernelWithZerosBetweenTheTaps) {
    check_dilation<Conv>({});
    check_dilation<Transposed>({});
}

TEST(Properties, PaddingOfAConvolutionIsAroundItsInput) {
    std::vector<Filter> filters = various;  // and some that go more than once around their input
    filters.push_back({.kernel = {3, 2}, .padding = {14, 9, 20, 1}, .mode = PaddingMode::reflect});
    filters.push_back(
        {.kernel = {2, 3}, .stride = {1, 3}, .padding = {13, 7, 22, 30}, .mode = PaddingMode::circular, .groups = 2});
    for (Filter f : filters) {
        const auto border = static_cast<oracle::Border>(f.mode);
        const Tensor x = integers<double>({1, 4, 6, 7}, 1);
        const Conv with(conv_options(f, 4, 6));
        const Tensor explicitly = padded(x, f.padding, border);
        f.padding = 0, f.mode = PaddingMode::zeros;
        EXPECT_TRUE(equal(with(x), Conv(conv_options(f, 4, 6), with.weight(), with.bias())(explicitly)));
    }
}

TEST(Properties, PaddingOfATransposedConvolutionCropsItsOutput) {
    Filter f{.kernel = {4, 3}, .stride = 2};
    const Transposed whole(transposed_options(f, 2, 3));
    const Tensor x = integers<double>({1, 2, 4, 5}, 1);
    f.padding = {2, 1};
    EXPECT_TRUE(equal(Transposed(transposed_options(f, 2, 3))(x), crop(whole(x), 2, 1)));
    f.padding = {-2, -1};  // and negative: beside what any tap reaches
    EXPECT_TRUE(equal(Transposed(transposed_options(f, 2, 3))(x), padded(whole(x), {2, 2, 1, 1})));
}

TEST(Properties, PaddingModesAgreeWithTheOracle) {
    for (const PaddingMode mode : {PaddingMode::reflect, PaddingMode::replicate, PaddingMode::circular})
        for (Index k = 1; k <= 4; ++k)
            for (Index s = 1; s <= 3; ++s)
                for (Index p : {0, 1, 2, 3, 13}) {  // 13: more than one turn
                    const oracle::Request r{5, k, s, 1, p, p};
                    oracle::Problem problem{*oracle::conv_axis(r), {3, 5, 3, 2, 1, 1}, 2, 2, 3};
                    problem.border = static_cast<oracle::Border>(mode);
                    const Filter f{.kernel = {k, 3}, .stride = {s, 2}, .padding = {p, 1}, .mode = mode};
                    Conv conv(conv_options(f, 3, 2));
                    EXPECT_TRUE(agrees_with_oracle(conv, problem, Numbers::integers));
                    auto options = transposed_options(f, 2, 3);
                    options.output_size = Size2(5, 5);
                    Transposed transposed(options);
                    EXPECT_TRUE(agrees_with_oracle(transposed, problem, Numbers::integers));
                }
}

}  // namespace
