// Move: a row of the input into the form that a tile reads, and a row of finished sums into the output. The only place
// where the fast kernels meet layouts and narrow scalars.
//
//     pack:    packed[block][column][c] = input[n, first_channel + 16 block + c, row, first_column + column], 0 beside
//     the picture unpack:  output[n, first_channel + c, row, first_column + j] = sums[j][c]
#pragma once

#include <algorithm>

#include "channel_tile.hpp"
#include "scalar.hpp"
#include "view.hpp"

namespace upconv {

/// A stretch of a row of some channels of one image. `first_column` and what follows may lie beside the picture when
/// packing.
struct RowOf {
    Index n, first_channel, channels, row;
    Index first_column, columns;
};

template <class T>
T* row_begin(View<T> x, const RowOf& r) {
    return x.data + r.n * x.stride.n + r.first_channel * x.stride.c + r.row * x.stride.h;
}

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

/// The same of rows that are `from_step` apart.
template <class C>
[[gnu::always_inline]] inline void transpose4(const C* from, Index from_step, C* to, Index to_step) {
    transpose4(from, from + from_step, from + 2 * from_step, from + 3 * from_step, to, to_step);
}

/// n numbers, which are often fewer than a call of memcpy is worth.
template <class C>
[[gnu::always_inline]] inline void copy(const C* from, Index n, C* to) {
    using V = Vector<C, 16>;
    constexpr Index width = 16 / static_cast<Index>(sizeof(C));
    Index i = 0;
    for (; i + width <= n; i += width) *reinterpret_cast<V*>(to + i) = *reinterpret_cast<const V*>(from + i);
    for (; i < n; ++i) to[i] = from[i];
}

/// to[c * to_step + r] = from[r * from_step + c] for all r and c.
template <class C>
void transpose(const C* from, Index from_step, Index rows, Index columns, C* to, Index to_step) {
    Index c = 0;
    for (; c + 4 <= columns; c += 4) {
        Index r = 0;
        for (; r + 4 <= rows; r += 4) transpose4(from + r * from_step + c, from_step, to + c * to_step + r, to_step);
        for (; r < rows; ++r)
            for (Index k = c; k < c + 4; ++k) to[k * to_step + r] = from[r * from_step + k];
    }
    for (; c < columns; ++c)
        for (Index r = 0; r < rows; ++r) to[c * to_step + r] = from[r * from_step + c];
}

/// `depth` channels of the columns [begin, end) of the picture; a column is `block` numbers of `packed`.
template <class C, class T>
void pack_block(View<const T> x, const T* from, Index begin, Index end, Index depth, Index block, C* packed) {
    if constexpr (std::is_same_v<C, T>) {
        if (x.stride.c == 1) {
            for (Index j = begin; j < end; ++j, packed += block) copy(from + j * x.stride.w, depth, packed);
            return;
        }
        // Sixteen columns are a cache line of each plane: the next block of channels comes when it is used up.
        if (x.stride.w == 1) {
            for (Index c = 0; c < depth; c += 4)
                if (c + 4 <= depth) {
                    Index j = begin;
                    for (; j + 4 <= end; j += 4)
                        transpose4(from + c * x.stride.c + j, x.stride.c, packed + (j - begin) * block + c, block);
                    for (; j < end; ++j)
                        for (Index k = c; k < c + 4; ++k) packed[(j - begin) * block + k] = from[k * x.stride.c + j];
                } else {
                    for (Index k = c; k < depth; ++k)
                        for (Index j = begin; j < end; ++j) packed[(j - begin) * block + k] = from[k * x.stride.c + j];
                }
            return;
        }
    }
    for (Index j = begin; j < end; ++j)
        for (Index k = 0; k < depth; ++k)
            packed[(j - begin) * block + k] = widen<C>(from[k * x.stride.c + j * x.stride.w]);
}

/// `packed` is contiguous (blocks, columns, block channels); the channels that the last block lacks are left as they
/// are.
template <class C, class T>
void pack_row(View<const T> x, const RowOf& r, C* packed) {
    const Index block = std::min(r.channels, channel_block), end = r.first_column + r.columns;
    const Index inside = std::clamp<Index>(0, r.first_column, end), outside = std::clamp<Index>(x.shape.w, inside, end);
    const T* from = row_begin(x, r);
    for (Index k = 0; k < r.channels; k += block, from += block * x.stride.c, packed += r.columns * block) {
        const auto at = [&](Index column) { return packed + (column - r.first_column) * block; };
        std::fill(packed, at(inside), C(0));
        pack_block(x, from, inside, outside, std::min(r.channels - k, block), block, at(inside));
        std::fill(at(outside), packed + r.columns * block, C(0));
    }
}

/// `sums` is (columns, lanes); the first `channels` lanes are stored.
template <class C, class T>
void unpack_row(const C* sums, Index lanes, const RowOf& r, View<T> y) {
    T* const to = row_begin(y, r) + r.first_column * y.stride.w;
    if constexpr (std::is_same_v<C, T>) {
        if (y.stride.c == 1) {
            for (Index j = 0; j < r.columns; ++j) copy(sums + j * lanes, r.channels, to + j * y.stride.w);
            return;
        }
        if (y.stride.w == 1) return transpose(sums, lanes, r.columns, r.channels, to, y.stride.c);
    }
    for (Index j = 0; j < r.columns; ++j)
        for (Index c = 0; c < r.channels; ++c) to[j * y.stride.w + c * y.stride.c] = narrow<T>(sums[j * lanes + c]);
}

}  // namespace upconv
