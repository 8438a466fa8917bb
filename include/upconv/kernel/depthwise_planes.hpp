// Depthwise over planes: vectors along the rows of a plane whose columns are neighbours in memory (NCHW). The rows come
// padded and sorted by column phase (padded_rows.hpp), the outputs are written in place:
//
//     y[i][j] = activation(bias + sum over (a, b) of weight[a][b] * x[i * row_step + a * tap_row_step
//                                                                     + column_offset[b] + j])
#pragma once

#include "../options/size2.hpp"
#include "finish.hpp"
#include "padded_rows.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// The planes of some channels of one image: all columns of some rows. Steps are in elements.
template <class C>
struct DepthwisePlanes {
    const C* x;
    C* y;
    const C* weight;  // (planes, tap rows, tap columns)
    const C* bias;    // (planes), or none
    Activation activation;
    const Index* column_offset;  // (tap_columns)
    Index tap_rows, tap_columns, planes, rows, columns;
    Index x_plane, row_step, tap_row_step, y_plane, y_row;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        const bool three = tap_rows == 3 && tap_columns == 3;
        for (Index p = 0; p < planes; ++p) {
            const Plane plane{x + p * x_plane, y + p * y_plane, weight + p * tap_rows * tap_columns, p};
            if (rows < most<Bytes>)
                single_rows<Bytes>(plane);
            else if (three && row_step == tap_row_step)
                tiles<Bytes, 1>(plane);
            else if (three && row_step == 2 * tap_row_step)
                tiles<Bytes, 2>(plane);
            else
                tiles<Bytes, 0>(plane);
        }
    }

  private:
    struct Plane {
        const C* x;
        C* y;
        const C* weight;
        Index number;
    };

    template <int Bytes>
    static constexpr Index most = registers(Bytes) == 32 ? 7 : 4;

    /// Tiles of a vector x some rows; the last of either overlaps the one before it, and forms the same sums again.
    template <int Bytes, int S>
    [[gnu::always_inline]] void tiles(const Plane& plane) const {
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        for (Index j = 0; j < columns; j += width) {
            const Index column = std::max<Index>((std::min)(j, columns - width), 0);
            for (Index i = 0; i < rows; i += most<Bytes>)
                tile<Bytes, most<Bytes>, S>(plane, (std::min)(i, rows - most<Bytes>), column);
        }
    }

    template <int Bytes>
    [[gnu::always_inline]] void single_rows(const Plane& plane) const {
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        for (Index j = 0; j < columns; j += width)
            for (Index i = 0; i < rows; ++i)
                tile<Bytes, 1, 0>(plane, i, std::max<Index>((std::min)(j, columns - width), 0));
    }

    template <int Bytes, int R, int S>
    [[gnu::always_inline]] void tile(const Plane& plane, Index i, Index j) const {
        using V = Vector<C, Bytes>;
        Register<C, Bytes> sum[R];
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r) sum[r] = V{};
        const C* from = plane.x + i * row_step + j;
        if constexpr (S == 0)
            every_tap<Bytes, R>(plane.weight, from, sum);
        else
            three_taps<Bytes, R, S>(plane.weight, from, sum);
        store<Bytes, R>(plane, i, j, sum);
    }

    template <int Bytes, int R>
    [[gnu::always_inline]] void every_tap(const C* w, const C* x_row, Register<C, Bytes>* sum) const {
        using V = Vector<C, Bytes>;
        const Index step = row_step;
        for (Index a = 0; a < tap_rows; ++a, x_row += tap_row_step)
            for (Index b = 0; b < tap_columns; ++b, ++w) {
                const V v = *w - V{};
                const C* at = x_row + column_offset[b];
#pragma GCC unroll 16
                for (int r = 0; r < R; ++r, at += step) {
                    sum[r] += v * *reinterpret_cast<const V*>(at);
                    keep_fused<R>(&sum[r]);
                    in_register(at);
                }
            }
    }

    /// 3 x 3 taps, S tap rows from output row to output row: each input row is loaded once for each tap column.
    template <int Bytes, int R, int S>
    [[gnu::always_inline]] void three_taps(const C* w, const C* x_row, Register<C, Bytes>* sum) const {
        using V = Vector<C, Bytes>;
        const Index step = tap_row_step, second = column_offset[1] - column_offset[0],
                    third = column_offset[2] - column_offset[0];
        x_row += column_offset[0];
#pragma GCC unroll 32
        for (int q = 0; q < (R - 1) * S + 3; ++q, x_row += step) {
            in_register(x_row);
#pragma GCC unroll 3
            for (int b = 0; b < 3; ++b) {
                V v;
                load_once<C, Bytes>(x_row + (b == 0 ? 0 : b == 1 ? second : third), &v);
#pragma GCC unroll 16
                for (int r = 0; r < R; ++r)
                    if (q >= r * S && q < r * S + 3) sum[r] += (w[(q - r * S) * 3 + b] - V{}) * v;
            }
        }
    }

    template <int Bytes, int R>
    [[gnu::always_inline]] void store(const Plane& plane, Index i, Index j, Register<C, Bytes>* sum) const {
        using V = Vector<C, Bytes>;
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        const Register<C, Bytes> added = (bias != nullptr ? bias[plane.number] : C(0)) - V{};
        finish<C, Bytes, R>(sum, added, activation);
        C* to = plane.y + i * y_row + j;
        const Index step = y_row;
        // A row shorter than a vector: what is written beside it is the next row's, which comes after it.
        const bool spills = columns < width, tolerable = y_row == columns && 2 * columns >= width;
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r, to += step) {
            if (!spills || (tolerable && r + 1 < R)) {
                *reinterpret_cast<V*>(to) = sum[r];
            } else {
                alignas(64) C row[width];
                *reinterpret_cast<V*>(row) = sum[r];
                copy_few<C, Bytes>(row, columns, to);
            }
            in_register(to);
        }
    }
};

}  // namespace upconv::detail
