// Adapters: weights and options of Keras, Flax and ONNX, against their formulas.
#include <gtest/gtest.h>

#include <algorithm>
#include <upconv/upconv.hpp>

#include "random_tensors.hpp"

namespace {

using upconv::Dims;
using upconv::Index;
using upconv::Padding;
using upconv::Region;
using upconv::Size2;
using Tensor = upconv::Tensor4<float>;
using Transposed = upconv::ConvTranspose2d<float>;

// Weights.

TEST(Adapters, KerasWeightsOfAConvolution) {
    const Tensor keras = normals({3, 2, 4, 6}, 1);  // kh, kw, in, out
    const auto ours = upconv::weights_from_keras(keras);
    ASSERT_EQ(Dims(ours.dimensions()), Dims(6, 4, 3, 2));
    const upconv::Tensor4<float> x = normals({1, 5, 4, 4}, 2);  // n, h, w, c
    const auto y = upconv::conv2d<upconv::NHWC>(x, ours);
    ASSERT_EQ(Dims(y.dimensions()), Dims(1, 3, 3, 6));
    for (Index o = 0; o < 6; ++o) {
        double sum = 0, magnitude = 0;
        for (Index a = 0; a < 3; ++a)
            for (Index b = 0; b < 2; ++b)
                for (Index c = 0; c < 4; ++c) {
                    const double product = static_cast<double>(keras(a, b, c, o)) * x(0, 2 + a, 1 + b, c);
                    sum += product, magnitude += std::abs(product);
                }
        EXPECT_NEAR(y(0, 2, 1, o), sum, 25 * 0x1p-24 * magnitude);
    }
}

TEST(Adapters, KerasWeightsOfATransposedConvolution) {
    const Tensor keras = normals({3, 2, 6, 4}, 1);  // kh, kw, out, in
    const auto ours = upconv::weights_from_keras(keras);
    ASSERT_EQ(Dims(ours.dimensions()), Dims(4, 6, 3, 2));
    Tensor x(1, 1, 1, 4);  // n, h, w, c: one pixel of channel 2 gives the filter
    x.setZero();
    x(0, 0, 0, 2) = 1;
    const auto y = upconv::conv_transpose2d<upconv::NHWC>(x, ours);
    for (Index a = 0; a < 3; ++a)
        for (Index b = 0; b < 2; ++b)
            for (Index o = 0; o < 6; ++o) EXPECT_EQ(y(0, a, b, o), keras(a, b, o, 2));
}

TEST(Adapters, KerasWeightsThereAndBack) {
    const Tensor keras = normals({3, 2, 6, 4}, 1);
    const auto back = upconv::weights_to_keras(upconv::weights_from_keras(keras));
    ASSERT_EQ(Dims(back.dimensions()), Dims(keras.dimensions()));
    for (Index i = 0; i < keras.size(); ++i) EXPECT_EQ(back.data()[i], keras.data()[i]);
}

// Flax, by the definition: zeros between the input's lines, then a correlation with the kernel as it is.

/// lax.conv_transpose of x [n, h, w, c] with kernel [kh, kw, in, out] on the padding (low, high) of both axes.
Tensor by_flax(const Tensor& x, const Tensor& kernel, Index s, Index d, Index low, Index high) {
    const auto extent = [&](Index n, Index k) { return (n - 1) * s + 1 + low + high - (k - 1) * d; };
    Tensor y(x.dimension(0), extent(x.dimension(1), kernel.dimension(0)), extent(x.dimension(2), kernel.dimension(1)),
             kernel.dimension(3));
    y.setZero();
    const auto line = [&](Index at, Index n) {
        return at >= low && (at - low) % s == 0 && (at - low) / s < n ? (at - low) / s : -1;
    };
    for (Index i = 0; i < y.dimension(1); ++i)
        for (Index j = 0; j < y.dimension(2); ++j)
            for (Index a = 0; a < kernel.dimension(0); ++a)
                for (Index b = 0; b < kernel.dimension(1); ++b) {
                    const Index row = line(i + a * d, x.dimension(1)), column = line(j + b * d, x.dimension(2));
                    if (row < 0 || column < 0) continue;
                    for (Index c = 0; c < kernel.dimension(2); ++c)
                        for (Index o = 0; o < kernel.dimension(3); ++o)
                            y(0, i, j, o) += kernel(a, b, c, o) * x(0, row, column, c);
                }
    return y;
}

TEST(Adapters, FlaxKernelsOfATransposedConvolution) {
    const Tensor x = integers({1, 4, 5, 2}, 1);
    for (Index k = 1; k <= 5; ++k)
        for (Index s = 1; s <= 4; ++s)
            for (Index d = 1; d <= 2; ++d)
                for (int padding = 0; padding < 3; ++padding) {
                    const Tensor kernel = integers({k, k, 2, 3}, 2);
                    // lax's own rule for the padding, SAME and VALID; then explicit pairs.
                    const Index span = (k - 1) * d + 1;
                    const Index all = padding == 0 ? span + s - 2 : span + s - 2 + std::max<Index>(span - s, 0);
                    Index low = padding == 0 && s <= span - 1 ? (all + 1) / 2 : span - 1, high = all - low;
                    Padding ours = padding == 0 ? Padding::same : Padding::valid;
                    if (padding == 2) low = 1, high = 2, ours = Padding(span - 2, span - 3, span - 2, span - 3);
                    if ((4 - 1) * s + 1 + low + high < span) continue;
                    upconv::ConvTranspose2d<float, upconv::NHWC> up({.in_channels = 2,
                                                                     .out_channels = 3,
                                                                     .kernel = k,
                                                                     .stride = s,
                                                                     .padding = ours,
                                                                     .dilation = d});
                    up.weight() = upconv::weights_from_flax(up, kernel);
                    const Tensor expected = by_flax(x, kernel, s, d, low, high), y = up(x);
                    ASSERT_EQ(Dims(y.dimensions()), Dims(expected.dimensions())) << k << s << d << padding;
                    for (Index i = 0; i < y.size(); ++i)
                        ASSERT_EQ(y.data()[i], expected.data()[i]) << k << s << d << padding;
                    const auto back = upconv::weights_to_flax(up);
                    for (Index i = 0; i < kernel.size(); ++i) ASSERT_EQ(back.data()[i], kernel.data()[i]);
                }
}

TEST(Adapters, FlaxKernelsOfAConvolution) {
    const upconv::Conv2d<float> conv({.in_channels = 4, .out_channels = 6, .kernel = {3, 2}, .groups = 2});
    const Tensor kernel = normals({3, 2, 2, 6}, 1);
    const auto ours = upconv::weights_from_flax(conv, kernel), keras = upconv::weights_from_keras(kernel);
    const auto back = upconv::weights_to_flax(upconv::Conv2d<float>(conv.options(), ours, conv.bias()));
    for (Index i = 0; i < kernel.size(); ++i) {
        EXPECT_EQ(ours.data()[i], keras.data()[i]);
        EXPECT_EQ(back.data()[i], kernel.data()[i]);
    }
}

TEST(Adapters, FlaxKernelsOfAnotherShape) {
    const Transposed up({.in_channels = 4, .out_channels = 6, .kernel = 3});
    EXPECT_THROW(upconv::weights_from_flax(up, Tensor(4, 6, 3, 3)), upconv::ShapeError);
    try {
        upconv::weights_from_flax(up, Tensor(3, 3, 6, 4));
        FAIL() << "this is the shape of transpose_kernel=True";
    } catch (const upconv::ShapeError& error) {
        EXPECT_NE(std::string(error.what()).find("use weights_from_keras"), std::string::npos) << error.what();
    }
}

// Options: the output's extent, and where it begins.

struct Placed {
    Index extent, begin;
    friend bool operator==(const Placed&, const Placed&) = default;
};
void PrintTo(const Placed& placed, std::ostream* out) { *out << placed.extent << " from " << placed.begin; }

/// Of both axes, which are given the same numbers.
Placed placed(const upconv::ConvTranspose2dOptions& options, Index n) {
    const Transposed up(options);
    const Dims out = up.output_shape({1, 1, n, n});
    EXPECT_EQ(out[2], out[3]);
    // A pixel whose filter lies within the output, or whose cut shows on one side: find the first tap of the first.
    Tensor x(1, 1, n, n);
    x.setZero();
    const Index last = n - 1;
    x(0, 0, last, last) = 1;
    Transposed marked = up;
    for (Index a = 0; a < marked.weight().dimension(2); ++a)
        for (Index b = 0; b < marked.weight().dimension(3); ++b)
            marked.weight()(0, 0, a, b) = static_cast<float>(100 * (a + 1) + b + 1);
    const Tensor y = marked(x);
    for (Index i = 0; i < out[2]; ++i)
        for (Index j = 0; j < out[3]; ++j) {
            if (y(0, 0, i, j) == 0) continue;
            const auto tap = static_cast<Index>(y(0, 0, i, j));
            const Index row = tap / 100 - 1, column = tap % 100 - 1;
            const Index begin = last * options.stride.h + row * options.dilation.h - i;
            EXPECT_EQ(begin, last * options.stride.w + column * options.dilation.w - j);
            return {out[2], begin};
        }
    return {out[2], -1000};  // the last pixel is cut off altogether
}

struct Layer {
    Index n, k, s, d;

    Index span() const { return (k - 1) * d + 1; }
    Index natural() const { return (n - 1) * s + span(); }
};

template <class F>
void for_each_layer(const F& f) {
    for (Index n = 2; n <= 4; ++n)
        for (Index k = 1; k <= 5; ++k)
            for (Index s = 1; s <= 4; ++s)
                for (Index d = 1; d <= 2; ++d) f(Layer{n, k, s, d});
}

/// Keras cuts T = N - m, floor(T / 2) of it at the beginning and never less than 0.
Placed by_keras(const Layer& l, bool same, std::optional<Index> output_padding) {
    const Index whole = (l.n - 1) * l.s;
    Index m = same ? l.n * l.s : whole + std::max(l.span(), l.s);
    if (output_padding) m = whole + (same ? l.span() % 2 : l.span()) + *output_padding;
    const Index cut = std::max<Index>(l.natural() - m, 0);
    return {m, same ? cut / 2 : 0};
}

TEST(Adapters, OptionsFromKeras) {
    int compared = 0;
    for_each_layer([&](const Layer& l) {
        for (const bool same : {false, true})
            for (Index op = -1; op < l.s; ++op) {
                const auto output_padding = op < 0 ? std::nullopt : std::optional<Index>(op);
                upconv::KerasConv2DTranspose keras{.in_channels = 1,
                                                   .filters = 1,
                                                   .kernel_size = l.k,
                                                   .strides = l.s,
                                                   .padding = same ? Padding::same : Padding::valid,
                                                   .dilation_rate = l.d,
                                                   .use_bias = false};
                if (output_padding) keras.output_padding = Size2(*output_padding);
                EXPECT_EQ(placed(upconv::options_from_keras(keras), l.n), by_keras(l, same, output_padding))
                    << "n " << l.n << " k " << l.k << " s " << l.s << " d " << l.d << " op " << op << " same " << same;
                ++compared;
            }
    });
    EXPECT_EQ(compared, 3 * 5 * 2 * (2 + 3 + 4 + 5) * 2);
}

TEST(Adapters, KerasHasNoOtherPadding) {
    const auto options = [](const Padding& padding, std::optional<Size2> op) {
        return [=] {
            upconv::options_from_keras({.in_channels = 1,
                                        .filters = 1,
                                        .kernel_size = 3,
                                        .strides = 2,
                                        .padding = padding,
                                        .output_padding = op});
        };
    };
    EXPECT_THROW(options(1, std::nullopt)(), upconv::ShapeError);
    EXPECT_THROW(options(Padding::same, Size2(2))(), upconv::ShapeError);
    EXPECT_THROW(options(Padding::same, Size2(0, -1))(), upconv::ShapeError);
    EXPECT_NO_THROW(options(Padding::same, Size2(1))());
}

TEST(Adapters, KerasSameLiesOnePixelFromTheUsualRecipe) {
    const upconv::ConvTranspose2dOptions torch{
        .in_channels = 1, .out_channels = 1, .kernel = 3, .stride = 2, .padding = 1, .output_padding = 1};
    EXPECT_EQ(placed(torch, 3), (Placed{6, 1}));
    EXPECT_EQ(placed(upconv::options_from_keras(
                         {.in_channels = 1, .filters = 1, .kernel_size = 3, .strides = 2, .padding = Padding::same}),
                     3),
              (Placed{6, 0}));
}

upconv::OnnxConvTranspose onnx(const Layer& l, const std::string& auto_pad) {
    return {.in_channels = 1,
            .out_channels = 1,
            .kernel_shape = l.k,
            .strides = l.s,
            .auto_pad = auto_pad,
            .dilations = l.d};
}

TEST(Adapters, OptionsFromOnnxWithAnOutputShape) {
    for_each_layer([&](const Layer& l) {
        for (const char* auto_pad : {"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"})
            for (Index m = std::max<Index>(l.natural() - 3, l.natural() - l.span() + 1); m <= l.natural(); ++m) {
                auto attributes = onnx(l, auto_pad);
                attributes.output_shape = Size2(m);
                attributes.pads = {1, 2, 3, 4};  // ignored
                const Index cut = l.natural() - m;
                const bool upper = attributes.auto_pad == "SAME_UPPER";
                EXPECT_EQ(placed(upconv::options_from_onnx(attributes), l.n),
                          (Placed{m, upper ? cut / 2 : cut - cut / 2}))
                    << auto_pad << " n " << l.n << " k " << l.k << " s " << l.s << " d " << l.d << " to " << m;
            }
    });
}

TEST(Adapters, OptionsFromOnnxWithSame) {
    for_each_layer([&](const Layer& l) {
        for (const bool upper : {false, true})
            for (Index op = 0; op < l.s; ++op) {
                auto attributes = onnx(l, upper ? "SAME_UPPER" : "SAME_LOWER");
                attributes.output_padding = op;
                // total_padding = stride (n - 1) + output_padding + ke - n stride
                const Index cut = std::max<Index>(l.natural() + op - l.n * l.s, 0);
                EXPECT_EQ(placed(upconv::options_from_onnx(attributes), l.n),
                          (Placed{l.n * l.s, upper ? cut / 2 : cut - cut / 2}))
                    << attributes.auto_pad << " n " << l.n << " k " << l.k << " s " << l.s << " d " << l.d << " op "
                    << op;
            }
    });
}

TEST(Adapters, OptionsFromOnnxWithPads) {
    auto attributes = onnx({3, 4, 2, 1}, "NOTSET");
    attributes.pads = {1, 0, 2, 3};  // top, left, bottom, right
    attributes.output_padding = {1, 0};
    const auto options = upconv::options_from_onnx(attributes);
    EXPECT_EQ(options.padding, Padding(1, 2, 0, 3));
    EXPECT_EQ(Transposed(options).output_shape({1, 1, 3, 3}), Dims(1, 1, 8 - 3 + 1, 8 - 3));
    EXPECT_EQ(placed(upconv::options_from_onnx(onnx({3, 1, 2, 1}, "VALID")), 3), (Placed{5, 0}));
    EXPECT_THROW(upconv::options_from_onnx(onnx({3, 4, 2, 1}, "SAME")), upconv::ShapeError);
    attributes.output_shape = Size2(7);
    EXPECT_THROW(upconv::options_from_onnx(attributes), upconv::ShapeError) << "the cut would depend on the input";
}

}  // namespace
