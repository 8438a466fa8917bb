// Size2 and Range: a pair of extents, and a half-open stretch of one axis.
#pragma once

#include <concepts>
#include <type_traits>

#include "error.hpp"

namespace upconv {

/// Whole numbers that are counts: no bool, no floating point, so that `.stride = 1.5` does not compile.
template <class T>
concept Count = std::integral<T> && !std::same_as<std::remove_cv_t<T>, bool>;

/// One number an axis: made from one integer for both, or from {h, w}.
struct Size2 {
    Index h = 0, w = 0;

    constexpr Size2() = default;
    constexpr Size2(Count auto both) : h(static_cast<Index>(both)), w(static_cast<Index>(both)) {}
    constexpr Size2(Count auto height, Count auto width)
        : h(static_cast<Index>(height)), w(static_cast<Index>(width)) {}

    friend constexpr bool operator==(const Size2&, const Size2&) = default;
};

/// The half-open stretch [begin, end) of one axis.
struct Range {
    Index begin = 0, end = 0;

    constexpr bool empty() const { return end <= begin; }
    constexpr Index size() const { return empty() ? 0 : end - begin; }

    friend constexpr bool operator==(const Range&, const Range&) = default;
};

/// Rows and columns, each half open.
struct Region {
    Range rows, columns;

    friend constexpr bool operator==(const Region&, const Region&) = default;
};

inline std::string to_text(Size2 size) { return detail::joined("(", size.h, ", ", size.w, ")"); }
inline std::string to_text(Range range) { return detail::joined("[", range.begin, ", ", range.end, ")"); }

}  // namespace upconv
