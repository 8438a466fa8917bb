// Planar: rows of the input and of finished sums channel by channel, as the pixel tile has them. The counterpart of
// move.hpp.
//
//     pack:    packed[c][e][q] = input[n, first_channel + c, row, first_column + q * step + e], 0 beside the picture
//     unpack:  output[n, first_channel + c, row, first_column + j * step + e] = sums[c][e][j]
#pragma once

#include "../geometry/integer.hpp"
#include "move.hpp"

namespace upconv {

/// Where the channels and the column phases of planar rows lie.
struct Planar {
    Index channel_step, phase_step, step, span;  // span: numbers of one row of one phase
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

/// to[i] = from[2 i].
template <class C>
void every_second(const C* from, Index n, C* to) {
    using V = Vector<C, 4 * sizeof(C)>;
    Index i = 0;
    for (; i + 5 <= n; i += 4) {  // one less than it reads must still be in the row
        const V a = *reinterpret_cast<const V*>(from + 2 * i), b = *reinterpret_cast<const V*>(from + 2 * i + 4);
        *reinterpret_cast<V*>(to + i) = __builtin_shufflevector(a, b, 0, 2, 4, 6);
    }
    for (; i < n; ++i) to[i] = from[2 * i];
}

template <class C, class T>
void pack_planar(View<const T> x, const RowOf& r, const Planar& planar, C* packed) {
    const T* const from = row_begin(x, r);
    for (Index e = 0; e < planar.step; ++e) {
        const Index first = r.first_column + e;  // of this phase; q is inside the picture from begin to end
        const Index begin = std::clamp<Index>(ceil_div(-first, planar.step), 0, planar.span);
        const Index end = std::clamp<Index>(ceil_div(x.shape.w - first, planar.step), begin, planar.span);
        C* const to = packed + e * planar.phase_step;
        const T* const inside = from + (first + begin * planar.step) * x.stride.w;
        const Index pixel_step = planar.step * x.stride.w, count = end - begin;
        for (Index c = 0; c < r.channels; ++c) {
            std::fill(to + c * planar.channel_step, to + c * planar.channel_step + begin, C(0));
            std::fill(to + c * planar.channel_step + end, to + c * planar.channel_step + planar.span, C(0));
        }
        if constexpr (std::is_same_v<C, T>) {
            if (x.stride.c == 1 && r.channels >= 4) {
                transpose<16>(inside, pixel_step, count, r.channels, to + begin, planar.channel_step);
                continue;
            }
            if (pixel_step == 2) {
                for (Index c = 0; c < r.channels; ++c)
                    every_second(inside + c * x.stride.c, count, to + c * planar.channel_step + begin);
                continue;
            }
            if (pixel_step == 1) {
                for (Index c = 0; c < r.channels; ++c)
                    copy<16>(inside + c * x.stride.c, count, to + c * planar.channel_step + begin);
                continue;
            }
        }
        for (Index c = 0; c < r.channels; ++c)
            for (Index q = 0; q < count; ++q)
                to[c * planar.channel_step + begin + q] = widen<C>(inside[c * x.stride.c + q * pixel_step]);
    }
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
