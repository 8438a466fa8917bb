// Padded rows: rows of planes with room for the taps beside them, sorted by column phase, so that the taps of
// neighbouring outputs are neighbours in memory:
//
//     packed[plane][row][e][lead + q] = x[plane][row][q * step + e]
//
// What lies around stays as it is: zeros.
#pragma once

#include <algorithm>

#include "transpose.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Numbers 0, 2, 4, ... of a and b, or with First = 1 numbers 1, 3, 5, ...
template <int First, class C, int Bytes>
[[gnu::always_inline]] inline void every_second_lane(const Register<C, Bytes>& a, const Register<C, Bytes>& b,
                                                     Register<C, Bytes>& to) {
    constexpr int lanes = Bytes / static_cast<int>(sizeof(C)), f = First;
    if constexpr (lanes == 2)
        to = __builtin_shufflevector(a, b, f, f + 2);
    else if constexpr (lanes == 4)
        to = __builtin_shufflevector(a, b, f, f + 2, f + 4, f + 6);
    else if constexpr (lanes == 8)
        to = __builtin_shufflevector(a, b, f, f + 2, f + 4, f + 6, f + 8, f + 10, f + 12, f + 14);
    else
        to = __builtin_shufflevector(a, b, f, f + 2, f + 4, f + 6, f + 8, f + 10, f + 12, f + 14, f + 16, f + 18,
                                     f + 20, f + 22, f + 24, f + 26, f + 28, f + 30);
}

/// Less than a vector: two halves, which may overlap.
template <class C, int Bytes>
[[gnu::always_inline]] inline void copy_few(const C* from, Index n, C* to) {
    using Half = Vector<C, Bytes / 2>;
    constexpr Index half = Bytes / 2 / static_cast<Index>(sizeof(C));
    if (n >= half) {
        const Half a = *reinterpret_cast<const Half*>(from), b = *reinterpret_cast<const Half*>(from + n - half);
        *reinterpret_cast<Half*>(to) = a;
        *reinterpret_cast<Half*>(to + n - half) = b;
    } else {
        for (Index i = 0; i < n; ++i) to[i] = from[i];
    }
}

template <class C>
struct PaddedRows {
    const C* x;
    C* packed;  // where number 0 of the first row goes
    Index planes, rows, columns, step;
    Index x_plane, x_row, packed_plane, packed_row, packed_phase;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        for (Index p = 0; p < planes; ++p)
            for (Index r = 0; r < rows; ++r) {
                const C* const from = x + p * x_plane + r * x_row;
                C* const to = packed + p * packed_plane + r * packed_row;
                if (step == 1)
                    copy_row<Bytes>(from, to);
                else if (step == 2)
                    unzip_row<Bytes>(from, to);
                else
                    sort_row<Bytes>(from, to);
            }
    }

  private:
    template <int Bytes>
    [[gnu::always_inline]] void copy_row(const C* from, C* to) const {
        using V = Vector<C, Bytes>;
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        if (columns < width) return copy_few<C, Bytes>(from, columns, to);
        const Index last = columns - width;
        for (Index q = 0;; q = (std::min)(q + width, last)) {
            *reinterpret_cast<V*>(to + q) = *reinterpret_cast<const V*>(from + q);
            if (q == last) return;
        }
    }

    template <int Bytes>
    [[gnu::always_inline]] void sort_row(const C* from, C* to) const {
        const Index whole = columns / step;
        transpose<Bytes>(from, step, whole, step, to, packed_phase);
        for (Index q = whole * step; q < columns; ++q) to[(q - whole * step) * packed_phase + whole] = from[q];
    }

    template <int Bytes>
    [[gnu::always_inline]] void unzip_row(const C* from, C* to) const {
        constexpr Index pair = 2 * Bytes / static_cast<Index>(sizeof(C)), small = 32 / static_cast<Index>(sizeof(C));
        const Index even = columns / 2 * 2;
        Index q = 0;
        if (columns >= pair)
            for (; q < even; q += pair) unzip_pair<Bytes>(from, (std::min)(q, even - pair), to);
        if (columns >= small)
            for (; q < even; q += small) unzip_pair<16>(from, (std::min)(q, even - small), to);
        for (; q < even; q += 2) {
            to[q / 2] = from[q];
            to[packed_phase + q / 2] = from[q + 1];
        }
        if (even < columns) to[even / 2] = from[even];
    }

    template <int Bytes>
    [[gnu::always_inline]] void unzip_pair(const C* from, Index q, C* to) const {
        using V = Vector<C, Bytes>;
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        const Register<C, Bytes> a = *reinterpret_cast<const V*>(from + q);
        const Register<C, Bytes> b = *reinterpret_cast<const V*>(from + q + width);
        Register<C, Bytes> even, odd;
        every_second_lane<0, C, Bytes>(a, b, even);
        every_second_lane<1, C, Bytes>(a, b, odd);
        *reinterpret_cast<V*>(to + q / 2) = even;
        *reinterpret_cast<V*>(to + packed_phase + q / 2) = odd;
    }
};

}  // namespace upconv::detail
