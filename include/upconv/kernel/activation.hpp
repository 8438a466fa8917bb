// Activation: its value, and its derivative for the gradients.
#pragma once

#include <cmath>
#include <limits>

#include "../options/activation.hpp"
#include "scalar.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Scalars that can be compared: complex numbers cannot, and have no activation.
template <class T>
concept Ordered = requires(const T& a, const T& b) {
    { a < b } -> std::convertible_to<bool>;
};

/// f(x). NaN passes through.
template <Ordered T>
T activate(const Activation& f, const T& x) {
    using std::exp, std::tanh;
    const auto zero = number<T>(0), one = number<T>(1);
    switch (f.kind) {
        case Activation::Kind::relu:
            return x < zero ? zero : x;
        case Activation::Kind::leaky_relu:
            return x < zero ? T(number<T>(f.low) * x) : x;
        case Activation::Kind::sigmoid:
            return static_cast<T>(one / (one + exp(-x)));
        case Activation::Kind::tanh:
            return static_cast<T>(tanh(x));
        case Activation::Kind::clamp: {
            const auto low = number<T>(f.low), high = number<T>(f.high);
            return x < low ? low : high < x ? high : x;
        }
        case Activation::Kind::none:
            break;
    }
    return x;
}

/// f'(x); at a kink the derivative from the side that PyTorch takes (relu 0 and leaky_relu the slope at 0; clamp 1 at
/// its bounds).
template <Ordered T>
T derivative(const Activation& f, const T& x) {
    const auto zero = number<T>(0), one = number<T>(1);
    switch (f.kind) {
        case Activation::Kind::relu:
            return zero < x ? one : zero;
        case Activation::Kind::leaky_relu:
            return zero < x ? one : number<T>(f.low);
        case Activation::Kind::sigmoid: {
            const T y = activate(f, x);
            return T(y * (one - y));
        }
        case Activation::Kind::tanh: {
            const T y = activate(f, x);
            return T(one - y * y);
        }
        case Activation::Kind::clamp:
            if constexpr (std::integral<T>)  // bounds that leave nothing of its range
                if (f.low >= past_largest<T> || f.high < static_cast<double>(std::numeric_limits<T>::lowest()))
                    return zero;
            return x < number<T>(f.low) || number<T>(f.high) < x ? zero : one;
        case Activation::Kind::none:
            break;
    }
    return one;
}

/// f'(x) where only y = f(x) is known. Where y lies on a kink of clamp, and x on either side of it, 0. Leaky relu must
/// not have a negative slope, with which y does not say which side x is on.
template <Ordered T>
T derivative_at_output(const Activation& f, const T& y) {
    const auto zero = number<T>(0), one = number<T>(1);
    switch (f.kind) {
        case Activation::Kind::sigmoid:
            return T(y * (one - y));
        case Activation::Kind::tanh:
            return T(one - y * y);
        case Activation::Kind::clamp:
            return number<T>(f.low) < y && y < number<T>(f.high) ? one : zero;
        case Activation::Kind::relu:
        case Activation::Kind::leaky_relu:
        case Activation::Kind::none:
            break;
    }
    return derivative(f, y);
}

}  // namespace upconv::detail
