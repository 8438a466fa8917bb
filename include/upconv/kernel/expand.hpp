// Expand: output rows straight from one or two rows of the input, both axes in registers. For nearest and bilinear
// enlargement: nothing is stored but the output.
//
//     to[g][q] = sum over k of weight[g][k] * row_k[q],  row_k[q] = sum over j of the terms of stretch.hpp
//
// The sums are those of stretch.hpp and blend.hpp, bit by bit.
#pragma once

#include "blend.hpp"
#include "stretch.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

template <class C, int Bytes>
[[gnu::always_inline]] inline void put(const void* vector, C* to, Storing storing) {
    if (storing == Storing::streamed)
        stream<C, Bytes>(vector, to);
    else
        *reinterpret_cast<Vector<C, Bytes>*>(to) = *static_cast<const Vector<C, Bytes>*>(vector);
}

/// Copies: one term for each vector, in order.
template <class C, int Bytes, int G>
[[gnu::always_inline]] inline void expand_copies(const Stretch<C>& s, const C* row, const RowsTo<C>& y,
                                                 Storing storing) {
    using V = Vector<C, Bytes>;
    constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
    const StretchTerm* const term = s.terms;
    const Lane<C>* const lane = s.lane;
    const Index whole = y.n / width, step = y.step;
    C* const to = y.to;
    V picked;
    const auto form = [&](Index v) __attribute__((always_inline)) {
        pick<C, Bytes>(row + term[v].base, lane + term[v].pattern * width, &picked);
    };
    for (Index v = 0; v < whole; ++v) {
        form(v);
#pragma GCC unroll 8
        for (int g = 0; g < G; ++g) put<C, Bytes>(&picked, to + g * step + v * width, storing);
    }
    if (whole * width == y.n) return;
    form(whole);
#pragma GCC unroll 8
    for (int g = 0; g < G; ++g) store_part<C, Bytes>(&picked, 0, y.n - whole * width, to + g * step + whole * width);
}

/// The vectors of one run, of J terms each; J = 0: any terms. K = 1: the row itself.
template <class C, int Bytes, int J, int K, int G>
[[gnu::always_inline]] inline void expand_run(const Stretch<C>& s, const StretchRun& run, const Blend<C>& blend,
                                              const RowsTo<C>& y, Storing storing) {
    using V = Vector<C, Bytes>;
    using I = Vector<Lane<C>, Bytes>;
    constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
    constexpr int few = J == 0 ? 1 : J;
    V term_weight[few], sum[G], in, picked, x;
    C weight[G][K];
    I lane[few];
    const C* row[K];
    const StretchTerm* const term = s.terms + run.first_term;
#pragma GCC unroll 8
    for (int j = 0; j < J; ++j) {
        term_weight[j] = *reinterpret_cast<const V*>(s.weight + term[j].pattern * width);
        lane[j] = *reinterpret_cast<const I*>(s.lane + term[j].pattern * width);
    }
#pragma GCC unroll 8
    for (int k = 0; k < K; ++k) row[k] = J == 0 ? blend.row[k] : blend.row[k] + term->base;
#pragma GCC unroll 8
    for (int g = 0; g < G; ++g)
#pragma GCC unroll 8
        for (int k = 0; k < K; ++k) weight[g][k] = blend.weight[g * K + k];

    const auto form = [&](Index i) __attribute__((always_inline)) {
#pragma GCC unroll 8
        for (int g = 0; g < G; ++g) sum[g] = V{};
#pragma GCC unroll 8
        for (int k = 0; k < K; ++k) {
            x = V{};
            if constexpr (J == 0) {
                for (Index j = 0; j < run.terms; ++j) {
                    const V w = *reinterpret_cast<const V*>(s.weight + term[j].pattern * width);
                    pick<C, Bytes>(row[k] + term[j].base + i * run.base_step, s.lane + term[j].pattern * width,
                                   &picked);
                    x += w * (w != V{} ? picked : V{});
                    keep_fused(&x);
                }
            } else {
                in = *reinterpret_cast<const V*>(row[k] + i * run.base_step);
#pragma GCC unroll 8
                for (int j = 0; j < J; ++j) {
                    pick<C, Bytes>(&in, &lane[j], &picked);
                    x += term_weight[j] * picked;
                }
            }
#pragma GCC unroll 8
            for (int g = 0; g < G; ++g)
                if constexpr (K == 1)
                    sum[g] = x;
                else
                    sum[g] += (weight[g][k] - V{}) * x;
        }
#pragma GCC unroll 8
        for (int g = 0; g < G; ++g) sum[g] += V{};
    };
    const Index first = run.vector * width, step = run.vector_step * width;
    const Index last = first + (run.count - 1) * step, whole = last + width <= y.n ? run.count : run.count - 1;
    C* to = y.to + first;
    for (Index i = 0; i < whole; ++i, to += step) {
        form(i);
#pragma GCC unroll 8
        for (int g = 0; g < G; ++g) put<C, Bytes>(&sum[g], to + g * y.step, storing);
    }
    if (whole == run.count) return;
    form(whole);
#pragma GCC unroll 8
    for (int g = 0; g < G; ++g) store_part<C, Bytes>(&sum[g], 0, y.n - last, to + g * y.step);
}

template <class C, int Bytes, int K, int G>
[[gnu::always_inline]] inline void expand_rows(const Stretch<C>& s, const Blend<C>& blend, const RowsTo<C>& y,
                                               Storing storing) {
    if (s.copies) return expand_copies<C, Bytes, G>(s, blend.row[0], y, storing);
    for (const StretchRun* run = s.runs; run != s.runs + s.run_count; ++run)
        if (run->full && run->one_base && run->terms == 2)
            expand_run<C, Bytes, 2, K, G>(s, *run, blend, y, storing);
        else
            expand_run<C, Bytes, 0, K, G>(s, *run, blend, y, storing);
}

/// One output of the rows of `blend`, or two of them. Copied columns go with one row of weight 1.
template <class C>
struct Expand {
    const Stretch<C>& columns;
    const Blend<C>& blend;
    RowsTo<C> y;
    Storing storing;  // streamed: all rows begin at a vector's boundary

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        if constexpr (Bytes > 16) {
            if (blend.rows == 1 && y.rows == 2)
                expand_rows<C, Bytes, 1, 2>(columns, blend, y, storing);
            else if (blend.rows == 1)
                expand_rows<C, Bytes, 1, 1>(columns, blend, y, storing);
            else if (y.rows == 2)
                expand_rows<C, Bytes, 2, 2>(columns, blend, y, storing);
            else
                expand_rows<C, Bytes, 2, 1>(columns, blend, y, storing);
        }
    }
};

}  // namespace upconv::detail
