// Depthwise over the planes of a transposed convolution: vectors along the rows of the output. Each number of an input
// row is spread over the outputs that its taps reach, so that at any stride neighbouring outputs read neighbours and
// multiply them by weights that repeat with the stride:
//
//     spread[p] = x[column(p)], 0 beside the picture and where an output has no such tap
//     y[i][j] = activation(bias + sum over (a, t) of weight[a][t][j mod stride] * spread[rows.at(i, a)][offset[t] + j])
//
// A row is cut into vectors that begin at whole multiples of the stride, as many strides each as fit; or, at strides
// longer than a vector, into some vectors for each stride. Where they overlap they form the same sums.
#pragma once

#include <algorithm>

#include "../geometry/phases.hpp"
#include "finish.hpp"
#include "move.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Where the vectors of a row begin: vector m of part r at m * advance + offset(r).
struct RowCut {
    Index width, stride, parts, advance;

    constexpr RowCut(Index width_, Index stride_)
        : width(width_),
          stride(stride_),
          parts((stride_ + width_ - 1) / width_),
          advance(std::max<Index>(width_ / stride_, 1) * stride_) {}

    constexpr Index offset(Index part) const { return (std::min)(part * width, std::max<Index>(stride - width, 0)); }
    /// Vectors of a part that begin within n numbers, and those that end there too.
    constexpr Index vectors(Index part, Index n) const {
        return std::max<Index>((n - offset(part) + advance - 1) / advance, 0);
    }
    constexpr Index whole_vectors(Index part, Index n) const {
        return n - offset(part) < width ? 0 : (n - offset(part) - width) / advance + 1;
    }

    friend constexpr bool operator==(const RowCut&, const RowCut&) = default;
};

/// Spreads some rows of a plane: `copies` of each, which differ in what they leave out.
template <class C>
struct SpreadRows {
    const C* x;
    Index rows, columns, x_row;
    C* line;  // a row with zeros around it, of which number 0 stands here
    RowCut cut;
    Index vectors, copies;
    const Index* base;    // (parts): number of the line from where the part's first vector takes its lanes
    Index base_step;      // from vector to vector
    const Lane<C>* lane;  // (parts, width)
    const Lane<C>* kept;  // (copies, parts, width): -1, or 0 where nothing is kept
    C* spread;
    Index spread_row, spread_copy;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        for (Index i = 0; i < rows; ++i) {
            copy<Bytes>(x + i * x_row, columns, line);
            for (Index copy = 0; copy < copies; ++copy)
                for (Index part = 0; part < cut.parts; ++part)
                    spread_part<Bytes>(copy, part, spread + i * spread_row + copy * spread_copy + cut.offset(part));
        }
    }

  private:
    template <int Bytes>
    [[gnu::always_inline]] void spread_part(Index copy, Index part, C* to) const {
        using I = Vector<Lane<C>, Bytes>;
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        const Register<Lane<C>, Bytes> lanes = *reinterpret_cast<const I*>(lane + part * width);
        const Register<Lane<C>, Bytes> keep = *reinterpret_cast<const I*>(kept + (copy * cut.parts + part) * width);
        const Index advance = cut.advance, step = base_step;
        const C* from = line + base[part];
        Register<Lane<C>, Bytes> picked;
        for (Index v = 0; v < vectors; ++v, from += step, to += advance) {
            pick<C, Bytes>(from, &lanes, &picked);
            *reinterpret_cast<I*>(to) = picked & keep;
        }
    }
};

/// Every stride-th row of an output plane, from row `first` on.
struct RowPhase {
    Index first, count;
    Phase taps;
    Index weight;  // where its weights begin

    friend constexpr bool operator==(const RowPhase&, const RowPhase&) = default;
};

/// The outputs of some row steps of a plane, all their phases.
template <class C>
struct DepthwiseFinePlanes {
    const C* spread;  // input row 0
    C* y;             // row 0 of step 0
    const C* weight;  // (row phases, tap rows, column taps, parts, width)
    const C* bias;    // one number, or none
    Activation activation;
    const RowPhase* phases;
    Index phase_count;
    Range steps;
    Index columns, column_taps;
    const Index* offset;         // (column taps)
    const Index* whole_vectors;  // (parts)
    Index last;                  // where the last vector begins if it ends with the row; else -1, it is stored in part
    RowCut cut;
    Index spread_row, y_row, y_step;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        if (wide())
            for (Index i = steps.begin; i < steps.end; ++i)
                for (const RowPhase* phase = phases; phase != phases + phase_count && i < phase->count; ++phase)
                    rows<Bytes>(*phase, {i, i + 1}, {i, i});
        else
            for (const RowPhase* phase = phases; phase != phases + phase_count; ++phase) {
                const Range of_rows{steps.begin, (std::min)(steps.end, phase->count)};
                const Range inside = phase->taps.inside(of_rows);
                rows<Bytes>(*phase, of_rows, inside.size() < together ? Range{of_rows.end, of_rows.end} : inside);
            }
    }

  private:
    static constexpr Index together = 7;

    /// Vectors one step apart.
    struct Line {
        const C* x;
        C* y;
        const C* weight;
        Index tap_rows, row_step, x_step, y_step;

        Line at(Index j) const { return {x + j, y + j, weight, tap_rows, row_step, x_step, y_step}; }
    };

    /// Whether each part of a row fills a tile.
    bool wide() const { return whole_vectors[cut.parts - 1] >= together; }

    Line line(const RowPhase& phase, Index i) const {
        const Range taps = phase.taps.taps_at(i);
        return {spread + phase.taps.at(i, taps.begin) * spread_row,
                y + i * y_step + phase.first * y_row,
                weight + phase.weight + taps.begin * column_taps * cut.parts * cut.width,
                taps.size(),
                phase.taps.spacing * spread_row,
                cut.advance,
                cut.advance};
    }

    /// Tiles along one wide row, or down those of narrow ones that miss no tap.
    template <int Bytes>
    [[gnu::always_inline]] void rows(const RowPhase& phase, Range of_rows, Range tiled) const {
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        const Index advance = cut.advance;
        for (Index part = 0; part < cut.parts; ++part) {
            const Index first = cut.offset(part), vectors = whole_vectors[part], n = columns - first;
            Index at = 0;
            if (wide()) {
                const Line of_row = line(phase, of_rows.begin).at(first);
                for (Index v = 0; v < vectors; v += together)
                    tile<Bytes, together>(of_row.at((std::min)(v, vectors - together) * advance), part, width);
                at = vectors * advance;
            }
            for (Index stored = 0; at < n; at = at + stored == n ? n : at + advance) {
                if (at + width > n && last >= 0) at = last;
                stored = (std::min)(n - at, width);
                for (Index i = of_rows.begin; i < of_rows.end; ++i)
                    if (i < tiled.begin || i >= tiled.end) tile<Bytes, 1>(line(phase, i).at(first + at), part, stored);
                for (Index i = tiled.begin; i < tiled.end; i += together) {
                    Line down = line(phase, (std::min)(i, tiled.end - together)).at(first + at);
                    down.x_step = spread_row * phase.taps.input_step;
                    down.y_step = y_step;
                    tile<Bytes, together>(down, part, stored);
                }
            }
        }
    }

    template <int Bytes, int V>
    [[gnu::always_inline]] void tile(const Line& line, Index part, Index stored) const {
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        Register<C, Bytes> sum[V];
#pragma GCC unroll 16
        for (int v = 0; v < V; ++v) sum[v] = Vector<C, Bytes>{};
        const C* const w = line.weight + part * width;
        if (column_taps == 2)
            every_tap<Bytes, V, 2>(line, w, sum);
        else
            every_tap<Bytes, V, 0>(line, w, sum);
        store<Bytes, V>(line, stored, sum);
    }

    /// T: the column taps where that is known, else 0.
    template <int Bytes, int V, int T>
    [[gnu::always_inline]] void every_tap(const Line& line, const C* w, Register<C, Bytes>* sum) const {
        using Vec = Vector<C, Bytes>;
        const Index step = line.x_step, weight_step = cut.parts * cut.width, taps = T == 0 ? column_taps : T;
        const Index* const from = offset;
        const C* row = line.x;
        for (Index a = 0; a < line.tap_rows; ++a, row += line.row_step)
#pragma GCC unroll 2
            for (Index t = 0; t < taps; ++t, w += weight_step) {
                const Vec weights = *reinterpret_cast<const Vec*>(w);
                const C* at = row + from[t];
#pragma GCC unroll 16
                for (int v = 0; v < V; ++v, at += step) {
                    in_register(at);
                    sum[v] += weights * *reinterpret_cast<const Vec*>(at);
                    keep_fused<V>(&sum[v]);
                }
            }
    }

    template <int Bytes, int V>
    [[gnu::always_inline]] void store(const Line& line, Index stored, Register<C, Bytes>* sum) const {
        using Vec = Vector<C, Bytes>;
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        const Register<C, Bytes> added = (bias != nullptr ? *bias : C(0)) - Vec{};
        finish<C, Bytes, V>(sum, added, activation);
        C* to = line.y;
        const Index step = line.y_step;
        if (stored < width) {
            alignas(64) C in_memory[V * width];
#pragma GCC unroll 16
            for (int v = 0; v < V; ++v) *reinterpret_cast<Vec*>(in_memory + v * width) = sum[v];
            for (int v = 0; v < V; ++v, to += step) copy<Bytes>(in_memory + v * width, stored, to);
            return;
        }
#pragma GCC unroll 16
        for (int v = 0; v < V; ++v, to += step) {
            in_register(to);
            *reinterpret_cast<Vec*>(to) = sum[v];
        }
    }
};

}  // namespace upconv::detail
