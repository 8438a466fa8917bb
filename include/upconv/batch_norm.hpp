// Batch normalisation folded into the operator before it, as inference wants it.
#pragma once

#include <cmath>
#include <vector>

#include "filter_operator.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Numbers of one an output channel, in any tensor of rank 1.
template <class B>
concept ChannelNumbers = requires(const B& b) {
    b.size();
    static_cast<double>(b.data()[0]);
}
&&B::NumDimensions == 1;

template <class B>
void check_channel_numbers(const char* op, const char* what, const B& numbers, Index channels) {
    if (numbers.size() != channels)
        refuse(op, ": fold_batch_norm: ", what, " has ", Index(numbers.size()), " numbers but must have ", channels,
               ", one an output channel");
}

/// What a normalisation does to each output channel, after all of it was checked.
struct ChannelScales {
    std::vector<double> scale, shift;
};

template <class Op, class Gamma, class Beta, class Mean, class Variance>
ChannelScales channel_scales(const Op& op, const Gamma& gamma, const Beta& beta, const Mean& mean,
                             const Variance& variance, double epsilon) {
    const Index channels = op.options().out_channels;
    check_channel_numbers(Op::name, "gamma", gamma, channels);
    check_channel_numbers(Op::name, "beta", beta, channels);
    check_channel_numbers(Op::name, "mean", mean, channels);
    check_channel_numbers(Op::name, "variance", variance, channels);
    if (!(epsilon >= 0) || !std::isfinite(epsilon))
        refuse(Op::name, ": fold_batch_norm: epsilon ", epsilon, " must be 0 or greater; most use 1e-5 or 1e-3");
    ChannelScales scales;
    for (Index o = 0; o < channels; ++o) {
        const auto spread = static_cast<double>(variance.data()[o]);
        if (!(spread >= 0) || !(spread + epsilon > 0))
            refuse(Op::name, ": fold_batch_norm: the variance of channel ", o, " is ", spread,
                   " but must be 0 or greater, and greater than 0 with epsilon ", epsilon, " added");
        const double scale = static_cast<double>(gamma.data()[o]) / std::sqrt(spread + epsilon);
        const double shift = static_cast<double>(beta.data()[o]) - static_cast<double>(mean.data()[o]) * scale;
        if (!std::isfinite(scale) || !std::isfinite(shift) || !std::isfinite(spread))
            refuse(Op::name, ": fold_batch_norm: gamma ", static_cast<double>(gamma.data()[o]), ", beta ",
                   static_cast<double>(beta.data()[o]), ", mean ", static_cast<double>(mean.data()[o]),
                   " and variance ", spread, " of channel ", o, " make no finite scale and shift; give finite numbers");
        scales.scale.push_back(scale);
        scales.shift.push_back(shift);
    }
    return scales;
}

}  // namespace upconv::detail

namespace upconv {

/// One operator that computes gamma (op(x) - mean) / sqrt(variance + epsilon) + beta on each output channel: its
/// weights scaled, and its bias too, which it has also where `op` has none. epsilon is 1e-5 in PyTorch and 1e-3 in
/// Keras. `op` must not have an activation, which would come in between; one that follows the normalisation goes into
/// the options of another: Conv2d<float>(options, folded.weight(), folded.bias()). Numbers are scaled in double, then
/// rounded once.
template <class Kind, class Scalar, LayoutName Layout, detail::ChannelNumbers Gamma, detail::ChannelNumbers Beta,
          detail::ChannelNumbers Mean, detail::ChannelNumbers Variance>
requires(!std::integral<Scalar>) && requires(Scalar s) { static_cast<double>(s); }
FilterOperator<Kind, Scalar, Layout> fold_batch_norm(const FilterOperator<Kind, Scalar, Layout>& op, const Gamma& gamma,
                                                     const Beta& beta, const Mean& mean, const Variance& variance,
                                                     double epsilon) {
    op.check_parameters();
    auto options = op.options();
    if (options.activation != Activation::none)
        detail::refuse(Kind::name,
                       ": fold_batch_norm: the operator has an activation, which comes before the normalisation; fold "
                       "into one without, and make another of the result, with the activation that follows");
    const auto [scale, shift] = detail::channel_scales(op, gamma, beta, mean, variance, epsilon);
    const auto at = [](const std::vector<double>& of, Index o) { return of[static_cast<std::size_t>(o)]; };
    WeightTensor<Scalar> weight = op.weight();
    const Index fine = weight.dimension(1), per_group = weight.dimension(0) / options.groups;
    const Index taps = weight.dimension(2) * weight.dimension(3);
    for (Index i = 0; i < weight.size(); ++i) {
        const Index a = i / (fine * taps), b = i / taps % fine;  // weight(a, b, ...)
        const Index o = Kind::direction == detail::Direction::to_coarse ? a : a / per_group * fine + b;
        weight.data()[i] = detail::number<Scalar>(static_cast<double>(weight.data()[i]) * at(scale, o));
    }
    BiasTensor<Scalar> bias(options.out_channels);
    for (Index o = 0; o < bias.size(); ++o) {
        const double before = options.bias ? static_cast<double>(op.bias()(o)) : 0.0;
        bias(o) = detail::number<Scalar>(before * at(scale, o) + at(shift, o));
    }
    options.bias = true;
    return FilterOperator<Kind, Scalar, Layout>(options, weight, bias);
}

}  // namespace upconv
