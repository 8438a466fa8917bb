// Interpolation: which input cells, with which weights, make each output cell of one axis of a resize. Made once, as a
// table.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <optional>
#include <vector>

#include "../geometry/axis.hpp"

namespace upconv {

enum class Interpolation {
    nearest,        // cell floor(o / r), PyTorch's `nearest`
    nearest_exact,  // cell floor((o + 0.5) / r), PIL's and scikit-image's nearest
    bilinear,
    bicubic,
    area,  // the mean of the cells that an output cell touches, PyTorch's adaptive average
};

/// Where output cell o lies on the input grid; r is the given scale, or m / n for a given size. For bilinear and
/// bicubic.
enum class Coordinates {
    half_pixel,     // (o + 0.5) / r - 0.5: PyTorch, TensorFlow 2, ONNX's default
    align_corners,  // o (n - 1) / (m - 1): first and last cells of both grids coincide
    asymmetric,     // o / r: TensorFlow 1
};

/// One factor an axis: made from one number for both, or from {h, w}.
struct Scale2 {
    double h = 1, w = 1;

    constexpr Scale2(double both) : h(both), w(both) {}
    constexpr Scale2(double height, double width) : h(height), w(width) {}
    friend constexpr bool operator==(const Scale2&, const Scale2&) = default;
};

/// One axis of a resize, checked.
struct ResizeAxis {
    Index input, output;
    std::optional<double> scale;  // the step of the grid, unless it is output / input exactly
};

/// What fills an axis: filter, coordinates and the antialiasing that widens the filter when shrinking.
struct ResizeRule {
    Interpolation mode = Interpolation::nearest;
    Coordinates coordinates = Coordinates::half_pixel;
    bool antialias = false;
    double cubic_coefficient = -0.75;
};

/// The sparse matrix of one axis: output o = sum over t in [first[o], first[o + 1]) of weight[t] * input[source[t]].
struct ResizeTable {
    std::vector<Index> first, source;
    std::vector<double> weight;

    Index outputs() const { return static_cast<Index>(first.size()) - 1; }

    /// Terms of one output that fall on the same input cell are one term; terms of weight 0 are none.
    void add(Index cell, double w) {
        const auto begin = source.begin() + first.back();
        const auto same = std::find(begin, source.end(), cell);
        if (same != source.end()) {
            weight[static_cast<std::size_t>(same - source.begin())] += w;
        } else if (w != 0) {
            source.push_back(cell);
            weight.push_back(w);
        }
    }
    void finish_output() { first.push_back(static_cast<Index>(source.size())); }
};

/// Cubic convolution (Keys 1981) with coefficient a: -0.75 in PyTorch, OpenCV and ONNX, -0.5 in TensorFlow 2, JAX and
/// PIL.
constexpr double cubic_weight(double t, double a) {
    t = t < 0 ? -t : t;
    if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
    if (t < 2) return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
    return 0;
}

/// A place on the input grid: a cell and how far beyond it, in [0, 1).
struct Place {
    Index cell;
    double fraction;
};

/// numerator / denominator exactly: the fraction is rounded once.
constexpr Place exact_place(Index numerator, Index denominator) {
    const Index cell = floor_div(numerator, denominator);
    return {cell, static_cast<double>(numerator - cell * denominator) / static_cast<double>(denominator)};
}

inline Place rounded_place(double x) {
    const double cell = std::floor(x);
    return {static_cast<Index>(cell), x - cell};
}

inline Place place_of(const ResizeAxis& axis, Coordinates coordinates, Index o) {
    const Index n = axis.input, m = axis.output;
    const auto position = static_cast<double>(o);
    switch (coordinates) {
        case Coordinates::align_corners:
            return m == 1 ? Place{0, 0} : exact_place(o * (n - 1), m - 1);
        case Coordinates::asymmetric:
            return axis.scale ? rounded_place(position / *axis.scale) : exact_place(o * n, m);
        case Coordinates::half_pixel:
            break;
    }
    if (axis.scale) return rounded_place((position + 0.5) / *axis.scale - 0.5);
    return exact_place((2 * o + 1) * n - m, 2 * m);
}

/// The antialiased filter (PIL's rule, which PyTorch follows): stretched by the shrinking factor, normalised, cells
/// outside dropped.
inline void add_antialiased(const ResizeAxis& axis, const ResizeRule& rule, Index o, ResizeTable& table) {
    const double step =
        axis.scale ? 1 / *axis.scale : static_cast<double>(axis.input) / static_cast<double>(axis.output);
    const double stretch = std::max(step, 1.0);
    const double support = (rule.mode == Interpolation::bicubic ? 2.0 : 1.0) * stretch;
    const double center = (static_cast<double>(o) + 0.5) * step;
    const Index begin = std::max<Index>(static_cast<Index>(std::floor(center - support + 0.5)), 0);
    const Index end = std::min<Index>(static_cast<Index>(std::floor(center + support + 0.5)), axis.input);
    const auto filter = [&](Index cell) {
        const double t = (static_cast<double>(cell) + 0.5 - center) / stretch;
        return rule.mode == Interpolation::bicubic ? cubic_weight(t, rule.cubic_coefficient)
                                                   : std::max(1 - std::abs(t), 0.0);
    };
    double total = 0;
    for (Index cell = begin; cell < end; ++cell) total += filter(cell);
    for (Index cell = begin; cell < end; ++cell) table.add(cell, filter(cell) / total);
}

inline void add_taps(const ResizeAxis& axis, const ResizeRule& rule, Index o, ResizeTable& table) {
    const Index n = axis.input, m = axis.output, last = n - 1;
    const auto clamped = [&](Index cell) { return std::clamp<Index>(cell, 0, last); };
    if (rule.antialias) return add_antialiased(axis, rule, o, table);
    switch (rule.mode) {
        case Interpolation::nearest:
            return table.add(clamped(place_of(axis, Coordinates::asymmetric, o).cell), 1);
        case Interpolation::nearest_exact:
            if (axis.scale)
                return table.add(clamped(rounded_place((static_cast<double>(o) + 0.5) / *axis.scale).cell), 1);
            return table.add(clamped(floor_div((2 * o + 1) * n, 2 * m)), 1);
        case Interpolation::area: {
            const Index begin = floor_div(o * n, m), end = ceil_div((o + 1) * n, m);
            for (Index cell = begin; cell < end; ++cell) table.add(cell, 1 / static_cast<double>(end - begin));
            return;
        }
        case Interpolation::bilinear: {
            const Place place = place_of(axis, rule.coordinates, o);
            table.add(clamped(place.cell), 1 - place.fraction);
            return table.add(clamped(place.cell + 1), place.fraction);
        }
        case Interpolation::bicubic: {
            const Place place = place_of(axis, rule.coordinates, o);
            for (Index tap = -1; tap <= 2; ++tap)
                table.add(clamped(place.cell + tap),
                          cubic_weight(place.fraction - static_cast<double>(tap), rule.cubic_coefficient));
            return;
        }
    }
}

inline ResizeTable resize_table(const ResizeAxis& axis, const ResizeRule& rule) {
    ResizeTable table;
    table.first.reserve(static_cast<std::size_t>(axis.output) + 1);
    table.first.push_back(0);
    for (Index o = 0; o < axis.output; ++o) {
        add_taps(axis, rule, o, table);
        table.finish_output();
    }
    return table;
}

/// The table of the gradient: the transposed matrix, in the order of its own outputs.
inline ResizeTable transposed(const ResizeTable& table, Index inputs) {
    ResizeTable t;
    t.first.assign(static_cast<std::size_t>(inputs) + 1, 0);
    for (Index cell : table.source) ++t.first[static_cast<std::size_t>(cell) + 1];
    for (std::size_t i = 1; i < t.first.size(); ++i) t.first[i] += t.first[i - 1];
    t.source.resize(table.source.size());
    t.weight.resize(table.weight.size());
    std::vector<Index> next(t.first.begin(), t.first.end() - 1);
    for (Index o = 0; o < table.outputs(); ++o)
        for (Index k = table.first[static_cast<std::size_t>(o)]; k < table.first[static_cast<std::size_t>(o) + 1];
             ++k) {
            const auto from = static_cast<std::size_t>(k);
            const auto to = static_cast<std::size_t>(next[static_cast<std::size_t>(table.source[from])]++);
            t.source[to] = o;
            t.weight[to] = table.weight[from];
        }
    return t;
}

/// Extents and step of one axis, for a given scale or a given size. Refuses what has no output or leaves exact
/// arithmetic.
inline ResizeAxis resize_axis(const char* op, AxisName name, Index input, std::optional<double> scale, Index size) {
    constexpr double most = 9007199254740992.0;  // 2^53: whole numbers are exact in double up to here
    ResizeAxis axis{input, size, std::nullopt};
    if (input < 1) refuse(op, ": the input has ", input, " ", name.lines, "; it needs at least 1");
    if (scale) {
        const double extent = std::floor(static_cast<double>(input) * *scale);  // checked before it becomes an integer
        if (!(*scale > 0) || !(extent >= 1) || !(extent <= most))
            refuse(op, ": scale ", *scale, " makes ", extent, " ", name.lines, " of ", name.extent, " ", input,
                   "; it must be a positive number that makes from 1 to 2^53");
        axis.output = static_cast<Index>(extent);
        if (*scale * static_cast<double>(input) != extent) axis.scale = *scale;
    }
    const Checked product = (Checked(2) * axis.output + 1) * (Checked(2) * input + 1);
    if (axis.output < 1 || static_cast<double>(axis.output) > most || product.overflow())
        refuse(op, ": size has ", axis.output, " ", name.lines, " for ", name.extent, " ", input,
               "; it must be from 1 to 2^53, and the product of both extents below 2^61");
    return axis;
}

}  // namespace upconv
