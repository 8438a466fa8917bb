// Stretch: one row resized along its columns, in vectors over its columns and channels. A vector of the output sums
// vectors of the input, each with its lanes picked by a pattern and weighted by it:
//
//     to[q] = sum over k of weight[pattern[k]][q] * from[base[k] + lane[pattern[k]][q]]
//
// Where the scale is a ratio of small numbers the patterns repeat, and a run of vectors keeps them in registers.
#pragma once

#include "simd.hpp"
#include "view.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// A vector of the input and what is taken of it.
struct StretchTerm {
    Index base, pattern;
};

/// Vectors of the output that are `vector_step` apart and read by the same patterns, `base_step` apart.
struct StretchRun {
    Index vector, vector_step, count, base_step;
    Index first_term, terms;
    bool full;      // every lane has every term
    bool one_base;  // all terms are of the same vector of the input
};

template <class C>
struct Stretch {
    const StretchRun* runs;
    Index run_count, vectors;
    const StretchTerm* terms;
    const C* weight;      // (patterns, lanes); 0: this lane lacks the term, and does not see what stands there
    const Lane<C>* lane;  // (patterns, lanes)
    bool copies;          // one term of weight 1 each
};

/// A run of few terms, the patterns in registers.
template <class C, int Bytes, int K, bool OneBase>
[[gnu::always_inline]] inline void stretch_run(const Stretch<C>& s, const StretchRun& run, const C* from, C* to) {
    using V = Vector<C, Bytes>;
    using I = Vector<Lane<C>, Bytes>;
    constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
    V weight[K];
    I lane[K];
    const C* x[K];
#pragma GCC unroll 4
    for (int k = 0; k < K; ++k) {
        const StretchTerm& term = s.terms[run.first_term + k];
        weight[k] = *reinterpret_cast<const V*>(s.weight + term.pattern * width);
        lane[k] = *reinterpret_cast<const I*>(s.lane + term.pattern * width);
        x[k] = from + term.base;
    }
    const Index count = run.count, x_step = run.base_step, y_step = run.vector_step * width;
    C* y = to + run.vector * width;
    for (Index i = 0; i < count; ++i, y += y_step) {
        V sum{}, in, picked;
#pragma GCC unroll 4
        for (int k = 0; k < K; ++k) {
            if (k == 0 || !OneBase) in = *reinterpret_cast<const V*>(x[k] + i * x_step);
            pick<C, Bytes>(&in, &lane[k], &picked);
            sum += weight[k] * picked;
        }
        *reinterpret_cast<V*>(y) = sum + V{};
    }
}

/// N vectors of a run from the i-th on, of any terms: so many sums wait for each other less.
template <class C, int Bytes, int N>
[[gnu::always_inline]] inline void stretch_vectors(const Stretch<C>& s, const StretchRun& run, Index i, const C* from,
                                                   C* to) {
    using V = Vector<C, Bytes>;
    using I = Vector<Lane<C>, Bytes>;
    constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
    const Index x_step = run.base_step, y_step = run.vector_step * width, terms = run.terms;
    const StretchTerm* const term = s.terms + run.first_term;
    from += i * x_step;
    to += run.vector * width + i * y_step;
    V sum[N], picked;
#pragma GCC unroll 4
    for (int v = 0; v < N; ++v) sum[v] = V{};
    for (Index k = 0; k < terms; ++k) {
        const V weight = *reinterpret_cast<const V*>(s.weight + term[k].pattern * width);
        const I lane = *reinterpret_cast<const I*>(s.lane + term[k].pattern * width);
        const C* const x = from + term[k].base;
#pragma GCC unroll 4
        for (int v = 0; v < N; ++v) {
            pick<C, Bytes>(x + v * x_step, &lane, &picked);
            sum[v] += weight * (weight != V{} ? picked : V{});
            keep_fused<N>(&sum[v]);
        }
    }
#pragma GCC unroll 4
    for (int v = 0; v < N; ++v) *reinterpret_cast<V*>(to + v * y_step) = sum[v] + V{};
}

template <class C, int Bytes>
[[gnu::always_inline]] inline void stretch_any_run(const Stretch<C>& s, const StretchRun& run, const C* from, C* to) {
    Index i = 0;
    for (; i + 4 <= run.count; i += 4) stretch_vectors<C, Bytes, 4>(s, run, i, from, to);
    for (; i < run.count; ++i) stretch_vectors<C, Bytes, 1>(s, run, i, from, to);
}

/// Copies: one term for each vector, in order.
template <class C, int Bytes>
[[gnu::always_inline]] inline void stretch_copies(const Stretch<C>& s, const C* from, C* to) {
    using V = Vector<C, Bytes>;
    constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
    const StretchTerm* const term = s.terms;
    const Lane<C>* const lane = s.lane;
    const Index vectors = s.vectors;
    V picked;
    for (Index v = 0; v < vectors; ++v) {
        pick<C, Bytes>(from + term[v].base, lane + term[v].pattern * width, &picked);
        *reinterpret_cast<V*>(to + v * width) = picked;
    }
}

/// `from` has at least one vector of numbers; `to` has room for whole vectors.
template <class C, int Bytes>
[[gnu::always_inline]] inline void stretch(const Stretch<C>& s, const C* from, C* to) {
    if (s.copies) return stretch_copies<C, Bytes>(s, from, to);
    for (const StretchRun* run = s.runs; run != s.runs + s.run_count; ++run) {
        if (run->full && run->terms == 2 && run->one_base)
            stretch_run<C, Bytes, 2, true>(s, *run, from, to);
        else if (run->full && run->terms == 4 && run->one_base)
            stretch_run<C, Bytes, 4, true>(s, *run, from, to);
        else if (run->full && run->terms == 4)
            stretch_run<C, Bytes, 4, false>(s, *run, from, to);
        else
            stretch_any_run<C, Bytes>(s, *run, from, to);
    }
}

}  // namespace upconv::detail
