// ResizeTable: which input cells, with which weights, make each output cell of one axis of a resize. Made once.
#pragma once

#include <vector>

#include "resize_axis.hpp"

namespace upconv {

/// The sparse matrix of one axis: output o = sum over t in [first[o], first[o + 1]) of weight[t] * input[source[t]].
/// The sources of one output ascend.
struct ResizeTable {
    std::vector<Index> first{0}, source;
    std::vector<double> weight;

    Index outputs() const { return static_cast<Index>(first.size()) - 1; }

    /// Every output is one cell as it is. Where the tables of both axes copy, a cell keeps every bit, -0 and NaN too;
    /// else every output is a sum, those of one term too, and a sum of 0 is stored as +0 whatever its terms' signs:
    /// each kernel adds +0 to what it has summed (a fused multiply-add makes -0 of a product that underflows).
    bool copies() const {
        return static_cast<Index>(weight.size()) == outputs() &&
               std::all_of(weight.begin(), weight.end(), [](double w) { return w == 1; }) &&
               std::adjacent_find(first.begin(), first.end()) == first.end();
    }

    /// In ascending order of the cells. Terms of one output that fall on the same cell are one term; terms of weight 0
    /// are none.
    void add(Index cell, double w) {
        if (static_cast<Index>(source.size()) > first.back() && source.back() == cell) {
            weight.back() += w;
        } else if (w != 0) {
            source.push_back(cell);
            weight.push_back(w);
        }
    }
    void finish_output() { first.push_back(static_cast<Index>(source.size())); }
};

}  // namespace upconv

namespace upconv::detail::inline UPCONV_BUILD {

/// The cells within the filter's reach, in order; those beside the input clamped or dropped. Weights that need not sum
/// to 1 by themselves are divided by their sum.
inline void add_filtered(const ResizeAxis& axis, const ResizeRule& rule, Index o, ResizeTable& table) {
    const Place place = place_of(axis, rule.coordinates, o);
    const double length = filter_length(axis, rule.antialias, place);
    const auto support = static_cast<double>(filter_support(rule.mode));
    const auto reach = static_cast<Index>(std::ceil(support * (length / place.unit)));
    const bool drop = rule.border == ResizeBorder::drop;
    const Index begin = drop ? (std::max)(-reach, -place.cell) : -reach;
    const Index end = drop ? (std::min)(reach + 1, axis.input - 1 - place.cell) : reach + 1;
    double total = 0;
    for (Index k = begin; k <= end; ++k) {
        const double weight = filter_weight(rule, place.distance(k, length));
        total += weight;
        table.add(std::clamp<Index>(place.cell + k, 0, axis.input - 1), weight);
    }
    if (!drop && !rule.antialias && rule.mode != Interpolation::lanczos3) return;
    std::for_each(table.weight.begin() + table.first.back(), table.weight.end(), [&](double& w) { w /= total; });
}

inline void add_taps(const ResizeAxis& axis, const ResizeRule& rule, Index o, ResizeTable& table) {
    switch (rule.mode) {
        case Interpolation::nearest:
            return table.add(nearest_cell(axis, 0, o), 1);
        case Interpolation::nearest_exact:
            return table.add(nearest_cell(axis, 1, o), 1);
        case Interpolation::area: {
            const Index n = axis.input, m = axis.output;
            const Index begin = floor_div(o * n, m), end = ceil_div((o + 1) * n, m);
            for (Index cell = begin; cell < end; ++cell) table.add(cell, 1 / static_cast<double>(end - begin));
            return;
        }
        default:
            return add_filtered(axis, rule, o, table);
    }
}

/// About how many terms a table has, at most.
inline double expected_terms(const ResizeAxis& axis, const ResizeRule& rule) {
    const auto n = static_cast<double>(axis.input), m = static_cast<double>(axis.output);
    if (copies_cells(rule.mode)) return m;
    if (rule.mode == Interpolation::area) return n + 2 * m;
    const double step = axis.scale ? 1 / *axis.scale : n / m;
    const double length = rule.antialias ? (std::max)(step, 1.0) : 1;
    return m * (std::min)(2 * static_cast<double>(filter_support(rule.mode)) * length + 2, n);
}

inline ResizeTable resize_table(const ResizeAxis& axis, const ResizeRule& rule) {
    ResizeTable table;
    table.first.reserve(static_cast<std::size_t>(axis.output) + 1);
    // At once: a table that is larger than memory then fails before any of it is made.
    const auto terms = static_cast<std::size_t>((std::min)(expected_terms(axis, rule), 0x1p58));
    table.source.reserve(terms);
    table.weight.reserve(terms);
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

}  // namespace upconv::detail
