// ResizeAxis: one axis of a resize, and where its output cells lie on the input grid. With a given size all of it is
// integer arithmetic, so a row of 2^24 + 1 cells loses none.
#pragma once

#include <algorithm>
#include <optional>

#include "../geometry/integer.hpp"
#include "interpolation.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Made by resize_axis(), which checks that every product below stays within 64 bits.
struct ResizeAxis {
    Index input, output;
    std::optional<double> scale;  // the step of the grid, unless it is output / input exactly
};

/// A place on the input grid, cell + part / unit with 0 <= part < unit. With a given size part and unit are whole
/// numbers and nothing is rounded; with a given scale the unit is 1.
struct Place {
    Index cell;
    double part, unit;

    /// From here to the cell `k` beyond this one, in lengths of `length / unit` cells; rounded once.
    constexpr double distance(Index k, double length) const { return (static_cast<double>(k) * unit - part) / length; }
};

constexpr Place exact_place(Index numerator, Index denominator) {
    const Index cell = floor_div(numerator, denominator);
    return {cell, static_cast<double>(numerator - cell * denominator), static_cast<double>(denominator)};
}

inline Place rounded_place(double x) {
    const double cell = std::floor(x);
    return {static_cast<Index>(cell), x - cell, 1};
}

inline Place place_of(const ResizeAxis& axis, Coordinates coordinates, Index o) {
    const Index n = axis.input, m = axis.output;
    const auto position = static_cast<double>(o);
    switch (coordinates) {
        case Coordinates::align_corners:
            return m == 1 ? Place{0, 0, 1} : exact_place(o * (n - 1), m - 1);
        case Coordinates::asymmetric:
            return axis.scale ? rounded_place(position / *axis.scale) : exact_place(o * n, m);
        case Coordinates::half_pixel:
            break;
    }
    if (axis.scale) return rounded_place((position + 0.5) / *axis.scale - 0.5);
    return exact_place((2 * o + 1) * n - m, 2 * m);
}

/// The cell that nearest (shift 0) and nearest_exact (shift 1) copy: floor((o + shift / 2) / r).
inline Index nearest_cell(const ResizeAxis& axis, Index shift, Index o) {
    const Index n = axis.input, m = axis.output;
    const Index cell =
        axis.scale
            ? static_cast<Index>(std::floor((static_cast<double>(o) + static_cast<double>(shift) / 2) / *axis.scale))
            : floor_div((2 * o + shift) * n, 2 * m);
    return std::clamp<Index>(cell, 0, n - 1);
}

/// The filter's length 1 in parts of a place's unit: antialiasing stretches it by the shrinking factor.
inline double filter_length(const ResizeAxis& axis, bool antialias, const Place& place) {
    if (!antialias) return place.unit;
    if (axis.scale) return (std::max)(1 / *axis.scale, 1.0);
    return (std::max)(place.unit, 2 * static_cast<double>(axis.input));  // half_pixel: the unit is 2 m
}

/// Extents and step of one axis, for a given scale or a given size. Refuses what has no output or leaves exact
/// arithmetic.
inline ResizeAxis resize_axis(const char* op, AxisName name, Index input, std::optional<double> scale, Index size) {
    constexpr bool wide = sizeof(Index) == 8;
    constexpr double most = wide ? 9007199254740992.0 : 2147483647.0;  // whole numbers are exact in double up to 2^53
    constexpr const char* most_text = wide ? "2^53" : "2^31 - 1";
    ResizeAxis axis{input, size, std::nullopt};
    if (input < 1) refuse(op, ": the input has ", input, " ", name.lines, "; it needs at least 1");
    if (scale) {
        const double extent = std::floor(static_cast<double>(input) * *scale);  // checked before it becomes an integer
        if (!(*scale > 0) || !(extent >= 1) || !(extent <= most))
            refuse(op, ": scale ", *scale, " makes ", extent, " ", name.lines, " of ", name.extent, " ", input,
                   "; it must be a positive number that makes from 1 to ", most_text);
        axis.output = static_cast<Index>(extent);
        if (*scale * static_cast<double>(input) != extent) axis.scale = *scale;
    }
    const Checked product = (Checked(2) * axis.output + 1) * (Checked(2) * input + 1);
    if (axis.output < 1 || static_cast<double>(axis.output) > most || product.overflow())
        refuse(op, ": size has ", axis.output, " ", name.lines, " for ", name.extent, " ", input,
               "; it must be from 1 to ", most_text, ", and the product of both extents below ",
               wide ? "2^61" : "2^29");
    return axis;
}

}  // namespace upconv::detail
