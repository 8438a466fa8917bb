// Conv2d: y[n, o, i, j] = bias[o] + sum over c, a, b of weight[o, c, a, b] * x[n, g(o) + c, i sh + a dh - top, j sw + b
// dw - left], a cross-correlation (the filter is not flipped), as in every framework. Output extent floor((n + begin +
// end - (d (k-1) + 1)) / s) + 1.
#pragma once

#include "function_form.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// A convolution writes the coarse grid: its input is the fine one.
struct Convolution {
    using Options = Conv2dOptions;
    static constexpr const char* name = "Conv2d";
    static constexpr Direction direction = Direction::to_coarse;
    static constexpr const char* weight_order = "[out, in / groups, kh, kw]";
    static constexpr const char* other_weight_order = "ConvTranspose2d's order, [in, out / groups, kh, kw]";

    static constexpr void check(const Filter&, const Options&) {}

    static constexpr Relation relation(const Filter& filter, const Options&, Size2 input) {
        return conv_relation(filter, input);
    }

    /// The axes without extents: where the filter starts must not depend on them.
    static constexpr std::pair<Axis, Axis> unbounded_axes(const Filter& filter, const Options&) {
        const bool same =
            filter.padding.rule == Padding::Rule::same || filter.padding.rule == Padding::Rule::same_lower;
        if (same && filter.stride != Size2(1))
            refuse(name, ": with padding same and stride ", filter.stride,
                   " the region depends on the input's size; give its dimensions as second argument");
        const auto axis = [](const AxisRequest& r) { return unbounded_axis(r, conv_sides(r).before); };
        return {axis(filter.rows(1)), axis(filter.columns(1))};
    }

    template <class Weight>
    static Options complete(Options options, const Weight& weight) {
        return completed<Convolution>(
            options, {all_groups<Convolution>(weight.dimension(1), options.groups), weight.dimension(0)}, weight);
    }
};

}  // namespace upconv::detail

namespace upconv {

/// Weights [out, in / groups, kh, kw].
template <class Scalar, LayoutName Layout = NCHW>
using Conv2d = FilterOperator<detail::Convolution, Scalar, Layout>;

/// The function form without bias: channels and kernel are read off the weights.
template <LayoutName Layout = NCHW, detail::TensorOfRank4 X, detail::TensorOfRank4 W,
          detail::Device D = Eigen::DefaultDevice>
auto conv2d(const X& x, const W& weight, const Conv2dOptions& options = {}, const D& device = {}) {
    return detail::call<detail::Convolution, Layout>(x, weight, options, device);
}

/// The function form with a bias of one number an output channel.
template <LayoutName Layout = NCHW, detail::TensorOfRank4 X, detail::TensorOfRank4 W, detail::TensorOfRank1 B,
          detail::Device D = Eigen::DefaultDevice>
auto conv2d(const X& x, const W& weight, const B& bias, const Conv2dOptions& options = {}, const D& device = {}) {
    return detail::call<detail::Convolution, Layout>(x, weight, bias, options, device);
}

}  // namespace upconv
