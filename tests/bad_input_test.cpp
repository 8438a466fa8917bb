// Bad input: options and sizes that are refused with a ShapeError whose text names the operator, the rule, the numbers
// and what would work. And what looks bad but is legal.
#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <upconv/upconv.hpp>
#include <vector>

#include "allocator.hpp"
#include "random_tensors.hpp"
#include "refused.hpp"

namespace {

using upconv::Dims;
using upconv::Index;
using upconv::Padding;
using upconv::Scale2;
using upconv::Size2;
using Tensor = upconv::Tensor4<float>;
using Conv = upconv::Conv2d<float>;
using Transposed = upconv::ConvTranspose2d<float>;
using UpSampling = upconv::UpSampling2d<float>;

constexpr Index least = std::numeric_limits<Index>::min(), most = std::numeric_limits<Index>::max();
constexpr Index two_to(int power) { return Index(1) << power; }

template <class Op>
void construct(const typename Op::Options& options) {
    Op op(options);
}

// Options.

template <class Op>
void check_positive_options() {
    for (const Index bad : {Index(0), Index(-1), -two_to(31), -two_to(62), least}) {
        SCOPED_TRACE(bad);
        const std::string number = std::to_string(bad);
        auto options = plain<Op>();
        options.stride = Size2(1, bad);
        expect_refused([&] { construct<Op>(options); }, {Op::name, "stride (1, " + number, "at least 1"});
        options = plain<Op>(), options.dilation = Size2(bad, 1);
        expect_refused([&] { construct<Op>(options); }, {Op::name, "dilation (" + number, "at least 1"});
        options = plain<Op>(), options.kernel = Size2(bad, 3);
        expect_refused([&] { construct<Op>(options); }, {Op::name, "kernel (" + number, "at least 1"});
        options = plain<Op>(), options.groups = bad;
        expect_refused([&] { construct<Op>(options); }, {Op::name, "groups " + number, "at least 1"});
        options = plain<Op>(), options.in_channels = bad;
        expect_refused([&] { construct<Op>(options); }, {Op::name, "in_channels " + number, "at least 1"});
        options = plain<Op>(), options.out_channels = bad;
        expect_refused([&] { construct<Op>(options); }, {Op::name, "out_channels " + number, "at least 1"});
    }
}

TEST(BadInput, OptionsBelowOne) { check_positive_options<Conv>(), check_positive_options<Transposed>(); }

template <class Op>
void check_groups() {
    auto options = plain<Op>();
    options.in_channels = 4, options.out_channels = 6, options.groups = 3;
    expect_refused([&] { construct<Op>(options); }, {Op::name, "groups 3", "in_channels 4", "out_channels 6", "is 2"});
    options.groups = 4;
    expect_refused([&] { construct<Op>(options); }, {Op::name, "groups 4", "out_channels 6"});
    options.groups = two_to(62);
    expect_refused([&] { construct<Op>(options); }, {Op::name, "groups " + std::to_string(two_to(62))});
}

TEST(BadInput, GroupsThatDoNotDivide) { check_groups<Conv>(), check_groups<Transposed>(); }

TEST(BadInput, OutputPadding) {
    const auto call = [](Size2 stride, Size2 dilation, Size2 output_padding) {
        return [=] {
            auto options = plain<Transposed>();
            options.stride = stride, options.dilation = dilation, options.output_padding = output_padding;
            Transposed(options).output_shape({1, 1, 4, 4});
        };
    };
    expect_refused(call(2, 1, 2),
                   {"ConvTranspose2d: output_padding (2, 2) must be smaller than the stride (2, 2) or the "
                    "dilation (1, 1) on each axis"});
    expect_refused(call(2, 1, {0, 2}), {"output_padding (0, 2)"});
    expect_refused(call({1, 3}, {3, 1}, {2, 3}), {"output_padding (2, 3)"});
    expect_refused(call(2, 1, {-1, 0}), {"ConvTranspose2d", "output_padding (-1, 0)", "negative"});
    expect_refused(call(2, 1, least), {"output_padding"});
    expect_refused(call(2, 1, most), {"output_padding"});
    call({1, 3}, {3, 1}, {2, 2})();  // smaller than one of the two
}

TEST(BadInput, OutputSize) {
    const auto shape = [](Index size, Size2 output_padding = 0) {
        auto options = plain<Transposed>();
        options.stride = 2, options.padding = 1, options.output_size = Size2(size),
        options.output_padding = output_padding;
        return Transposed(options).output_shape({1, 1, 4, 4});
    };
    EXPECT_EQ(shape(7), Dims(1, 1, 7, 7));
    EXPECT_EQ(shape(8), Dims(1, 1, 8, 8));
    for (const Index size : {Index(0), Index(-1), Index(9), two_to(62), least, most})
        expect_refused([&] { shape(size); }, {"ConvTranspose2d", "output_size", std::to_string(size), "from 1 to 8"});
    expect_refused([&] { shape(8, 1); }, {"output_padding (1, 1)", "output_size (8, 8)", "one of them"});
}

// The sizes of a call.

TEST(BadInput, KernelLargerThanThePaddedInput) {
    auto options = plain<Conv>();
    options.dilation = 2, options.padding = 1;
    expect_refused(
        [&] {
            Conv(options).output_shape({1, 1, 2, 9});
        },
        {"Conv2d: the kernel spans 5 rows (kernel 3, dilation 2) but the padded input has 4 (height 2, "
         "padding 1 + 1)",
         "pad by 1 more, or give at least 3 rows"});
    expect_refused([&] { Conv(options).output_shape({1, 1, 9, 1}); }, {"Conv2d", "5 columns", "width 1"});
    EXPECT_EQ(Conv(options).output_shape({1, 1, 3, 3}), Dims(1, 1, 1, 1));  // equal to it: one output
    options.stride = 7;
    EXPECT_EQ(Conv(options).output_shape({1, 1, 3, 3}), Dims(1, 1, 1, 1));
}

TEST(BadInput, TransposedOutputBelowOne) {
    auto options = plain<Transposed>();
    options.padding = {2, 1};
    expect_refused(
        [&] {
            Transposed(options).output_shape({1, 1, 2, 2});
        },
        {"ConvTranspose2d", "0 rows", "height 2", "kernel 3", "padding 2 + 2", "pad by 1 less"});
    EXPECT_EQ(Transposed(options).output_shape({1, 1, 3, 2}), Dims(1, 1, 1, 2));
}

template <class Op>
void check_empty_extents(const Op& op) {
    for (std::size_t d = 0; d < 4; ++d)
        for (const Index bad : {Index(0), Index(-1), least}) {
            Dims dims(1, 1, 4, 4);
            dims[d] = bad;
            if (d == 0 && bad == 0) continue;  // an empty batch is legal
            expect_refused([&] { op.output_shape(dims); }, {Op::name, std::to_string(bad)});
            expect_refused([&] { op.plan(dims); }, {Op::name, "the input"});
        }
    const Tensor no_rows(1, 1, 0, 4), no_channels(1, 0, 4, 4);
    expect_refused([&] { op(no_rows); }, {Op::name, "the input", "0"});
    expect_refused([&] { op(no_channels); }, {Op::name, "the input", "0"});
}

TEST(BadInput, NoChannelsRowsOrColumns) {
    check_empty_extents(Conv(plain<Conv>()));
    check_empty_extents(Transposed(plain<Transposed>()));
    check_empty_extents(UpSampling({.scale = 2}));
}

TEST(BadInput, SizesThatLeave64Bits) {
    const auto check = [](const auto& op) {
        const char* name = op.name;
        for (const Dims& dims : {Dims(two_to(32), 1, two_to(32), 4), Dims(1, 1, two_to(31), two_to(31)),
                                 Dims(1, 1, two_to(62), 4), Dims(most, 1, 4, 4), Dims(1, 1, most, most)})
            expect_refused([&] { op.output_shape(dims); }, {name, "64-bit"});
    };
    check(Conv(plain<Conv>())), check(Transposed(plain<Transposed>())), check(UpSampling({.scale = 2}));
    // an input within, an output beyond
    auto options = plain<Transposed>();
    options.stride = two_to(31);
    expect_refused([&] { Transposed(options).output_shape({1, 1, 4, 4}); }, {"ConvTranspose2d", "64-bit"});
    options.out_channels = two_to(40), options.kernel = 1;
    expect_refused([&] { Transposed({.in_channels = two_to(30), .out_channels = two_to(30), .kernel = 4}); },
                   {"ConvTranspose2d", "64-bit"});
    expect_refused([&] { UpSampling({.size = Size2(two_to(31))}).output_shape({1, 1, 2, 2}); }, {"UpSampling2d"});
}

TEST(BadInput, HostilePadding) {
    for (const Index padding : {two_to(62), most, least, -two_to(62)}) {
        auto conv = plain<Conv>();
        conv.padding = padding;
        expect_refused([&] { Conv(conv).output_shape({1, 1, 4, 4}); }, {"Conv2d"});
        auto transposed = plain<Transposed>();
        transposed.padding = padding;
        expect_refused([&] { Transposed(transposed).output_shape({1, 1, 4, 4}); }, {"ConvTranspose2d"});
    }
}

TEST(BadInput, PaddingAndStrideOfTwoToThe31AreLegal) {
    auto options = plain<Conv>();
    options.kernel = 1, options.bias = false;
    options.stride = Size2(two_to(31), 1), options.padding = {two_to(31), Index(0)};
    Conv conv(options);
    conv.weight().setConstant(2);
    Tensor x(1, 1, 4, 1);
    x.setConstant(3);
    const Tensor y = conv(x);
    ASSERT_EQ(Dims(y.dimensions()), Dims(1, 1, 3, 1));
    EXPECT_EQ(y(0, 0, 0, 0), 0);
    EXPECT_EQ(y(0, 0, 1, 0), 6);  // the centre only
    EXPECT_EQ(y(0, 0, 2, 0), 0);
    const Tensor gx = conv.backward_input(y, x.dimensions());
    EXPECT_EQ(gx(0, 0, 0, 0), 12);
    EXPECT_EQ(gx(0, 0, 1, 0), 0);
}

TEST(BadInput, StridesWithoutLimit) {
    for (const Index stride : {two_to(31), two_to(40), two_to(62)}) {
        SCOPED_TRACE(stride);
        const Conv conv({.in_channels = 64, .out_channels = 64, .kernel = 1, .stride = stride});
        Tensor x(1, 64, 1, 1);
        x.setConstant(1);
        EXPECT_EQ(Dims(conv(x).dimensions()), Dims(1, 64, 1, 1));
        Transposed up({.in_channels = 1, .out_channels = 1, .kernel = 3, .stride = stride});
        upconv::init::ones(up);
        const double checkerboard = upconv::checkerboard_index(up);  // 9 phases have a tap of weight 1, the others none
        EXPECT_DOUBLE_EQ(checkerboard, 1 / (9 / (static_cast<double>(stride) * static_cast<double>(stride))));
        expect_refused([&] { upconv::init::bilinear(up); }, {"init::bilinear", std::to_string(stride)});
        expect_refused([&] { upconv::init::icnr(up); }, {"init::icnr", std::to_string(stride), "would do"});
        const Transposed pixel({.in_channels = 1, .out_channels = 1, .kernel = {3, 1}, .stride = {stride, 1}});
        if (stride < two_to(62)) {
            EXPECT_NE(upconv::explain(pixel, {1, 1, 2, 1}).find("0 to 1"), std::string::npos);
        }
    }
    const Tensor map_of = normals({1, 1, 4, 4}, 1);
    for (const Index groups : {most, two_to(62), least})
        expect_refused(
            [&] {
                upconv::conv2d(map_of, normals({4, 4, 1, 1}, 2), {.groups = groups});
            },
            {"Conv2d", std::to_string(groups), "groups"});
    expect_refused([] { upconv::overlap_map({.kernel = 1, .stride = two_to(31)}, two_to(30), two_to(30)); },
                   {"ConvTranspose2d", "overlap map", "64-bit"});
    const upconv::ConvTranspose2dOptions one_pixel{
        .kernel = {two_to(40), 1}, .stride = {two_to(40), 1}, .padding = {two_to(39), two_to(39) - 1, 0, 0}};
    EXPECT_EQ(upconv::overlap_map(one_pixel, 1, 1)(0, 0), 1);
}

/// Kernel, stride, dilation and output padding of ONNX and Keras whose sums leave 64 bits, or are below 1.
TEST(BadInput, OptionsOfOtherFrameworks) {
    for (const auto& [kernel, stride, dilation] : std::vector<std::array<Index, 3>>{
             {least, 1, 1}, {0, 1, 1}, {3, 1, least}, {3, 1, two_to(62)}, {most, 1, 2}, {two_to(40), 1, two_to(40)}}) {
        upconv::OnnxConvTranspose onnx{.kernel_shape = kernel, .strides = stride, .auto_pad = "SAME_UPPER"};
        onnx.dilations = dilation;
        expect_refused([&] { upconv::options_from_onnx(onnx); }, {"options_from_onnx", std::to_string(kernel)});
        upconv::KerasConv2DTranspose keras{.kernel_size = kernel, .strides = stride, .padding = Padding::same};
        keras.output_padding = Size2(0), keras.dilation_rate = dilation;
        expect_refused([&] { upconv::options_from_keras(keras); }, {"options_from_keras", std::to_string(kernel)});
    }
    upconv::OnnxConvTranspose onnx{.kernel_shape = 3, .strides = least, .auto_pad = "SAME_LOWER"};
    expect_refused([&] { upconv::options_from_onnx(onnx); }, {"options_from_onnx", std::to_string(least)});
    onnx.strides = 1, onnx.output_padding = most;
    expect_refused([&] { upconv::options_from_onnx(onnx); }, {"options_from_onnx", std::to_string(most)});
}

TEST(BadInput, LargerThanMemory) {
    if (allocator_aborts) GTEST_SKIP() << "the address sanitizer ends the program instead of throwing";
    const Dims dims(1, 1, two_to(23), two_to(23));  // 2^48 bytes
    EXPECT_THROW(Conv({.in_channels = two_to(23), .out_channels = two_to(23), .kernel = 1}), std::bad_alloc);
    std::vector<float> pixel(1, 1);
    const Eigen::TensorMap<Tensor> x(pixel.data(), 1, 1, 1, 1);
    EXPECT_THROW(UpSampling({.size = Size2(two_to(23))})(x), std::bad_alloc);
    auto options = plain<Transposed>();
    options.output_padding = two_to(23) - 1, options.stride = two_to(23), options.kernel = 1;
    const Transposed up(options);
    EXPECT_EQ(up.output_shape({1, 1, 1, 1}), dims);
    EXPECT_THROW(up(x), std::bad_alloc);
}

// Resizing.

TEST(BadInput, Scale) {
    const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
    for (const double bad : {0.0, -0.0, -1.0, nan, infinity, -infinity, 1e20, 1e300, 1e-30, 0.24}) {
        SCOPED_TRACE(bad);
        const auto shape = [](const Scale2& scale) { UpSampling({.scale = scale}).output_shape({1, 1, 4, 4}); };
        expect_refused([&] { shape(bad); }, {"UpSampling2d", "scale", "positive"});
        expect_refused([&] { shape({1, bad}); }, {"UpSampling2d", "scale", "positive"});
    }
    EXPECT_EQ(UpSampling({.scale = 0.25}).output_shape({1, 1, 4, 4}), Dims(1, 1, 1, 1));
}

TEST(BadInput, OptionsOfUpSampling2d) {
    using upconv::Coordinates, upconv::Interpolation;
    expect_refused([] { UpSampling({}); }, {"UpSampling2d", "scale or size", ".scale = 2"});
    expect_refused([] { UpSampling({.scale = 2, .size = 2}); }, {"UpSampling2d", "not both"});
    for (const Index bad : {Index(0), Index(-1), least})
        expect_refused([&] { UpSampling({.size = Size2(4, bad)}); },
                       {"UpSampling2d", std::to_string(bad), "at least 1"});
    for (const Interpolation mode : {Interpolation::nearest, Interpolation::nearest_exact, Interpolation::area})
        expect_refused([&] { UpSampling({.scale = 2, .mode = mode, .coordinates = Coordinates::align_corners}); },
                       {"UpSampling2d", "align_corners", "bilinear, bicubic and lanczos3"});
    expect_refused([] { UpSampling({.scale = 2, .antialias = true}); }, {"UpSampling2d", "antialias"});
    expect_refused([] { UpSampling({.scale = 2, .cubic_coefficient = -0.5}); }, {"UpSampling2d", "cubic_coefficient"});
    for (const double bad : {1e7, -1e308, std::numeric_limits<double>::infinity()})
        expect_refused([&] { UpSampling({.scale = 2, .mode = Interpolation::bicubic, .cubic_coefficient = bad}); },
                       {"UpSampling2d", "cubic_coefficient", "from -1e+06 to 1e+06"});
    expect_refused([] { UpSampling({.scale = 2, .border = upconv::ResizeBorder::drop}); }, {"UpSampling2d", "border"});
}

}  // namespace
