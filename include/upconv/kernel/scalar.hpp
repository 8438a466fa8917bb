// The type in which a scalar's sums are formed.
#pragma once

#include <concepts>
#include <limits>
#include <type_traits>

#include "../options/cxx20.hpp"

namespace upconv {

/// Sums of T are formed in Accumulator<T>::type: T itself, int for narrower integers. tensor/scalar.hpp adds float for
/// half and bfloat16. Specialise it for a narrow scalar of your own.
template <class T>
struct Accumulator {
    using type = T;
};

template <class T>
requires(std::integral<T> && sizeof(T) < sizeof(int)) struct Accumulator<T> {
    using type = int;
};

}  // namespace upconv

namespace upconv::detail::inline UPCONV_BUILD {

template <class T>
using AccumulatorOf = typename Accumulator<T>::type;

/// x in the type of the sum: x itself, without a copy, where that is its own type.
template <class Acc, class T>
constexpr decltype(auto) widen(const T& x) {
    if constexpr (std::is_same_v<Acc, T>)
        return (x);
    else
        return static_cast<Acc>(x);
}

/// A sum as it is stored. Integers wrap.
template <class T, class Acc>
constexpr T narrow(const Acc& sum) {
    return static_cast<T>(sum);
}

/// A finished sum; -0 as +0. Only in floating point is there a -0.
template <class Acc>
constexpr Acc without_sign_of_zero(const Acc& sum) {
    if constexpr (std::is_floating_point_v<Acc>)
        return sum + Acc(0);
    else
        return sum;
}

/// The double that follows the largest whole number of type T: 2^digits, exact, as the largest itself need not be.
template <std::integral T>
inline constexpr double past_largest = 2.0 * static_cast<double>((std::numeric_limits<T>::max)() / 2 + 1);

/// Whether T holds `value`, without its fraction. C++ leaves undefined what becomes of the others.
template <std::integral T>
constexpr bool holds(double value) {
    constexpr auto least = static_cast<double>(std::numeric_limits<T>::lowest());
    return (value >= least || value > least - 1) && value < past_largest<T>;
}

/// A parameter (a slope, a filter weight) as a number of type T, also where T is complex or an autodiff scalar. Whole
/// numbers lose the fraction; beyond their range they are the nearest there is, and NaN is 0.
template <class T>
constexpr T number(double value) {
    if constexpr (std::integral<T>)
        return holds<T>(value) ? static_cast<T>(value)
               : value < 0     ? std::numeric_limits<T>::lowest()
               : value > 0     ? (std::numeric_limits<T>::max)()
                               : T(0);
    else if constexpr (std::is_arithmetic_v<T>)
        return static_cast<T>(value);
    else if constexpr (requires {
                           typename T::value_type;
                           T(typename T::value_type(value));
                       })
        return T(static_cast<typename T::value_type>(value));
    else
        return T(value);
}

}  // namespace upconv::detail
