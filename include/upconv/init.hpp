// Initialisers. Each fills the weights of an operator and sets its bias to 0. Random ones take a seed and give the same
// numbers on every machine.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "kernel/random.hpp"
#include "kernel/scalar.hpp"
#include "plan/walk.hpp"

namespace upconv::init {

/// What one output sums, and what one input reaches: channels of a group times taps, by which phase they are shared.
struct Fan {
    double in, out;
};

/// Conv2d: in = in_channels / groups * kh * kw, out = out_channels / groups * kh * kw / (sh * sw). ConvTranspose2d: the
/// stride divides the fan-in instead, since one output is reached by every sh-th row and sw-th column of the taps.
template <class Op>
Fan fan(const Op& op) {
    const auto& o = op.options();
    const auto taps = static_cast<double>(o.kernel.h * o.kernel.w);
    const double phases = static_cast<double>(o.stride.h) * static_cast<double>(o.stride.w);
    const double in = static_cast<double>(o.in_channels / o.groups) * taps;
    const double out = static_cast<double>(o.out_channels / o.groups) * taps;
    return Op::direction == detail::Direction::to_fine ? Fan{in / phases, out} : Fan{in, out / phases};
}

/// Refuses a number that the operator's scalar cannot hold, its fraction left out: whole numbers have a range.
template <class Op>
void check_held(const Op&, const char* what, double value) {
    using T = typename Op::Scalar;
    if constexpr (std::integral<T>)
        if (!detail::holds<T>(value))
            detail::refuse(Op::name, ": ", what, " ", value,
                           " is beyond the operator's integer scalar, which holds from ",
                           std::to_string(std::numeric_limits<T>::lowest()), " to ",
                           std::to_string((std::numeric_limits<T>::max)()));
}

/// Refuses what an integer scalar would store as another number.
template <class Op>
void constant(Op& op, double value) {
    check_held(op, "init::constant's value", value);
    if (std::integral<typename Op::Scalar> && value != std::trunc(value))
        detail::refuse(Op::name, ": init::constant's value ", value,
                       " has a fraction, which integer scalars lose; use ", std::round(value), ", or float");
    op.check_parameters();
    op.weight().setConstant(detail::number<typename Op::Scalar>(value));
    op.bias().setConstant(detail::number<typename Op::Scalar>(0));
}

template <class Op>
void zeros(Op& op) {
    constant(op, 0);
}

/// Every weight 1: with stride == kernel the transposed convolution repeats each pixel.
template <class Op>
void ones(Op& op) {
    constant(op, 1);
}

struct UniformOptions {
    double low = -0.05, high = 0.05;  // Keras's default bounds
    std::uint64_t seed = 0;
};

/// Independent weights, uniform in [low, high). Integer scalars truncate, and refuse bounds beyond their range.
template <class Op>
void uniform(Op& op, const UniformOptions& options = {}) {
    if (!(options.low <= options.high) || !std::isfinite(options.high - options.low))
        detail::refuse("init::uniform: low ", options.low, " must not exceed high ", options.high,
                       ", and both must be finite, as must be their difference");
    check_held(op, "init::uniform's low", options.low);
    check_held(op, "init::uniform's high", options.high);
    zeros(op);
    detail::Uniform random(options.low, options.high, options.seed);
    auto& weight = op.weight();
    for (Index i = 0; i < weight.size(); ++i) weight.data()[i] = detail::number<typename Op::Scalar>(random());
}

struct KaimingOptions {
    double negative_slope = 0;  // of the leaky relu that follows; sqrt(5) is what PyTorch's layers start with
    std::uint64_t seed = 0;
};

/// He et al. 2015: variance 2 / ((1 + slope^2) fan_in), so that a relu network keeps its scale.
template <class Op>
void kaiming_uniform(Op& op, const KaimingOptions& options = {}) {
    const double gain = std::sqrt(2 / (1 + options.negative_slope * options.negative_slope));
    const double bound = gain * std::sqrt(3 / fan(op).in);
    uniform(op, {.low = -bound, .high = bound, .seed = options.seed});
}

struct GlorotOptions {
    std::uint64_t seed = 0;
};

/// Glorot and Bengio 2010: variance 2 / (fan_in + fan_out), Keras's default.
template <class Op>
void glorot_uniform(Op& op, const GlorotOptions& options = {}) {
    const double bound = std::sqrt(6 / (fan(op).in + fan(op).out));
    uniform(op, {.low = -bound, .high = bound, .seed = options.seed});
}

/// One axis of the bilinear filter for an upsampling by `factor`: w[i] = 1 - |i / f - c|, c = (2 f - 1 - f mod 2) / (2
/// f).
inline double bilinear_weight(Index factor, Index tap) {
    const auto f = static_cast<double>(factor);
    const double center = (2 * f - 1 - static_cast<double>(factor % 2)) / (2 * f);
    return 1 - std::abs(static_cast<double>(tap) / f - center);
}

/// The fixed filter of bilinear upsampling by the stride, each output channel from the input channel of its own number
/// (FCN, Long et al. 2015). Needs in_channels == out_channels and kernel 2 f - f mod 2; padding ceil((f - 1) / 2) then
/// makes the output f times as large.
template <class Op>
void bilinear(Op& op) {
    const auto& o = op.options();
    const auto kernel = [](Index f) { return detail::Checked(2) * f - f % 2; };
    const detail::Checked height = kernel(o.stride.h), width = kernel(o.stride.w);
    const Size2 expected(height.value(), width.value());
    if (Op::direction != detail::Direction::to_fine)
        detail::refuse(Op::name, ": init::bilinear is for ConvTranspose2d, which upsamples by its stride");
    if (o.in_channels != o.out_channels)
        detail::refuse(Op::name, ": init::bilinear needs in_channels ", o.in_channels, " equal to out_channels ",
                       o.out_channels);
    if (std::integral<typename Op::Scalar> && o.stride != Size2(1))
        detail::refuse(Op::name, ": init::bilinear has fractions, which integer scalars lose; use float");
    if (height.overflow() || width.overflow())
        detail::refuse(Op::name, ": init::bilinear needs a kernel of twice the stride, which for stride ", o.stride,
                       " leaves ", detail::index_width, " sizes");
    if (o.kernel != expected)
        detail::refuse(Op::name, ": init::bilinear for stride ", o.stride, " needs kernel ", expected, ", not ",
                       o.kernel, "; padding ", Size2(o.stride.h / 2, o.stride.w / 2),
                       " then makes the output stride times as large");
    zeros(op);
    for (Index c = 0; c < o.in_channels; ++c)
        for (Index i = 0; i < o.kernel.h; ++i)
            for (Index j = 0; j < o.kernel.w; ++j)
                op.weight()(c, c % (o.out_channels / o.groups), i, j) = detail::number<typename Op::Scalar>(
                    bilinear_weight(o.stride.h, i) * bilinear_weight(o.stride.w, j));
}

/// Aitken et al. 2017, for ConvTranspose2d: a kaiming_uniform filter of kernel / stride taps, each repeated stride
/// times. All phases of the output then start with the same weights, so there is no checkerboard before training. The
/// stride must divide the kernel.
template <class Op>
void icnr(Op& op, const KaimingOptions& options = {}) {
    const auto& o = op.options();
    if (Op::direction != detail::Direction::to_fine) detail::refuse(Op::name, ": init::icnr is for ConvTranspose2d");
    if (o.kernel.h % o.stride.h != 0 || o.kernel.w % o.stride.w != 0)
        detail::refuse(Op::name, ": init::icnr needs a stride that divides the kernel, not stride ", o.stride,
                       " with kernel ", o.kernel, "; kernel ", o.stride, " or a multiple of it would do");
    kaiming_uniform(op, options);
    auto& weight = op.weight();
    for (Index c = 0; c < weight.dimension(0); ++c)
        for (Index f = 0; f < weight.dimension(1); ++f)
            for (Index i = 0; i < o.kernel.h; ++i)
                for (Index j = 0; j < o.kernel.w; ++j)
                    weight(c, f, i, j) = weight(c, f, i - i % o.stride.h, j - j % o.stride.w);
}

}  // namespace upconv::init
