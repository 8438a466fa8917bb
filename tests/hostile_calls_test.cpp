// Hostile calls: function forms, options of other frameworks, maps and resizing with numbers of all kinds are refused
// or done, never anything else.
#include <gtest/gtest.h>

#include <numeric>

#include "hostile_numbers.hpp"
#include "random_tensors.hpp"

namespace {

constexpr int calls = 4000;

template <class Call>
void repeat(const Call& call) {
    Dice dice(2, 10);
    int accepted = 0;
    for (int i = 0; i < calls && !testing::Test::HasFailure(); ++i) {
        SCOPED_TRACE("call " + std::to_string(i));
        accepted += call(dice);
    }
    EXPECT_GT(accepted, 0);
    EXPECT_LT(accepted, calls);
}

TEST(HostileCalls, FunctionForms) {
    const upconv::Tensor4<float> x = normals({1, 4, 5, 5}, 1), w = normals({4, 4, 2, 2}, 2);
    upconv::BiasTensor<float> b(4);
    b.setConstant(1);
    const auto random = [](Dice& dice, auto options) {
        options.groups = dice.number(1, 2), options.in_channels = dice.number(0, 0);
        options.stride = dice.pair(1, 3), options.dilation = dice.pair(1, 3);
        options.padding = random_padding(dice);
        return options;
    };
    const auto small = [&](auto complete, const auto& make) {  // or refused
        complete.in_channels = complete.out_channels = 4, complete.groups = 1, complete.kernel = 2;
        double size = 0;
        accepts([&] { size = size_of(make(complete).output_shape(x.dimensions())); });
        return size <= budget;
    };
    repeat([&](Dice& dice) {
        const auto options = random(dice, upconv::Conv2dOptions{});
        return small(options, [](const auto& o) { return upconv::Conv2d<float>(o); }) &&
               accepts([&] { upconv::conv2d(x, w, b, options); });
    });
    repeat([&](Dice& dice) {
        auto options = random(dice, upconv::ConvTranspose2dOptions{});
        options.output_padding = dice.pair(0, 1);
        return small(options, [](const auto& o) { return upconv::ConvTranspose2d<float>(o); }) &&
               accepts([&] { upconv::conv_transpose2d(x, w, options); });
    });
}

/// Steps so long that they leave the picture: of its 5 x 5 pixels a filter in the middle of the padding reads some.
/// An overflow need not show in the numbers: the asan preset says so. The gradients are the adjoints: the products of
/// each with what it is the gradient of are the output's with itself.
TEST(HostileCalls, LongSteps) {
    using Conv = upconv::Conv2d<float>;
    const auto product = [](const auto& a, const auto& b) {
        return std::inner_product(a.data(), a.data() + a.size(), b.data(), 0.0);
    };
    const auto check = [&](const upconv::Conv2dOptions& options) {
        Conv conv(options);
        fill_integers(conv.weight(), 2);
        const auto x = integers({2, 8, 5, 5}, 1), y = conv(x);
        const Index in = 8 / options.groups, out = options.out_channels / options.groups;
        const auto expected = [&](Index n, Index c, Index i, Index j) {
            float sum = 0;
            for (Index f = 0; f < in; ++f)
                for (Index a = 0; a < options.kernel.h; ++a)
                    for (Index b = 0; b < options.kernel.w; ++b) {
                        const Index h = i * options.stride.h + a * options.dilation.h - options.padding.top;
                        const Index w = j * options.stride.w + b * options.dilation.w - options.padding.left;
                        if (h >= 0 && h < 5 && w >= 0 && w < 5)
                            sum += conv.weight()(c, f, a, b) * x(n, c / out * in + f, h, w);
                    }
            return sum;
        };
        for (Index n = 0; n < 2; ++n)
            for (Index c = 0; c < options.out_channels; ++c)
                for (Index i = 0; i < y.dimension(2); ++i)
                    for (Index j = 0; j < y.dimension(3); ++j) ASSERT_EQ(y(n, c, i, j), expected(n, c, i, j));
        const auto g = conv.backward(x, y);
        EXPECT_EQ(product(g.input, x), product(y, y));
        EXPECT_EQ(product(g.weight, conv.weight()), product(y, y));
    };
    for (int bits = 3; bits < 62 && !HasFatalFailure(); ++bits)
        for (const Index shift : {-2, 0, 1, 5})
            for (const auto& [channels, groups] : {std::pair<Index, Index>{1, 1}, {8, 8}, {8, 2}, {40, 1}}) {
                const Index step = Index(1) << bits;
                upconv::Conv2dOptions options{
                    .in_channels = 8, .out_channels = channels, .groups = groups, .bias = false};
                options.kernel = 3, options.stride = step;
                check(options);
                options.padding = step / 2 + shift;
                check(options);
                options.kernel = 1, options.dilation = step;
                check(options);
            }
}

TEST(HostileCalls, OptionsOfOtherFrameworks) {
    repeat([](Dice& dice) {
        upconv::KerasConv2DTranspose keras{.in_channels = dice.hostile(), .filters = dice.hostile()};
        keras.kernel_size = dice.hostile_pair(), keras.strides = dice.hostile_pair();
        keras.dilation_rate = dice.hostile_pair(), keras.output_padding = dice.hostile_pair();
        if (dice.hostile() > 0) keras.padding = Padding::same;
        return accepts([&] { upconv::options_from_keras(keras); });
    });
    repeat([](Dice& dice) {
        upconv::OnnxConvTranspose onnx{.in_channels = dice.hostile(), .out_channels = dice.hostile()};
        onnx.kernel_shape = dice.hostile_pair(), onnx.strides = dice.hostile_pair();
        onnx.dilations = dice.hostile_pair(), onnx.output_padding = dice.hostile_pair(), onnx.group = dice.hostile();
        onnx.auto_pad = dice.hostile() > 0 ? "SAME_UPPER" : "SAME_LOWER";
        return accepts([&] { upconv::options_from_onnx(onnx); });
    });
}

TEST(HostileCalls, OverlapMap) {
    repeat([](Dice& dice) {
        upconv::ConvTranspose2dOptions options{.in_channels = 1, .out_channels = 1};
        options.kernel = dice.pair(1, 4), options.stride = dice.pair(1, 4), options.dilation = dice.pair(1, 3);
        options.padding = random_padding(dice);
        if (dice.hostile() > 2) options.output_size = dice.pair(1, 9);
        const Size2 input = dice.pair(1, 5);
        double size = 0;
        accepts([&] {
            const auto filter = upconv::detail::filter_of<upconv::detail::TransposedConvolution>(options);
            upconv::detail::check_filter(filter, 1);
            const auto r = upconv::detail::TransposedConvolution::relation(filter, options, input);
            size = static_cast<double>(r.rows.fine) * static_cast<double>(r.columns.fine);
        });
        return !takes_long(size) && accepts([&] { upconv::overlap_map(options, input.h, input.w); });
    });
}

TEST(HostileCalls, UpSampling2d) {
    constexpr std::array modes{upconv::Interpolation::nearest,  upconv::Interpolation::nearest_exact,
                               upconv::Interpolation::bilinear, upconv::Interpolation::bicubic,
                               upconv::Interpolation::area,     upconv::Interpolation::lanczos3};
    repeat([&](Dice& dice) {
        upconv::UpSampling2dOptions options;
        options.mode = modes[static_cast<std::size_t>(std::abs(dice.hostile() % 6))];
        const Size2 size = dice.hostile_pair(), divisor = dice.hostile_pair();
        if (dice.hostile() > 2)
            options.size = size;
        else
            options.scale = upconv::Scale2(static_cast<double>(size.h) / static_cast<double>(divisor.h),
                                           static_cast<double>(size.w) / static_cast<double>(divisor.w));
        if (dice.hostile() > 3) options.antialias = true;
        if (dice.hostile() > 3) options.coordinates = upconv::Coordinates::asymmetric;
        if (dice.hostile() > 3) options.border = upconv::ResizeBorder::drop;
        if (dice.hostile() > 3) options.cubic_coefficient = std::pow(static_cast<double>(dice.hostile()), 15);
        return accepts([&] {
            const upconv::UpSampling2d<float> up(options);
            for (const Dims& dims :
                 {Dims(1, 1, dice.hostile(), 3), Dims(1, 1, 3, dice.hostile()), Dims(1, 1, 4, 5), dice.hostile_dims()})
                accepts([&] {
                    const Dims out = up.output_shape(dims);
                    for (const Index extent : {dims[2], dims[3], out[2], out[3]})
                        if (extent > 1 << 10 && extent < 1 << 26) return;  // tables that fit, but take long
                    up.flops(dims), upconv::explain(up, dims), up.plan(dims), up.gradient_plan(dims);
                    EXPECT_TRUE(out[2] >= 1 && out[3] >= 1);
                });
        });
    });
}

TEST(HostileCalls, PixelShuffle) {
    const upconv::Tensor4<float> x = normals({1, 4, 4, 4}, 1), none(1, 4, 4, 0);
    repeat([&](Dice& dice) {
        const Size2 factor = dice.hostile_pair();
        const bool accepted = accepts([&] { upconv::pixel_shuffle(x, factor); });
        accepts([&] { upconv::pixel_unshuffle(x, factor); });
        accepts([&] { upconv::pixel_unshuffle(none, factor); });
        return accepted;
    });
}

}  // namespace
