// Activation: a pointwise function at the end of the store.
#pragma once

#include "error.hpp"

namespace upconv {

/// none, relu, sigmoid and tanh are values; leaky_relu(slope) and clamp(low, high) are made with their parameters.
struct Activation {
    enum class Kind { none, relu, leaky_relu, sigmoid, tanh, clamp };

    Kind kind = Kind::none;
    double low = 0, high = 0;  // clamp's bounds; leaky_relu's slope is `low`

    static const Activation none, relu, sigmoid, tanh;

    /// x for x >= 0, slope * x below.
    static constexpr Activation leaky_relu(double slope = 0.01) { return {Kind::leaky_relu, slope, 0}; }

    /// x limited to [low, high].
    static constexpr Activation clamp(double low, double high) {
        if (!(low <= high)) detail::refuse("Activation::clamp: low ", low, " must not exceed high ", high);
        return {Kind::clamp, low, high};
    }

    friend constexpr bool operator==(const Activation&, const Activation&) = default;
};

inline constexpr Activation Activation::none{Kind::none};
inline constexpr Activation Activation::relu{Kind::relu};
inline constexpr Activation Activation::sigmoid{Kind::sigmoid};
inline constexpr Activation Activation::tanh{Kind::tanh};

}  // namespace upconv
