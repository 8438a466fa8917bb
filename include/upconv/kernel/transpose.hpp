// Transpose: a matrix in memory, rows to columns, in blocks of whole vectors.
//
//     to[c * to_step + r] = from[r * from_step + c]
//
// A block is `Bytes` of rows by 16 bytes of columns: 16-byte pieces of far rows are loaded into the lanes of one
// vector, so that the shuffles stay within lanes (the cheap ones) and every store is a whole vector. The last block of
// an edge overlaps the one before it.
#pragma once

#include <algorithm>
#include <utility>

#include "../options/size2.hpp"
#include "simd.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Numbers in 16 bytes: what a shuffle within lanes can reach.
template <class C>
inline constexpr int lane_size = 16 / static_cast<int>(sizeof(C));

/// A vector as the functions below hand it on: by reference, since what is not inlined could not return it.
template <class C, int Bytes>
struct Lanes {
    static constexpr std::make_index_sequence<Bytes / sizeof(C)> all{};
    Register<C, Bytes> v;

    /// Sixteen bytes of each of the rows from, from + lane_size * step, ...
    [[gnu::always_inline]] void load_rows(const C* from, Index step) {
        if constexpr (Bytes == 16) {
            v = *reinterpret_cast<const Vector<C, 16>*>(from);
        } else {
            Lanes<C, Bytes / 2> low, high;
            low.load_rows(from, step);
            high.load_rows(from + Bytes / 32 * lane_size<C> * step, step);
            join(low, high, all);
        }
    }

    template <std::size_t... I>
    [[gnu::always_inline]] void join(const Lanes<C, Bytes / 2>& low, const Lanes<C, Bytes / 2>& high,
                                     std::index_sequence<I...>) {
        v = __builtin_shufflevector(low.v, high.v, static_cast<int>(I)...);
    }

    /// In each lane runs of `Run` numbers of a and b in turn, from the number `First` of the lane on.
    template <int First, int Run, std::size_t... I>
    [[gnu::always_inline]] void zip(const Lanes& a, const Lanes& b, std::index_sequence<I...>) {
        v = __builtin_shufflevector(a.v, b.v, zip_index<First, Run>(I)...);
    }
    template <int First, int Run>
    static constexpr int zip_index(std::size_t i) {
        constexpr int lane = lane_size<C>;
        const int at = static_cast<int>(i), of_lane = at % lane, from_b = of_lane / Run % 2;
        return at - of_lane + First + of_lane / (2 * Run) * Run + of_lane % Run +
               from_b * (Bytes / static_cast<int>(sizeof(C)));
    }

    template <int First, int Run>
    [[gnu::always_inline]] void zip(const Lanes& a, const Lanes& b) {
        zip<First, Run>(a, b, all);
    }
    [[gnu::always_inline]] void store(C* to) const { *reinterpret_cast<Vector<C, Bytes>*>(to) = v; }
};

/// One block: Bytes / sizeof(C) rows, lane_size columns. PlusZero: a number that is zero becomes +0.
template <int Bytes, bool PlusZero, class C>
[[gnu::always_inline]] inline void transpose_block(const C* from, Index from_step, C* to, Index to_step) {
    constexpr int lane = lane_size<C>;
    Lanes<C, Bytes> row[lane], pair[lane];
#pragma GCC unroll 4
    for (int r = 0; r < lane; ++r) row[r].load_rows(from + r * from_step, from_step);
    if constexpr (lane == 2) {
        pair[0].template zip<0, 1>(row[0], row[1]);
        pair[1].template zip<1, 1>(row[0], row[1]);
#pragma GCC unroll 4
        for (int c = 0; c < lane; ++c) {
            if constexpr (PlusZero) pair[c].v += Vector<C, Bytes>{};
            pair[c].store(to + c * to_step);
        }
    } else {
        pair[0].template zip<0, 1>(row[0], row[1]);
        pair[1].template zip<2, 1>(row[0], row[1]);
        pair[2].template zip<0, 1>(row[2], row[3]);
        pair[3].template zip<2, 1>(row[2], row[3]);
        row[0].template zip<0, 2>(pair[0], pair[2]);
        row[1].template zip<2, 2>(pair[0], pair[2]);
        row[2].template zip<0, 2>(pair[1], pair[3]);
        row[3].template zip<2, 2>(pair[1], pair[3]);
#pragma GCC unroll 4
        for (int c = 0; c < lane; ++c) {
            if constexpr (PlusZero) row[c].v += Vector<C, Bytes>{};
            row[c].store(to + c * to_step);
        }
    }
}

template <int Bytes, bool PlusZero = false, class C>
[[gnu::always_inline]] inline void transpose(const C* from, Index from_step, Index rows, Index columns, C* to,
                                             Index to_step) {
    constexpr Index height = Bytes / static_cast<Index>(sizeof(C)), width = lane_size<C>;
    if (rows >= height && columns >= width) {
        // The side whose numbers lie farther apart is walked in lines: as many streams as a block has, not as there are
        // rows. 64 planes into panels: 1.5 to 2 times as fast.
        const bool by_rows = from_step > to_step;
        const Index outer = by_rows ? rows : columns, inner = by_rows ? columns : rows;
        const Index outer_step = by_rows ? height : width, inner_step = by_rows ? width : height;
        for (Index o = 0; o < outer; o += outer_step)
            for (Index i = 0; i < inner; i += inner_step) {
                const Index row = (std::min)(by_rows ? o : i, rows - height);
                const Index column = (std::min)(by_rows ? i : o, columns - width);
                transpose_block<Bytes, PlusZero>(from + row * from_step + column, from_step,
                                                 to + column * to_step + row, to_step);
            }
    } else if constexpr (Bytes > 16) {
        transpose<Bytes / 2, PlusZero>(from, from_step, rows, columns, to, to_step);
    } else {
        for (Index c = 0; c < columns; ++c)
            for (Index r = 0; r < rows; ++r) {
                const C number = from[r * from_step + c];
                to[c * to_step + r] = PlusZero ? number + C(0) : number;
            }
    }
}

}  // namespace upconv::detail
