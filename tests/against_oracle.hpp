// An operator and all of its gradients, each number compared with the oracle's.
#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <upconv/upconv.hpp>

#include "oracle.hpp"
#include "random_tensors.hpp"

/// Integers are exact in float whatever the order of the sums, so they compare with ==. Normal numbers show an error in
/// the arithmetic itself and compare within the computed bound.
enum class Numbers { integers, normals };

template <class X>
oracle::Values values_of(const X& x) {
    oracle::Values values(static_cast<std::size_t>(x.size()));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(x.data()[i]);
    return values;
}

template <class X>
testing::AssertionResult agrees(const char* what, const X& computed, const oracle::Sums& exact, Numbers numbers) {
    using T = typename X::Scalar;
    const double unit = numbers == Numbers::integers ? 0 : std::numeric_limits<T>::epsilon() / 2;
    const double tiny = numbers == Numbers::integers ? 0 : std::numeric_limits<T>::denorm_min();
    if (static_cast<std::size_t>(computed.size()) != exact.value.size())
        return testing::AssertionFailure()
               << what << " has " << computed.size() << " numbers instead of " << exact.value.size();
    for (std::size_t i = 0; i < exact.value.size(); ++i) {
        const double error = std::abs(static_cast<double>(computed.data()[i]) - exact.value[i]);
        const double bound = oracle::error_bound(exact.terms[i], exact.magnitude[i], exact.bias[i], unit, tiny);
        if (!(error <= bound))
            return testing::AssertionFailure() << what << " number " << i << " is " << computed.data()[i]
                                               << " instead of " << exact.value[i] << ", bound " << bound;
    }
    return testing::AssertionSuccess();
}

template <class Op>
inline constexpr bool is_conv = std::is_same_v<typename Op::Options, upconv::Conv2dOptions>;

/// Fills the operator's weights and bias, runs it forward and backward and compares. The operator is NCHW and has no
/// activation; the oracle's problem has the same geometry.
template <class Op>
testing::AssertionResult agrees_with_oracle(Op& op, const oracle::Problem& p, Numbers numbers) {
    using T = typename Op::Scalar;
    const upconv::Dims coarse(p.n, p.coarse_channels, p.rows.coarse, p.columns.coarse);
    const upconv::Dims fine(p.n, p.fine_channels, p.rows.fine, p.columns.fine);
    const upconv::Dims input = is_conv<Op> ? fine : coarse, output = is_conv<Op> ? coarse : fine;
    if (op.output_shape(input) != output)
        return testing::AssertionFailure()
               << "output_shape " << upconv::to_text(op.output_shape(input)) << " for " << oracle::to_text(p);
    upconv::Tensor4<T> x(input), gy(output), y(output);
    const auto fill = [&](auto& tensor, std::uint64_t seed) {
        numbers == Numbers::integers ? fill_integers(tensor, seed) : fill_normals(tensor, seed);
    };
    fill(x, 1), fill(gy, 2), fill(op.weight(), 3), fill(op.bias(), 4);
    y.setConstant(std::numeric_limits<T>::quiet_NaN());  // whatever is not written shows
    op(x, y);
    const auto g = op.backward(x, gy);

    const oracle::Values xs = values_of(x), gys = values_of(gy), ws = values_of(op.weight());
    auto forward = is_conv<Op> ? oracle::coarse_sums(p, ws, xs) : oracle::fine_sums(p, ws, xs);
    forward.add_bias(values_of(op.bias()), output[2] * output[3]);
    const auto gx = is_conv<Op> ? oracle::fine_sums(p, ws, gys) : oracle::coarse_sums(p, ws, gys);
    const auto gw = is_conv<Op> ? oracle::weight_sums(p, gys, xs) : oracle::weight_sums(p, xs, gys);
    auto result = agrees("output", y, forward, numbers);
    if (result) result = agrees("gradient of the input", g.input, gx, numbers);
    if (result) result = agrees("gradient of the weights", g.weight, gw, numbers);
    if (result && op.bias().size() > 0)
        result = agrees("gradient of the bias", g.bias,
                        oracle::channel_sums(gys, op.bias().size(), output[2] * output[3]), numbers);
    if (!result) result << "; " << Op::name << ", " << oracle::to_text(p);
    return result;
}
