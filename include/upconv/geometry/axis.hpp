// Axis: the one relation behind convolution and transposed convolution, along one axis.
//
//     fine = coarse * stride + tap * dilation - begin
//     0 <= coarse < coarse_extent,  0 <= tap < kernel,  0 <= fine < fine_extent
//
// A convolution reads the fine grid and writes the coarse one; a transposed convolution reads the coarse grid and
// writes the fine one. Padding, cropping, output padding, `same`, `valid` and an output size are ways of choosing
// `begin` and the two extents (extents.hpp); past this type nothing hears of them. Both extents are stored: neither
// follows from the other.
#pragma once

#include <algorithm>

#include "../options/size2.hpp"
#include "integer.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Made by conv_axis() or transposed_axis(), which check that every expression below stays within 64 bits.
struct Axis {
    Index coarse = 1, fine = 1;
    Index kernel = 1, stride = 1, dilation = 1;
    Index begin = 0;  // signed: what is cut off (or, negative, left free) before fine position 0

    /// The lines that one filter covers: (kernel - 1) dilation + 1.
    constexpr Index span() const { return (kernel - 1) * dilation + 1; }

    /// The lines that all filters together cover: (coarse - 1) stride + span.
    constexpr Index natural() const { return (coarse - 1) * stride + span(); }

    constexpr Index fine_at(Index coarse_index, Index tap) const {
        return coarse_index * stride + tap * dilation - begin;
    }

    /// The coarse positions that `tap` carries to a fine position within the grid.
    constexpr Range coarse_range(Index tap) const {
        const Index shift = begin - tap * dilation;  // fine = coarse * stride - shift
        return {std::max<Index>(ceil_div(shift, stride), 0),
                std::min<Index>(floor_div(fine - 1 + shift, stride) + 1, coarse)};
    }

    /// The taps that carry `coarse_index` to a fine position within the grid.
    constexpr Range tap_range(Index coarse_index) const {
        const Index shift = begin - coarse_index * stride;  // fine = tap * dilation - shift
        return {std::max<Index>(ceil_div(shift, dilation), 0),
                std::min<Index>(floor_div(fine - 1 + shift, dilation) + 1, kernel)};
    }

    /// How far the filters reach beyond the fine grid, before its first and after its last line.
    constexpr Index overhang_before() const { return std::max<Index>(begin, 0); }
    constexpr Index overhang_after() const { return std::max<Index>(natural() - begin - fine, 0); }

    /// The same relation on a fine grid that is extended by the overhang on both sides: no tap falls outside it.
    constexpr Axis with_overhang() const {
        Axis extended = *this;
        extended.fine += overhang_before() + overhang_after();
        extended.begin -= overhang_before();
        return extended;
    }

    /// With one tap: the first fine position, and from it on every stride-th, that it can reach.
    constexpr Index first_reached() const { return floor_mod(-begin, stride); }
    /// The same relation on these positions alone. There is one.
    constexpr Axis on_reached() const {
        const Index first = first_reached();
        return {.coarse = coarse, .fine = (fine - 1 - first) / stride + 1, .begin = (begin + first) / stride};
    }

    friend constexpr bool operator==(const Axis&, const Axis&) = default;
};

}  // namespace upconv::detail
