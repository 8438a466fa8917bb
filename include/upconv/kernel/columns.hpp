// Columns: one row resized along its columns by a table, each way of doing so. A row is `inner` numbers a column: one
// channel, or all of them where channels lie next to each other.
//
//     to[o * inner + c] = sum over t in [first[o], first[o + 1]) of weight[t] * from[source[t] * inner + c]
#pragma once

#include "blend.hpp"
#include "stretch.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

enum class ColumnsBy {
    none,    // the row as it is
    picks,   // vectors of the row, their lanes picked: stretch.hpp
    blends,  // column by column, in vectors over the channels: blend.hpp
    single,  // number by number
};

template <class C>
struct Columns {
    ColumnsBy by;
    Index outputs, inner;
    const Index *first, *source;
    const C* weight;
    bool copies;  // one term of weight 1 each, as the whole axis
    Stretch<C> picks;
};

template <class C, int Bytes>
[[gnu::always_inline]] inline void blend_columns(const Columns<C>& columns, const C* from, C* to) {
    const C* cells[16];
    for (Index o = 0; o < columns.outputs; ++o, to += columns.inner) {
        const Index begin = columns.first[o], count = columns.first[o + 1] - begin;
        for (Index t = 0; t < count; ++t) cells[t] = from + columns.source[begin + t] * columns.inner;
        if (columns.copies)
            blend_vectors<C, Bytes, 1>({cells, columns.weight + begin, 1, true}, columns.inner, to, 0, Storing::cached);
        else if (count == 2)
            blend_vectors<C, Bytes, 2>({cells, columns.weight + begin, 2, false}, columns.inner, to, 0,
                                       Storing::cached);
        else
            blend_vectors<C, Bytes, 0>({cells, columns.weight + begin, count, false}, columns.inner, to, 0,
                                       Storing::cached);
    }
}

template <class C>
[[gnu::always_inline]] inline void single_columns(const Columns<C>& columns, const C* from, C* to) {
    for (Index o = 0; o < columns.outputs; ++o)
        for (Index c = 0; c < columns.inner; ++c, ++to) {
            if (columns.copies) {
                *to = from[columns.source[o] * columns.inner + c];
                continue;
            }
            C sum = 0;
            for (Index t = columns.first[o]; t < columns.first[o + 1]; ++t) {
                sum += columns.weight[t] * from[columns.source[t] * columns.inner + c];
                keep_fused(&sum);
            }
            *to = sum + C(0);
        }
}

/// `from` has at least one vector of numbers, `to` room for whole vectors. Not for ColumnsBy::none.
template <class C>
struct ResizeColumnsOf {
    const Columns<C>& columns;
    const C* from;
    C* to;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        if constexpr (Bytes > 16)  // the baseline picks lane by lane: ResizeColumns does not choose it there
            if (columns.by == ColumnsBy::picks) return stretch<C, Bytes>(columns.picks, from, to);
        if (columns.by == ColumnsBy::blends)
            blend_columns<C, Bytes>(columns, from, to);
        else
            single_columns(columns, from, to);
    }
};

}  // namespace upconv::detail
