// Adapters: weights and options from PyTorch, Keras, Flax and ONNX.
//
// PyTorch needs none: its weights, its padding, output_padding, dilation, groups and padding_mode are the same here.
// Keras and Flax store weights in another order; Keras and ONNX each have a way to choose the output's size of a
// transposed convolution that is not one option here.
#pragma once

#include <string>
#include <utility>

#include "options.hpp"
#include "geometry/phases.hpp"
#include "tensor/tensor.hpp"

namespace upconv {

/// Keras and TensorFlow keep [kh, kw, in / groups, out] for a convolution and [kh, kw, out, in] for a transposed one;
/// here the same weights are [out, in / groups, kh, kw] and [in, out, kh, kw]: the last two dimensions swapped, then
/// put first. Serves both operators.
template <detail::TensorOfRank4 W>
auto weights_from_keras(const W& weight) {
    const auto from = detail::view_of<NCHW>("weights_from_keras", "the weight", weight);
    const Dims d(weight.dimensions());
    Eigen::Tensor<std::remove_cv_t<typename W::Scalar>, 4, Eigen::RowMajor> ours(d[3], d[2], d[0], d[1]);
    for (Index a = 0; a < d[3]; ++a)
        for (Index b = 0; b < d[2]; ++b)
            for (Index i = 0; i < d[0]; ++i)
                for (Index j = 0; j < d[1]; ++j) ours(a, b, i, j) = from(i, j, b, a);
    return ours;
}

/// The way back.
template <detail::TensorOfRank4 W>
auto weights_to_keras(const W& weight) {
    const auto from = detail::view_of<NCHW>("weights_to_keras", "the weight", weight);
    const Dims d(weight.dimensions());
    Eigen::Tensor<std::remove_cv_t<typename W::Scalar>, 4, Eigen::RowMajor> keras(d[2], d[3], d[1], d[0]);
    for (Index a = 0; a < d[0]; ++a)
        for (Index b = 0; b < d[1]; ++b)
            for (Index i = 0; i < d[2]; ++i)
                for (Index j = 0; j < d[3]; ++j) keras(i, j, b, a) = from(a, b, i, j);
    return keras;
}

// Flax. nn.Conv keeps [kh, kw, in / groups, out], as Keras does. nn.ConvTranspose keeps [kh, kw, in, out] and
// correlates the input, s - 1 zeros put between its lines, without turning the kernel. With p zeros before the first
// line, line j of the input lies at j s + p, so the output is, with d for the dilation,
//
//     y[i] = sum over taps a and lines j with i + a d = j s + p of kernel[a] x[j].
//
// Here i + begin = j s + a' d. Both say the same of the same i and j when a' = k - 1 - a and begin = (k - 1) d - p: the
// taps of both axes turn. "SAME" and "VALID" are Padding::same and Padding::valid; explicit pairs (low, high) are a
// padding of ((k - 1) d - low, (k - 1) d - high). With transpose_kernel=True the kernel is Keras's: use
// weights_from_keras.

/// The kernel of nn.Conv or nn.ConvTranspose as the weight of `op`, a Conv2d or ConvTranspose2d. Give its input, which
/// is channels last, to an operator of layout NHWC.
template <class Op, detail::TensorOfRank4 W>
auto weights_from_flax(const Op& op, const W& kernel) {
    constexpr bool transposed = Op::direction == detail::Direction::to_fine;
    const auto from = detail::view_of<NCHW>("weights_from_flax", "the kernel", kernel);
    op.check_parameters();
    const Dims d(op.weight().dimensions()), has(kernel.dimensions());
    const Dims keras(d[2], d[3], d[1], d[0]), expected = transposed ? Dims(d[2], d[3], d[0], d[1]) : keras;
    if (has != expected)
        detail::refuse("weights_from_flax: the kernel of ", Op::name, " has the shape ", has, " but must have ",
                       expected, transposed ? ", [kh, kw, in, out]" : ", [kh, kw, in / groups, out]",
                       has == keras ? "; with transpose_kernel=True, and from Keras, use weights_from_keras" : "");
    Eigen::Tensor<std::remove_cv_t<typename W::Scalar>, 4, Eigen::RowMajor> ours(d[0], d[1], d[2], d[3]);
    for (Index a = 0; a < d[0]; ++a)
        for (Index b = 0; b < d[1]; ++b)
            for (Index i = 0; i < d[2]; ++i)
                for (Index j = 0; j < d[3]; ++j)
                    ours(a, b, i, j) = transposed ? from(d[2] - 1 - i, d[3] - 1 - j, a, b) : from(i, j, b, a);
    return ours;
}

/// The way back: the kernel that nn.Conv or nn.ConvTranspose takes.
template <class Op>
auto weights_to_flax(const Op& op) {
    constexpr bool transposed = Op::direction == detail::Direction::to_fine;
    op.check_parameters();
    const auto& from = op.weight();
    const Dims d(from.dimensions());
    Eigen::Tensor<typename Op::Scalar, 4, Eigen::RowMajor> flax(d[2], d[3], d[transposed ? 0 : 1],
                                                                d[transposed ? 1 : 0]);
    for (Index a = 0; a < d[0]; ++a)
        for (Index b = 0; b < d[1]; ++b)
            for (Index i = 0; i < d[2]; ++i)
                for (Index j = 0; j < d[3]; ++j)
                    (transposed ? flax(d[2] - 1 - i, d[3] - 1 - j, a, b) : flax(i, j, b, a)) = from(a, b, i, j);
    return flax;
}

}  // namespace upconv

namespace upconv::detail::inline UPCONV_BUILD {

/// The lines that a dilated filter covers: (kernel - 1) dilation + 1.
inline Checked checked_span(const char* adapter, Index kernel, Index dilation) {
    if (kernel < 1 || dilation < 1)
        refuse(adapter, ": kernel ", kernel, " and dilation ", dilation, " must be at least 1");
    return Checked(kernel - 1) * dilation + 1;
}

/// What only extremes of kernel, stride, dilation and output padding reach.
[[noreturn]] inline void refuse_padding(const char* adapter, Size2 kernel, Size2 stride, Size2 dilation, Size2 op) {
    refuse(adapter, ": the padding of kernel ", kernel, ", stride ", stride, ", dilation ", dilation,
           ", output_padding ", op, " leaves ", index_width, " integers; use smaller ones");
}

}  // namespace upconv::detail

namespace upconv {

/// The arguments of keras.layers.Conv2DTranspose, by its own names. Give its input to an operator of layout NHWC.
struct KerasConv2DTranspose {
    Index in_channels = 0, filters = 0;
    Size2 kernel_size = 0;
    Size2 strides = 1;
    Padding padding = Padding::valid;                   // Padding::valid or Padding::same
    OptionalPair<Size2> output_padding = std::nullopt;  // Keras's None: as large as the rule makes it
    Size2 dilation_rate = 1;
    bool use_bias = true;
};

/// Keras's rule for an axis with an output padding: m = (n - 1) s + ke - 2 floor(ke / 2) + op for `same` (0 instead of
/// floor(ke / 2) for `valid`), of which T = 2 floor(ke / 2) - op is cut, floor(T / 2) of it at the beginning and never
/// less than 0.
inline ConvTranspose2dOptions options_from_keras(const KerasConv2DTranspose& keras) {
    ConvTranspose2dOptions options{.in_channels = keras.in_channels,
                                   .out_channels = keras.filters,
                                   .kernel = keras.kernel_size,
                                   .stride = keras.strides,
                                   .padding = keras.padding,
                                   .dilation = keras.dilation_rate,
                                   .bias = keras.use_bias};
    if (keras.padding != Padding::same && keras.padding != Padding::valid)
        detail::refuse(
            "options_from_keras: padding must be Padding::same or Padding::valid, which is all that Keras has");
    if (!keras.output_padding) return options;
    const Size2 op = *keras.output_padding;
    if (op.h < 0 || op.w < 0 || op.h >= keras.strides.h || op.w >= keras.strides.w)
        detail::refuse("options_from_keras: output_padding ", op, " must be from 0 to below the strides ",
                       keras.strides);
    const auto cut = [&](Index kernel, Index dilation, Index extra) {
        const detail::Checked span = detail::checked_span("options_from_keras", kernel, dilation);
        const Index both_halves = keras.padding == Padding::same ? span.value() / 2 * 2 : 0;
        const detail::Checked all = span.then(both_halves) - extra;
        if (all.overflow())
            detail::refuse_padding("options_from_keras", keras.kernel_size, keras.strides, keras.dilation_rate, op);
        return all.value();
    };
    const Index rows = cut(keras.kernel_size.h, keras.dilation_rate.h, op.h);
    const Index columns = cut(keras.kernel_size.w, keras.dilation_rate.w, op.w);
    const Index top = std::max<Index>(detail::floor_div(rows, 2), 0),
                left = std::max<Index>(detail::floor_div(columns, 2), 0);
    options.padding = Padding(top, rows - top, left, columns - left);
    return options;
}

/// The attributes of ONNX's ConvTranspose, by its own names; `pads` in its order {top, left, bottom, right}.
struct OnnxConvTranspose {
    Index in_channels = 0, out_channels = 0;
    Size2 kernel_shape = 0;
    Size2 strides = 1;
    std::string auto_pad = "NOTSET";
    std::array<Index, 4> pads = {0, 0, 0, 0};
    Size2 output_padding = 0;
    OptionalPair<Size2> output_shape = std::nullopt;
    Size2 dilations = 1;
    Index group = 1;
    bool bias = true;
};

/// ONNX cuts T = (n - 1) s + output_padding + ke - m: with SAME_UPPER floor(T / 2) of it at the start, else ceil(T /
/// 2), and never less than 0. m is the output_shape, pads are then ignored, or n s under SAME_UPPER and SAME_LOWER.
inline ConvTranspose2dOptions options_from_onnx(const OnnxConvTranspose& onnx) {
    const bool upper = onnx.auto_pad == "SAME_UPPER", lower = onnx.auto_pad == "SAME_LOWER";
    if (!upper && !lower && onnx.auto_pad != "NOTSET" && onnx.auto_pad != "VALID")
        detail::refuse("options_from_onnx: auto_pad ", onnx.auto_pad,
                       " must be NOTSET, SAME_UPPER, SAME_LOWER or VALID");
    ConvTranspose2dOptions options{.in_channels = onnx.in_channels,
                                   .out_channels = onnx.out_channels,
                                   .kernel = onnx.kernel_shape,
                                   .stride = onnx.strides,
                                   .dilation = onnx.dilations,
                                   .groups = onnx.group,
                                   .bias = onnx.bias};
    if (onnx.output_shape) {
        if (onnx.output_padding != Size2(0))
            detail::refuse(
                "options_from_onnx: with output_shape the output_padding ", onnx.output_padding,
                " shifts the output by a number that depends on the input's size; leave it out and give pads");
        options.padding = upper ? Padding::same : Padding::same_lower;
        options.output_size = onnx.output_shape;
        return options;
    }
    if (upper || lower) {
        const auto sides = [&](Index kernel, Index stride, Index dilation, Index output_padding) {
            const detail::Checked end_to_end = detail::checked_span("options_from_onnx", kernel, dilation) - stride;
            const detail::Checked cut = end_to_end + output_padding;
            const Index half = upper ? detail::floor_div(cut.value(), 2) : detail::ceil_div(cut.value(), 2);
            const detail::Checked start = cut.then(std::max<Index>(half, 0)), end = end_to_end - start;
            if (end.overflow())
                detail::refuse_padding("options_from_onnx", onnx.kernel_shape, onnx.strides, onnx.dilations,
                                       onnx.output_padding);
            return std::pair(start.value(), end.value());
        };
        const auto [top, bottom] = sides(onnx.kernel_shape.h, onnx.strides.h, onnx.dilations.h, onnx.output_padding.h);
        const auto [left, right] = sides(onnx.kernel_shape.w, onnx.strides.w, onnx.dilations.w, onnx.output_padding.w);
        options.padding = Padding(top, bottom, left, right);
        return options;
    }
    options.output_padding = onnx.output_padding;
    if (onnx.auto_pad == "NOTSET") options.padding = Padding(onnx.pads[0], onnx.pads[2], onnx.pads[1], onnx.pads[3]);
    return options;
}

}  // namespace upconv
