// OptionalPair: an option of two numbers that may be left out.
#pragma once

#include <concepts>
#include <optional>

namespace upconv {

/// An option that may be left out: one number for both axes, or {h, w}.
template <class Pair>
struct OptionalPair : std::optional<Pair> {
    using std::optional<Pair>::optional;
    constexpr OptionalPair(const std::optional<Pair>& pair) : std::optional<Pair>(pair) {}
    template <class Height, class Width>
    requires std::constructible_from<Pair, Height, Width>
    constexpr OptionalPair(Height h, Width w) : std::optional<Pair>(Pair(h, w)) {}
};

}  // namespace upconv
