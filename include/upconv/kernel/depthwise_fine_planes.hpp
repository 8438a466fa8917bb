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

#include "../geometry/tap_line.hpp"
#include "finish.hpp"
#include "move.hpp"

namespace upconv {

/// Where the vectors of a row begin: vector m of part r at m * advance + part r's offset.
struct RowCut {
    Index width, stride;

    constexpr Index parts() const { return (stride + width - 1) / width; }
    constexpr Index advance() const { return std::max(width / stride, Index(1)) * stride; }
    constexpr Index offset(Index part) const { return std::min(part * width, std::max<Index>(stride - width, 0)); }
    /// Vectors of a part that begin within n numbers.
    constexpr Index vectors(Index part, Index n) const {
        return std::max<Index>((n - offset(part) + advance() - 1) / advance(), 0);
    }
    /// Numbers that whole vectors cover at least n with.
    constexpr Index covered(Index n) const { return (n + advance() - 1) / advance() * advance() + width; }
};

/// Spreads some rows of a plane: `copies` of each, which differ in what they leave out.
template <class C>
struct SpreadRows {
    const C* x;
    Index rows, columns, x_row;
    C* line;              // a row with zeros around it, of which number 0 stands here
    RowCut cut;
    Index vectors, copies;
    const Index* base;    // (parts): number of the line from where the part's first vector takes its lanes
    const Lane<C>* lane;  // (parts, width)
    const Lane<C>* kept;  // (copies, parts, width): -1, or 0 where nothing is kept
    C* spread;
    Index spread_row, spread_copy;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        for (Index i = 0; i < rows; ++i) {
            copy<Bytes>(x + i * x_row, columns, line);
            for (Index copy = 0; copy < copies; ++copy)
                for (Index part = 0; part < cut.parts(); ++part)
                    spread_part<Bytes>(copy, part, spread + i * spread_row + copy * spread_copy + cut.offset(part));
        }
    }

  private:
    template <int Bytes>
    [[gnu::always_inline]] void spread_part(Index copy, Index part, C* to) const {
        using I = Vector<Lane<C>, Bytes>;
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        const Register<Lane<C>, Bytes> lanes = *reinterpret_cast<const I*>(lane + part * width);
        const Register<Lane<C>, Bytes> keep = *reinterpret_cast<const I*>(kept + (copy * cut.parts() + part) * width);
        const Index advance = cut.advance(), step = advance / cut.stride;
        const C* from = line + base[part];
        Register<Lane<C>, Bytes> picked;
        for (Index v = 0; v < vectors; ++v, from += step, to += advance) {
            pick<C, Bytes>(from, &lanes, &picked);
            *reinterpret_cast<I*>(to) = picked & keep;
        }
    }
};

/// Some rows of one row phase of a plane.
template <class C>
struct DepthwiseFinePlanes {
    const C* spread;  // input row 0
    C* y;             // row 0 of the phase
    const C* weight;  // (tap rows, column taps, parts, width)
    const C* bias;    // one number, or none
    Activation activation;
    TapLine rows;
    Range output_rows;
    Index columns, column_taps;
    const Index* offset;  // (column taps)
    RowCut cut;
    Index spread_row, y_row;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        for (Index i = output_rows.begin; i < output_rows.end; ++i) {
            const Range taps = rows.taps(i);
            for (Index part = 0; part < cut.parts(); ++part) {
                const Index at = cut.offset(part);
                row<Bytes>({spread + rows.at(i, taps.begin) * spread_row + at, y + i * y_row + at,
                            weight + (taps.begin * column_taps * cut.parts() + part) * cut.width, taps.size()},
                           columns - at);
            }
        }
    }

  private:
    struct Part {
        const C* x;
        C* y;
        const C* weight;
        Index tap_rows;

        Part at(Index j) const { return {x + j, y + j, weight, tap_rows}; }
    };

    /// Tiles of 7 vectors; the last overlaps the one before it.
    template <int Bytes>
    [[gnu::always_inline]] void row(const Part& part, Index n) const {
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C)), together = 7;
        const Index advance = cut.advance(), whole = n < width ? 0 : (n - width) / advance + 1;
        Index v = 0;
        if (whole >= together)
            for (; v < whole; v += together)
                tile<Bytes, together>(part.at(std::min(v, whole - together) * advance), width);
        for (v = std::min(v, whole); v * advance < n; ++v)
            tile<Bytes, 1>(part.at(v * advance), std::min(n - v * advance, width));
    }

    template <int Bytes, int V>
    [[gnu::always_inline]] void tile(const Part& part, Index n) const {
        using Vec = Vector<C, Bytes>;
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        Register<C, Bytes> sum[V];
#pragma GCC unroll 16
        for (int v = 0; v < V; ++v) sum[v] = Vec{};
        const Index advance = cut.advance(), weight_step = cut.parts() * width, row_step = rows.spacing * spread_row;
        const C *row = part.x, *w = part.weight;
        for (Index a = 0; a < part.tap_rows; ++a, row += row_step)
            for (Index t = 0; t < column_taps; ++t, w += weight_step) {
                const Vec weights = *reinterpret_cast<const Vec*>(w);
                const C* at = row + offset[t];
#pragma GCC unroll 16
                for (int v = 0; v < V; ++v, at += advance) {
                    in_register(at);
                    sum[v] += weights * *reinterpret_cast<const Vec*>(at);
                }
            }
        if (bias != nullptr)
#pragma GCC unroll 16
            for (int v = 0; v < V; ++v) sum[v] += *bias - Vec{};
        activate_vectors<C, Bytes, V>(activation, sum);
        C* to = part.y;
        if (n < width) {
            alignas(64) C few[width];
            *reinterpret_cast<Vec*>(few) = sum[0];
            return copy<Bytes>(few, n, to);
        }
#pragma GCC unroll 16
        for (int v = 0; v < V; ++v, to += advance) {
            in_register(to);
            *reinterpret_cast<Vec*>(to) = sum[v];
        }
    }
};

}  // namespace upconv
