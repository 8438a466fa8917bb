// Weight tile: the channel tile with pixels as its depth, for the gradient of the weights.
//
//     sums[p][lane] += broadcasts[pixel][p] * vectors[pixel][lane],   pixel after pixel of the segments in order
//
// Sums rest in memory between calls: a cut between two pixels changes no bit.
#pragma once

#include <algorithm>

#include "../options/size2.hpp"
#include "simd.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Pixels of one row, or of rows that follow each other, at most 128: where the first lies in either panel.
struct WeightSegment {
    Index broadcast, vector, pixels;

    static constexpr Index most = 128;
};

/// Panels and sums of some taps. Behind the numbers of the last pixel there are `slack` more, which are read and not
/// used; behind the sums as many rows.
template <class C>
struct WeightOperands {
    const C* broadcasts;
    const C* vectors;
    Index broadcast_step, vector_step;  // from a pixel to the next
    Index pair_step;                    // from two vectors of all pixels to the next two
    const WeightSegment* segments;
    Index count;
    C* sums;            // (rows, lanes)
    Index rows, lanes;  // broadcasts of a pixel; lanes: whole vectors

    static constexpr Index slack = 24;
};

/// P broadcasts from `row` on x N vectors from `lane` on, for some of the segments.
template <class C, int Bytes, int N, int P>
[[gnu::always_inline]] inline void weight_tile(const WeightOperands<C>& of, Range segments, Index row, Index lane) {
    using V = Vector<C, Bytes>;
    constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
    C* const sums = of.sums + row * of.lanes + lane;
    V sum[P][N];
#pragma GCC unroll 32
    for (int p = 0; p < P; ++p)
#pragma GCC unroll 4
        for (int v = 0; v < N; ++v) sum[p][v] = *reinterpret_cast<const V*>(sums + p * of.lanes + v * width);
    for (const WeightSegment* s = of.segments + segments.begin; s != of.segments + segments.end; ++s) {
        const C* b = of.broadcasts + s->broadcast + row;
        const C* x = of.vectors + s->vector + lane / (2 * width) * of.pair_step;
        for (Index left = s->pixels; left > 0; --left, b += of.broadcast_step, x += of.vector_step) {
            V w[N];
#pragma GCC unroll 4
            for (int v = 0; v < N; ++v) load_once<C, Bytes>(x + v / 2 * of.pair_step + v % 2 * width, &w[v]);
#pragma GCC unroll 32
            for (int p = 0; p < P; ++p) {
                const V q = b[p] - V{};
#pragma GCC unroll 4
                for (int v = 0; v < N; ++v) {
                    sum[p][v] += q * w[v];
                    keep_fused<N * P>(&sum[p][v]);
                }
            }
        }
    }
    const Index rows = of.rows - row;
#pragma GCC unroll 32
    for (int p = 0; p < P; ++p)
        if (p < rows)
#pragma GCC unroll 4
            for (int v = 0; v < N; ++v) *reinterpret_cast<V*>(sums + p * of.lanes + v * width) = sum[p][v];
}

/// All sums of some taps: pixels that fit the first-level cache after one another. Two vectors at a time are best (95
/// of 100 from 10 rows on); four where the rows are few, or 9, as 3 channels x 3 taps are; one for what is left.
template <class C>
struct WeightTiles {
    const WeightOperands<C>& of;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        for (Range some{0, 0}; some.begin < of.count; some.begin = some.end) {
            Index pixels = 0;
            do pixels += of.segments[some.end++].pixels;
            while (some.end < of.count && pixels + of.segments[some.end].pixels <= WeightSegment::most);
            all<Bytes>(some);
        }
    }

    template <int Bytes>
    [[gnu::always_inline]] void all(Range some) const {
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C)), sums = sums_in_registers(Bytes);
        for (Index lane = 0; lane < of.lanes;) {
            const Index left = (of.lanes - lane) / width;
            if (left >= 4 && (of.rows <= sums / 4 || (of.rows == 9 && sums == 24))) {
                four<Bytes>(some, 0, (std::min)(of.rows, sums / 4), lane);
                if (of.rows > sums / 4) four<Bytes>(some, sums / 4, of.rows - sums / 4, lane);
                lane += 4 * width;
            } else if (left >= 2) {
                rows<Bytes, 2, 2>(some, lane);
                lane += 2 * width;
            } else {
                rows<Bytes, 1, sums / 3>(some, lane);
                lane += width;
            }
        }
    }

    template <int Bytes>
    [[gnu::always_inline]] void four(Range some, Index row, Index height, Index lane) const {
        switch (height) {
            case 1:
                return tile<Bytes, 4, 1>(some, row, lane);
            case 2:
                return tile<Bytes, 4, 2>(some, row, lane);
            case 3:
                return tile<Bytes, 4, 3>(some, row, lane);
            case 4:
                return tile<Bytes, 4, 4>(some, row, lane);
            default:
                return tile<Bytes, 4, 6>(some, row, lane);
        }
    }

    /// Tiles of about the same height, a multiple of Step.
    template <int Bytes, int N, int Step>
    [[gnu::always_inline]] void rows(Range some, Index lane) const {
        constexpr Index most = sums_in_registers(Bytes) / N / Step * Step;
        Index tiles = (of.rows + most - 1) / most;
        for (Index row = 0, height; row < of.rows; row += height, --tiles) {
            height = ((of.rows - row + tiles - 1) / tiles + Step - 1) / Step * Step;
            switch (height / Step) {
                case 1:
                    tile<Bytes, N, Step>(some, row, lane);
                    break;
                case 2:
                    tile<Bytes, N, 2 * Step>(some, row, lane);
                    break;
                case 3:
                    tile<Bytes, N, 3 * Step>(some, row, lane);
                    break;
                case 4:
                    tile<Bytes, N, 4 * Step>(some, row, lane);
                    break;
                case 5:
                    tile<Bytes, N, 5 * Step>(some, row, lane);
                    break;
                default:
                    tile<Bytes, N, 6 * Step>(some, row, lane);
                    break;
            }
        }
    }
    template <int Bytes, int N, int P>
    [[gnu::always_inline]] void tile(Range some, Index row, Index lane) const {
        if constexpr (N * P <= sums_in_registers(Bytes)) weight_tile<C, Bytes, N, P>(of, some, row, lane);
    }
};

/// Where each channel is alone, both panels have lanes:
/// sums[row][tap][lane] += coarse[pixel][lane] * fine[pixel + row + tap][lane]
template <class C>
struct LaneWeightOperands {
    const C* coarse;
    const C* fine;
    Index coarse_step, fine_step;            // from a pixel to the next
    Index coarse_vector, fine_vector;        // from a vector of all pixels to the next
    Index row_step, tap_step, sum_row_step;  // from a tap to the one below, to the next; between their sums
    const WeightSegment* segments;           // broadcast: of the coarse panel; vector: of the fine one
    Index count;
    C* sums;  // (rows, taps, lanes)
    Index rows, taps, lanes;
};

/// Loads are what it costs, two for each where tensors begin in the middle of a cache line: a pixel's coarse vector
/// serves 3 x 3 taps, and a fine one, where registers allow, all taps of a row that reach it from four pixels.
template <class C>
struct LaneWeightTiles {
    const LaneWeightOperands<C>& of;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        for (Index lane = 0; lane < of.lanes; lane += width)
            for (Index row = 0, rows; row < of.rows; row += rows) {
                rows = of.rows - row >= 3 ? 3 : 1;
                for (Index tap = 0, taps; tap < of.taps; tap += taps) {
                    taps = of.taps - tap >= 3 ? 3 : 1;
                    if (rows == 3 && taps == 3)
                        tile<Bytes, 3, 3>(row, tap, lane);
                    else if (rows == 3)
                        tile<Bytes, 3, 1>(row, tap, lane);
                    else if (taps == 3)
                        tile<Bytes, 1, 3>(row, tap, lane);
                    else
                        tile<Bytes, 1, 1>(row, tap, lane);
                }
            }
    }

    template <int Bytes, int Rows, int Taps>
    [[gnu::always_inline]] void tile(Index row, Index tap, Index lane) const {
        using V = Vector<C, Bytes>;
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        C* const sums = of.sums + row * of.sum_row_step + tap * of.lanes + lane;
        const auto at = [&](int r, int t) __attribute__((always_inline)) {
            return reinterpret_cast<V*>(sums + r * of.sum_row_step + t * of.lanes);
        };
        Register<C, Bytes> sum[Rows][Taps];
#pragma GCC unroll 4
        for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 4
            for (int t = 0; t < Taps; ++t) sum[r][t] = *at(r, t);
        for (const WeightSegment* s = of.segments; s != of.segments + of.count; ++s) {
            const C* x = of.coarse + s->broadcast + lane / width * of.coarse_vector;
            const C* y = of.fine + s->vector + lane / width * of.fine_vector + row * of.row_step + tap * of.tap_step;
            Index left = s->pixels;
            if constexpr (Taps == 3 && registers(Bytes) == 32)
                if (of.fine_step == of.tap_step)
                    for (; left >= four; left -= four, x += four * of.coarse_step, y += four * of.fine_step)
                        add_four<Bytes, Rows>(x, y, sum);
            for (; left > 0; --left, x += of.coarse_step, y += of.fine_step) {
                const V q = *reinterpret_cast<const V*>(x);
#pragma GCC unroll 4
                for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 4
                    for (int t = 0; t < Taps; ++t) {
                        sum[r][t] += q * *reinterpret_cast<const V*>(y + r * of.row_step + t * of.tap_step);
                        keep_fused<Rows * Taps>(&sum[r][t]);
                    }
            }
        }
#pragma GCC unroll 4
        for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 4
            for (int t = 0; t < Taps; ++t) *at(r, t) = sum[r][t];
    }

    static constexpr int four = 4;

    /// Four pixels at once, three taps of each row.
    template <int Bytes, int Rows>
    [[gnu::always_inline]] void add_four(const C* x, const C* y, Register<C, Bytes> (*sum)[3]) const {
        using V = Vector<C, Bytes>;
        const Index coarse_step = of.coarse_step, tap_step = of.tap_step, row_step = of.row_step;
        V q[four];
#pragma GCC unroll 4
        for (int p = 0; p < four; ++p, x += coarse_step) {
            load_once<C, Bytes>(x, &q[p]);
            in_register(x);
        }
#pragma GCC unroll 4
        for (int r = 0; r < Rows; ++r, y += row_step) {
            V v[four + 2];
            const C* at = y;
#pragma GCC unroll 8
            for (int p = 0; p < four + 2; ++p, at += tap_step) {
                load_once<C, Bytes>(at, &v[p]);
                in_register(at);
            }
#pragma GCC unroll 4
            for (int p = 0; p < four; ++p)
#pragma GCC unroll 4
                for (int t = 0; t < 3; ++t) sum[r][t] += q[p] * v[p + t];
        }
    }
};

}  // namespace upconv::detail
