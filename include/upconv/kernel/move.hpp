// Move: a row of the input into the form that a tile reads, and a row of finished sums into the output. The only place
// where the fast kernels meet layouts and narrow scalars.
//
//     pack:    packed[block][column][c] = input[n, first_channel + 16 block + c, row, first_column + column], 0 beside
//              the picture
//     unpack:  output[n, first_channel + c, row, first_column + j] = sums[j][c]
#pragma once

#include <algorithm>

#include "channel_tile.hpp"
#include "scalar.hpp"
#include "transpose.hpp"
#include "view.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

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

/// n numbers, which are often fewer than a call of memcpy is worth.
template <int Bytes, class C>
[[gnu::always_inline]] inline void copy(const C* from, Index n, C* to) {
    using V = Vector<C, Bytes>;
    constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
    if (n >= width) {
        for (Index i = 0; i < n; i += width) {
            const Index at = (std::min)(i, n - width);
            *reinterpret_cast<V*>(to + at) = *reinterpret_cast<const V*>(from + at);
        }
    } else if constexpr (Bytes > 16) {
        copy<Bytes / 2>(from, n, to);
    } else {
        for (Index i = 0; i < n; ++i) to[i] = from[i];
    }
}

/// `depth` channels of the columns [begin, end) of the picture; a column is `block` numbers of `packed`.
template <int Bytes, class C, class T>
[[gnu::always_inline]] inline void pack_block(const View<const T>& x, const T* from, Range columns, Index depth,
                                              Index block, C* packed) {
    if constexpr (std::is_same_v<C, T>) {
        if (x.stride.c == 1) {
            for (Index j = columns.begin; j < columns.end; ++j, packed += block)
                copy<Bytes>(from + j * x.stride.w, depth, packed);
            return;
        }
        if (x.stride.w == 1)
            return transpose<Bytes>(from + columns.begin, x.stride.c, depth, columns.size(), packed, block);
    }
    for (Index j = columns.begin; j < columns.end; ++j)
        for (Index k = 0; k < depth; ++k)
            packed[(j - columns.begin) * block + k] = widen<C>(from[k * x.stride.c + j * x.stride.w]);
}

/// `packed` is contiguous (blocks, columns, block channels); the channels that the last block lacks are left as they
/// are.
template <class C, class T>
struct PackRow {
    View<const T> x;
    RowOf r;
    C* packed;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        const Index block = (std::min)(r.channels, channel_block), end = r.first_column + r.columns;
        const Index inside = std::clamp<Index>(0, r.first_column, end);
        const Index outside = std::clamp<Index>(x.shape.w, inside, end);
        const T* from = row_begin(x, r);
        C* to = packed;
        for (Index k = 0; k < r.channels; k += block, from += block * x.stride.c, to += r.columns * block) {
            const auto at = [&](Index column) { return to + (column - r.first_column) * block; };
            std::fill(to, at(inside), C(0));
            pack_block<Bytes>(x, from, {inside, outside}, (std::min)(r.channels - k, block), block, at(inside));
            std::fill(at(outside), to + r.columns * block, C(0));
        }
    }
};

/// `sums` is (columns, lanes); the first `channels` lanes are stored.
template <class C, class T>
struct UnpackRow {
    const C* sums;
    Index lanes;
    RowOf r;
    View<T> y;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        T* const to = row_begin(y, r) + r.first_column * y.stride.w;
        if constexpr (std::is_same_v<C, T>) {
            if (y.stride.c == 1) {
                for (Index j = 0; j < r.columns; ++j) copy<Bytes>(sums + j * lanes, r.channels, to + j * y.stride.w);
                return;
            }
            if (y.stride.w == 1) return transpose<Bytes>(sums, lanes, r.columns, r.channels, to, y.stride.c);
        }
        for (Index j = 0; j < r.columns; ++j)
            for (Index c = 0; c < r.channels; ++c) to[j * y.stride.w + c * y.stride.c] = narrow<T>(sums[j * lanes + c]);
    }
};

}  // namespace upconv::detail
