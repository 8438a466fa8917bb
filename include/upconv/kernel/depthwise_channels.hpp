// Depthwise over channels: vectors over the channels of pixels whose channels are neighbours in memory (NHWC), read and
// written in place:
//
//     y[i][j][c] = activation(bias[c] + sum over (a, b) of weight[a][b][c] * x[rows.at(i, a)][columns.at(j, b)][c])
//
// over the taps in their canonical order; those that fall beside the picture are left out.
#pragma once

#include "../geometry/tap_line.hpp"
#include "finish.hpp"

namespace upconv {

/// Outputs of one phase of one image; i and j are steps of the phase. Steps are in elements.
template <class C>
struct DepthwiseChannels {
    const C* x;
    C* y;             // where step (0, 0) of the phase goes
    const C* weight;  // (tap rows, tap columns, weight_step)
    const C* bias;    // (channels), or none
    Activation activation;
    TapLine rows, columns;
    Range output_rows, output_columns, channels;  // at least a vector of channels
    Index x_row, x_column, y_row, y_column, weight_step;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        const bool three = columns.count == 3 && columns.spacing == 1 && columns.step <= 2;
        const Range inside = columns.inside(output_columns, three ? 1 : 0);
        for (Index i = output_rows.begin; i < output_rows.end; ++i) {
            const Range taps = rows.taps(i);
            const Line row{x + rows.at(i, taps.begin) * x_row, y + i * y_row,
                           weight + taps.begin * columns.count * weight_step, bias, taps.size()};
            const Index last = channels.end - width;  // overlaps the vector before it, and forms the same sums again
            for (Index c = channels.begin;; c = std::min(c + width, last)) {
                const Line line = row.at(c);
                for (Index j = output_columns.begin; j < inside.begin; ++j) pixel<Bytes>(line, j);
                if (three && columns.step == 1)
                    tiles<Bytes, 1>(line, inside);
                else if (three)
                    tiles<Bytes, 2>(line, inside);
                else
                    tiles<Bytes, 0>(line, inside);
                for (Index j = inside.end; j < output_columns.end; ++j) pixel<Bytes>(line, j);
                if (c == last) break;
            }
        }
    }

  private:
    /// One row of outputs of a vector of channels.
    struct Line {
        const C* x;  // column 0 of the first row that a tap reads
        C* y;
        const C *weight, *bias;
        Index tap_rows;

        Line at(Index c) const { return {x + c, y + c, weight + c, bias == nullptr ? nullptr : bias + c, tap_rows}; }
    };

    /// Tiles of 14 pixels and of 7, as most pictures are multiples of 7; the last overlaps the one before it. 14 sums
    /// hide the latency of the multiply-adds and load the weights half as often: 1.2 times as fast as 7.
    template <int Bytes, int S>
    [[gnu::always_inline]] void tiles(const Line& line, Range outputs) const {
        Index j = outputs.begin;
        if constexpr (Bytes == 64)
            for (; j + 14 <= outputs.end; j += 14) tile<Bytes, 14, S>(line, j, {0, columns.count});
        if (outputs.size() >= 7)
            for (; j < outputs.end; j += 7) tile<Bytes, 7, S>(line, std::min(j, outputs.end - 7), {0, columns.count});
        for (; j < outputs.end; ++j) pixel<Bytes>(line, j);
    }

    template <int Bytes>
    [[gnu::always_inline]] void pixel(const Line& line, Index j) const {
        tile<Bytes, 1, 0>(line, j, columns.taps(j));
    }

    /// P pixels with the same taps. S: how far apart they are where three taps are neighbours, else 0.
    template <int Bytes, int P, int S>
    [[gnu::always_inline]] void tile(const Line& line, Index j, Range taps) const {
        using V = Vector<C, Bytes>;
        Register<C, Bytes> sum[P];
#pragma GCC unroll 16
        for (int p = 0; p < P; ++p) sum[p] = V{};
        if constexpr (S == 0)
            every_tap<Bytes, P>(line, j, taps, sum);
        else
            three_taps<Bytes, P, S>(line, j, sum);
        store<Bytes, P>(line, j, sum);
    }

    template <int Bytes, int P>
    [[gnu::always_inline]] void every_tap(const Line& line, Index j, Range taps, Register<C, Bytes>* sum) const {
        using V = Vector<C, Bytes>;
        const C *row = line.x + columns.at(j, taps.begin) * x_column, *w_row = line.weight + taps.begin * weight_step;
        const Index step = columns.step * x_column, spacing = columns.spacing * x_column, w_step = weight_step;
        const Index row_step = rows.spacing * x_row, w_row_step = columns.count * w_step, count = taps.size();
        for (Index a = 0; a < line.tap_rows; ++a, row += row_step, w_row += w_row_step) {
            const C *from = row, *w = w_row;
            for (Index b = 0; b < count; ++b, from += spacing, w += w_step) {
                const V v = *reinterpret_cast<const V*>(w);
                const C* at = from;
#pragma GCC unroll 16
                for (int p = 0; p < P; ++p, at += step) {
                    in_register(at);
                    sum[p] += v * *reinterpret_cast<const V*>(at);
                }
            }
        }
    }

    /// Each pixel is loaded once for all its taps. The first and the last may be one beside the picture.
    template <int Bytes, int P, int S>
    [[gnu::always_inline]] void three_taps(const Line& line, Index j, Register<C, Bytes>* sum) const {
        using V = Vector<C, Bytes>;
        constexpr int last = (P - 1) * S + 2;
        alignas(64) static constexpr C beside[Bytes / sizeof(C)] = {};
        const bool left = columns.at(j, 0) >= 0, right = columns.at(j + P - 1, 2) < columns.input;
        const C *row = line.x + columns.at(j, 0) * x_column, *w = line.weight;
        const Index step = x_column, w_step = weight_step, row_step = rows.spacing * x_row;
        for (Index a = 0; a < line.tap_rows; ++a, row += row_step, w += 3 * w_step) {
            const V w0 = *reinterpret_cast<const V*>(w), w1 = *reinterpret_cast<const V*>(w + w_step),
                    w2 = *reinterpret_cast<const V*>(w + 2 * w_step);
            const C* at = row;
#pragma GCC unroll 32
            for (int q = 0; q <= last; ++q, at += step) {
                in_register(at);
                V v;
                load_once<C, Bytes>((q == 0 && !left) || (q == last && !right) ? beside : at, &v);
#pragma GCC unroll 16
                for (int p = 0; p < P; ++p) {
                    if (q == p * S) sum[p] += w0 * v;
                    if (q == p * S + 1) sum[p] += w1 * v;
                    if (q == p * S + 2) sum[p] += w2 * v;
                }
            }
        }
    }

    template <int Bytes, int P>
    [[gnu::always_inline]] void store(const Line& line, Index j, Register<C, Bytes>* sum) const {
        using V = Vector<C, Bytes>;
        if (line.bias != nullptr)
#pragma GCC unroll 16
            for (int p = 0; p < P; ++p) sum[p] += *reinterpret_cast<const V*>(line.bias);
        activate_vectors<C, Bytes, P>(activation, sum);
        C* to = line.y + j * y_column;
        const Index step = y_column;
#pragma GCC unroll 16
        for (int p = 0; p < P; ++p, to += step) {
            in_register(to);
            *reinterpret_cast<V*>(to) = sum[p];
        }
    }
};

}  // namespace upconv
