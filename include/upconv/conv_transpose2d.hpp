// ConvTranspose2d: y[n, o, i sh + a dh - top, j sw + b dw - left] += weight[c, o, a, b] * x[n, c, i, j], and + bias[o]
// on every output: each input pixel times the whole filter, added into the output one stride further for each pixel.
// Output extent (n-1) s + d (k-1) + 1 - begin - end + output_padding.
#pragma once

#include "function_form.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// A transposed convolution writes the fine grid: its input is the coarse one.
struct TransposedConvolution {
    using Options = ConvTranspose2dOptions;
    static constexpr const char* name = "ConvTranspose2d";
    static constexpr Direction direction = Direction::to_fine;
    static constexpr const char* weight_order = "[in, out / groups, kh, kw]";
    static constexpr const char* other_weight_order = "Conv2d's order, [out, in / groups, kh, kw]";

    static constexpr TransposedSize size_of(const Options& options) {
        return {options.output_padding, options.output_size};
    }

    static constexpr void check(const Filter& filter, const Options& options) {
        check_output_padding(filter, size_of(options));
    }

    static constexpr Relation relation(const Filter& filter, const Options& options, Size2 input) {
        return transposed_relation(filter, size_of(options), input);
    }

    /// The axes without extents: where the filter starts must not depend on them.
    static constexpr std::pair<Axis, Axis> unbounded_axes(const Filter& filter, const Options& options) {
        const bool same =
            filter.padding.rule == Padding::Rule::same || filter.padding.rule == Padding::Rule::same_lower;
        if (same && options.output_size)
            refuse(name, ": with padding same and output_size ", *options.output_size,
                   " the region depends on the input's size; give its dimensions as second argument");
        const auto axis = [](const AxisRequest& r, Index output_padding) {
            return unbounded_axis(r, transposed_extent(r, output_padding, std::nullopt).before);
        };
        return {axis(filter.rows(1), options.output_padding.h), axis(filter.columns(1), options.output_padding.w)};
    }

    template <class Weight>
    static Options complete(Options options, const Weight& weight) {
        return completed<TransposedConvolution>(
            options, {weight.dimension(0), all_groups<TransposedConvolution>(weight.dimension(1), options.groups)},
            weight);
    }
};

}  // namespace upconv::detail

namespace upconv {

/// Weights [in, out / groups, kh, kw]: the same tensor given to Conv2d makes the adjoint operator.
template <class Scalar, LayoutName Layout = NCHW>
using ConvTranspose2d = FilterOperator<detail::TransposedConvolution, Scalar, Layout>;

/// The function form without bias: channels and kernel are read off the weights.
template <LayoutName Layout = NCHW, detail::TensorOfRank4 X, detail::TensorOfRank4 W,
          detail::Device D = Eigen::DefaultDevice>
auto conv_transpose2d(const X& x, const W& weight, const ConvTranspose2dOptions& options = {}, const D& device = {}) {
    return detail::call<detail::TransposedConvolution, Layout>(x, weight, options, device);
}

/// The function form with a bias of one number an output channel.
template <LayoutName Layout = NCHW, detail::TensorOfRank4 X, detail::TensorOfRank4 W, detail::TensorOfRank1 B,
          detail::Device D = Eigen::DefaultDevice>
auto conv_transpose2d(const X& x, const W& weight, const B& bias, const ConvTranspose2dOptions& options = {},
                      const D& device = {}) {
    return detail::call<detail::TransposedConvolution, Layout>(x, weight, bias, options, device);
}

}  // namespace upconv
