// Planar: rows of finished sums channel by channel, as the pixel tile has them, into the output. The counterpart of
// pack_planes.hpp.
//
//     unpack:  output[n, first_channel + c, row, first_column + j * step] = sums[c][j]
#pragma once

#include "move.hpp"

namespace upconv {

/// Where the channels of planar rows lie, and every how many columns of the output they go.
struct Planar {
    Index channel_step, step;
};

/// 4 x 4 numbers: to[c * to_step + r] = r-th from[c].
template <class C>
[[gnu::always_inline]] inline void transpose4(const C* from0, const C* from1, const C* from2, const C* from3, C* to,
                                              Index to_step) {
    using V = Vector<C, 4 * sizeof(C)>;
    const V a = *reinterpret_cast<const V*>(from0), b = *reinterpret_cast<const V*>(from1);
    const V c = *reinterpret_cast<const V*>(from2), d = *reinterpret_cast<const V*>(from3);
    const V ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const V cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *reinterpret_cast<V*>(to) = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
    *reinterpret_cast<V*>(to + to_step) = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
    *reinterpret_cast<V*>(to + 2 * to_step) = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
    *reinterpret_cast<V*>(to + 3 * to_step) = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

/// to[r + i * rows] = from[r][i]: the phases of a row, column by column.
template <class C>
void zip(const C* const* from, Index rows, Index n, C* to) {
    using V = Vector<C, 4 * sizeof(C)>;
    Index r = 0;
    if (rows == 2) {
        Index i = 0;
        for (; i + 4 <= n; i += 4) {
            const V a = *reinterpret_cast<const V*>(from[0] + i), b = *reinterpret_cast<const V*>(from[1] + i);
            *reinterpret_cast<V*>(to + 2 * i) = __builtin_shufflevector(a, b, 0, 4, 1, 5);
            *reinterpret_cast<V*>(to + 2 * i + 4) = __builtin_shufflevector(a, b, 2, 6, 3, 7);
        }
        for (; i < n; ++i)
            for (r = 0; r < 2; ++r) to[r + 2 * i] = from[r][i];
        return;
    }
    for (; r + 4 <= rows; r += 4) {
        Index i = 0;
        for (; i + 4 <= n; i += 4)
            transpose4(from[r] + i, from[r + 1] + i, from[r + 2] + i, from[r + 3] + i, to + r + i * rows, rows);
        for (; i < n; ++i)
            for (Index k = r; k < r + 4; ++k) to[k + i * rows] = from[k][i];
    }
    for (; r < rows; ++r)
        for (Index i = 0; i < n; ++i) to[r + i * rows] = from[r][i];
}

/// One column phase: `columns` sums of each channel to every step-th column from first_column.
template <class C, class T>
void unpack_planar(const C* sums, const RowOf& r, const Planar& planar, View<T> y) {
    T* const to = row_begin(y, r) + r.first_column * y.stride.w;
    const Index pixel_step = planar.step * y.stride.w;
    if constexpr (std::is_same_v<C, T>) {
        if (y.stride.c == 1 && r.channels >= 4)
            return transpose<16>(sums, planar.channel_step, r.channels, r.columns, to, pixel_step);
        if (pixel_step == 1) {
            for (Index c = 0; c < r.channels; ++c)
                copy<16>(sums + c * planar.channel_step, r.columns, to + c * y.stride.c);
            return;
        }
    }
    for (Index c = 0; c < r.channels; ++c)
        for (Index j = 0; j < r.columns; ++j)
            to[c * y.stride.c + j * pixel_step] = narrow<T>(sums[c * planar.channel_step + j]);
}

}  // namespace upconv
