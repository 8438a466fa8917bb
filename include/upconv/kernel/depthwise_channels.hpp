// Depthwise over channels: vectors over the channels of pixels whose channels are neighbours in memory (NHWC), read and
// written in place:
//
//     y[i][j][c] = activation(bias[c] + sum over (a, b) of weight[a][b][c] * x[rows.at(i, a)][columns.at(j, b)][c])
//
// over the taps in their canonical order; those that fall beside the picture are left out.
//
// A load that crosses a cache line costs two. Where every pixel begins `shift` numbers past a vector's boundary, the
// vectors begin at the boundaries, and one of them holds the last `shift` channels of a pixel and the first ones of the
// next: the wrapped vector. (Misaligned loads took 1.22 to 1.35 of the time, misaligned stores 1.03 to 1.15.)
#pragma once

#include "depthwise_edges.hpp"
#include "depthwise_output.hpp"
#include "finish.hpp"
#include "move.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Outputs of one phase of one image; i and j are steps of the phase. Steps are in elements.
template <class C>
struct DepthwiseChannels {
    const C* x;
    C* y;             // where step (0, 0) of the phase goes
    const C* weight;  // (tap rows, tap columns, weight_step), each row after a vector of its last channels
    const C* bias;    // (channels), or none
    Activation activation;
    Phase rows, columns;
    Range output_rows, output_columns, channels;  // at least a vector of channels
    Index x_row, x_column, y_row, y_column, weight_step;
    /// Less than a vector. If not 0: pixels are neighbours and their `all_channels` whole vectors, the columns step by
    /// one, or by two under three neighbouring taps, and channels from 0 on begin with the wrapped vector.
    Index shift, all_channels;
    Range all_columns;  // outputs of the row

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        const bool wraps = shift > 0 && channels.begin == 0;
        alignas(64) C wrapped_bias[width];
        if (wraps && bias != nullptr)
            for (Index l = 0; l < width; ++l) wrapped_bias[l] = bias[l - shift + (l < shift ? all_channels : 0)];
        const RowEdges straight = edges_of_vector(columns, output_columns);
        const RowEdges wrapped = edges_of_wrapped(columns, output_columns, all_columns, {shift, all_channels, width});
        const Range whole = rows.inside(output_rows);
        for (Index i = output_rows.begin; i < output_rows.end; i += depthwise_pixels) {
            const Range of_rows{i, (std::min)(i + depthwise_pixels, output_rows.end)};
            const auto sum_edge = [&](Range of_channels, Range outputs) {
                if (!outputs.empty()) run_apart<Bytes>(Edge{*this, whole, of_rows, of_channels, outputs});
            };
            for (const RowEdge& e : straight.edges)
                sum_edge({wraps ? width - shift : channels.begin, channels.end}, e.outputs);
            for (const RowEdge& e : wrapped.edges)
                if (wraps) sum_edge({e.channel - shift, e.channel - shift + width}, e.outputs);
            for (Index r = of_rows.begin; r < of_rows.end; ++r) {
                const Line of_row = row(r);
                for (Index c = wraps ? -shift : channels.begin; c < channels.end; c += width) {
                    Line line = of_row.at(vector_at(c, width));
                    if (c < 0 && bias != nullptr) line.bias = wrapped_bias;
                    const bool apart = c < 0 && columns.input_step > 1;
                    if (apart && has_rows_beside(r)) {
                        if (!wrapped.inside.empty()) tiles<Bytes, 3, 2, true>(line, wrapped.inside);
                        continue;
                    }
                    for (Index end = 0; end < (apart ? 2 : 1); ++end)
                        tiles<Bytes>(apart ? of_row.at(end * (all_channels - width)) : line,
                                     c < 0 ? wrapped.inside : straight.inside);
                }
            }
        }
    }

  private:
    using Line = OutputLine<C>;

    /// The last overlaps the vector before it, and forms the same sums again.
    Index vector_at(Index c, Index width) const { return (std::min)(c, channels.end - width); }

    Line row(Index i) const {
        const Range taps = rows.taps_at(i);
        const C* const of_row = weight + taps.begin * columns.taps * weight_step;
        const Index step = columns.input_step * x_column;
        return {x + rows.at(i, taps.begin) * x_row, y + i * y_row, of_row, bias, taps.size(), step, y_column};
    }

    /// Outputs of a few rows that miss taps: by tiles down the columns where no row misses any, or each alone, of some
    /// vectors of channels at once.
    struct Edge {
        const DepthwiseChannels& of;
        Range whole, rows, channels, outputs;

        template <int Bytes>
        [[gnu::always_inline]] void run() const {
            constexpr Index width = Bytes / static_cast<Index>(sizeof(C)), at_once = 4;
            const bool tiled = whole.size() >= depthwise_pixels;
            for (Index j = outputs.begin; j < outputs.end; ++j) {
                for (Index i = rows.begin; i < rows.end; ++i) {
                    if (tiled && i >= whole.begin && i < whole.end) continue;
                    const Line line = of.row(i);
                    Index c = channels.begin;
                    for (; c + at_once * width <= channels.end; c += at_once * width)
                        of.template output<Bytes, at_once>(line.at(c), j);
                    for (; c < channels.end; c += width)
                        of.template output<Bytes, 1>(line.at((std::min)(c, channels.end - width)), j);
                }
                if (!tiled) continue;
                const Index i = std::clamp(rows.begin, whole.begin, whole.end - depthwise_pixels);
                for (Index c = channels.begin; c < channels.end; c += width) {
                    Line line = of.row(i).at((std::min)(c, channels.end - width));
                    line.y += j * (of.y_column - of.y_row);
                    line.x_step = of.rows.input_step * of.x_row;
                    line.y_step = of.y_row;
                    of.template tile<Bytes, depthwise_pixels, 0, 0>(line, j, of.columns.taps_at(j));
                }
            }
        }
    };

    /// N vectors of channels of one output.
    template <int Bytes, int N>
    [[gnu::always_inline]] void output(const Line& line, Index j) const {
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        const Range taps = columns.taps_at(j);
        C* const to = line.y + j * line.y_step;
        const Line at{line.x + columns.at(j, taps.begin) * x_column, to, line.weight + taps.begin * weight_step};
        const OutputSteps steps{rows.spacing * x_row, columns.spacing * x_column, columns.taps * weight_step,
                                weight_step};
        sum_output<Bytes, N>(at, line.tap_rows, taps.size(), steps);
#pragma GCC unroll 1
        for (Index v = 0; v < N * width; v += width) {
            Register<C, Bytes> whole = *reinterpret_cast<const Vector<C, Bytes>*>(to + v);
            store<Bytes, 1>(line.at(v), &whole, to + v, 0);
        }
    }

    /// Tiles of 14 pixels and of 7, as most pictures are multiples of 7; the last overlaps the one before it. 14 sums
    /// hide the latency of the multiply-adds and load the weights half as often: 1.2 times as fast as 7.
    template <int Bytes>
    [[gnu::always_inline]] void tiles(const Line& line, Range outputs) const {
        if (!reuses_loads(columns))
            tiles<Bytes, 0, 0>(line, outputs);
        else if (columns.taps == 2)
            tiles<Bytes, 2, 1>(line, outputs);
        else if (columns.input_step == 1)
            tiles<Bytes, 3, 1>(line, outputs);
        else
            tiles<Bytes, 3, 2>(line, outputs);
    }

    template <int Bytes, int K, int S, bool Turned = false>
    [[gnu::always_inline]] void tiles(const Line& line, Range outputs) const {
        Index j = outputs.begin;
        if constexpr (registers(Bytes) == 32)
            for (; j + 14 <= outputs.end; j += 14) tile<Bytes, 14, K, S, Turned>(line, j, {0, columns.taps});
        for (; j < outputs.end; j += 7)
            tile<Bytes, 7, K, S, Turned>(line, (std::min)(j, outputs.end - 7), {0, columns.taps});
    }

    /// Whether the input rows of a row of outputs lie between others: the loads that turn the wrapped vector reach
    /// beside them.
    bool has_rows_beside(Index i) const {
        const Range taps = rows.taps_at(i);
        const Index first = rows.at(i, taps.begin), last = rows.at(i, taps.end - 1);
        return (std::min)(first, last) > 0 && (std::max)(first, last) < rows.input - 1;
    }

    /// P pixels with the same taps. K, S: how many taps are neighbours, and how far apart the pixels are; else 0.
    template <int Bytes, int P, int K, int S, bool Turned = false>
    [[gnu::always_inline]] void tile(const Line& line, Index j, Range taps) const {
        using V = Vector<C, Bytes>;
        Register<C, Bytes> sum[P];
#pragma GCC unroll 16
        for (int p = 0; p < P; ++p) sum[p] = V{};
        C* const to = line.y + j * line.y_step;
        if constexpr (K == 0) {
            every_tap<Bytes, P>(line, j, taps, sum);
            store<Bytes, P>(line, sum, to, line.y_step);
        } else {
            neighbour_taps<Bytes, P, K, S, Turned>(line, j, sum);
            const bool back = columns.spacing < 0;
            if constexpr (Turned)
                store_turned<Bytes, P>(line, sum, to);
            else
                store<Bytes, P>(line, sum, back ? to + (P - 1) * line.y_step : to, back ? -line.y_step : line.y_step);
        }
    }

    template <int Bytes, int P>
    [[gnu::always_inline]] void every_tap(const Line& line, Index j, Range taps, Register<C, Bytes>* sum) const {
        using V = Vector<C, Bytes>;
        const C *row = line.x + columns.at(j, taps.begin) * x_column, *w_row = line.weight + taps.begin * weight_step;
        const Index step = line.x_step, spacing = columns.spacing * x_column, w_step = weight_step;
        const Index row_step = rows.spacing * x_row, w_row_step = columns.taps * w_step, count = taps.size();
        for (Index a = 0; a < line.tap_rows; ++a, row += row_step, w_row += w_row_step) {
            const C *from = row, *w = w_row;
            for (Index b = 0; b < count; ++b, from += spacing, w += w_step) {
                const V v = *reinterpret_cast<const V*>(w);
                const C* at = from;
#pragma GCC unroll 16
                for (int p = 0; p < P; ++p, at += step) {
                    in_register(at);
                    sum[p] += v * *reinterpret_cast<const V*>(at);
                    keep_fused<P>(&sum[p]);
                }
            }
        }
    }

    /// Each pixel is loaded once for all its taps, in their order: where they go back, so do the pixels. The first and
    /// the last may be one beside the picture. Turned: where columns step by two, the lanes of the wrapped vector
    /// before `shift` cannot be those of the pixel before; they are taken from the load after it, and are the pixel's
    /// own.
    template <int Bytes, int P, int K, int S, bool Turned>
    [[gnu::always_inline]] void neighbour_taps(const Line& line, Index j, Register<C, Bytes>* sum) const {
        using V = Vector<C, Bytes>;
        constexpr int last = (P - 1) * S + K - 1;
        alignas(64) static constexpr C beside[Bytes / sizeof(C)] = {};
        const Index first = columns.at(columns.spacing > 0 ? j : j + P - 1, 0), end = first + last * columns.spacing;
        const bool begins = first >= 0 && first < columns.input, ends = end >= 0 && end < columns.input;
        const C *row = line.x + first * x_column, *w = line.weight;
        const Index step = columns.spacing * x_column, w_step = weight_step, row_step = rows.spacing * x_row;
        Register<Lane<C>, Bytes> early;
        if constexpr (Turned) mark_early<Bytes>(early);
        for (Index a = 0; a < line.tap_rows; ++a, row += row_step, w += K * w_step) {
            Register<C, Bytes> weights[K];
#pragma GCC unroll 3
            for (int k = 0; k < K; ++k) weights[k] = *reinterpret_cast<const V*>(w + k * w_step);
            const C* at = row;
            V v, next;
            if constexpr (Turned) load_once<C, Bytes>(begins ? at : beside, &next);
#pragma GCC unroll 32
            for (int q = 0; q <= last; ++q, at += step) {
                in_register(at);
                if constexpr (Turned) {
                    const V low = next;
                    load_once<C, Bytes>(q == last && !ends ? beside : at + step, &next);
                    v = early ? next : low;
                    if (q == 0 && !begins) v = V{};
                    if (q == last && !ends) v = V{};
                } else {
                    load_once<C, Bytes>((q == 0 && !begins) || (q == last && !ends) ? beside : at, &v);
                }
#pragma GCC unroll 16
                for (int p = 0; p < P; ++p)
                    if (q >= p * S && q < p * S + K) sum[p] += weights[q - p * S] * v;
                keep_fused<P>(&sum[0]);
            }
        }
    }

    /// -1 in the lanes before `shift`, else 0.
    template <int Bytes>
    [[gnu::always_inline]] void mark_early(Register<Lane<C>, Bytes>& early) const {
        alignas(64) Lane<C> lane[Bytes / sizeof(C)];
        for (std::size_t l = 0; l < Bytes / sizeof(C); ++l) lane[l] = static_cast<Index>(l) < shift ? -1 : 0;
        early = *reinterpret_cast<const Vector<Lane<C>, Bytes>*>(lane);
    }

    /// Lanes of a pixel and of the next one are neighbours again.
    template <int Bytes, int P>
    [[gnu::always_inline]] void store_turned(const Line& line, Register<C, Bytes>* sum, C* to) const {
        using V = Vector<C, Bytes>;
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        finish_line<Bytes, P>(line, sum);
        Register<Lane<C>, Bytes> early;
        mark_early<Bytes>(early);
        alignas(64) C first[width], last[width];
        *reinterpret_cast<V*>(first) = sum[0];
        *reinterpret_cast<V*>(last) = sum[P - 1];
        copy<Bytes>(first + shift, width - shift, to + shift);
        const Index step = line.y_step;
#pragma GCC unroll 16
        for (int p = 1; p < P; ++p) {
            to += step;
            in_register(to);
            *reinterpret_cast<V*>(to) = early ? sum[p - 1] : sum[p];
        }
        copy<Bytes>(last, shift, to + step);
    }

    template <int Bytes, int P>
    [[gnu::always_inline]] void finish_line(const Line& line, Register<C, Bytes>* sum) const {
        Register<C, Bytes> added{};
        if (line.bias != nullptr) added = *reinterpret_cast<const Vector<C, Bytes>*>(line.bias);
        finish<C, Bytes, P>(sum, added, activation);
    }

    template <int Bytes, int P>
    [[gnu::always_inline]] void store(const Line& line, Register<C, Bytes>* sum, C* to, Index step) const {
        using V = Vector<C, Bytes>;
        finish_line<Bytes, P>(line, sum);
#pragma GCC unroll 16
        for (int p = 0; p < P; ++p, to += step) {
            in_register(to);
            *reinterpret_cast<V*>(to) = sum[p];
        }
    }
};

}  // namespace upconv::detail
