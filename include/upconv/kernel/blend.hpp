// Blend: a weighted sum of rows, in vectors along them.
//
//     to[q] = sum over k of weight[k] * row[k][q]
//
// A sum begins and ends with +0 and takes its terms in order, by fused multiply-adds where the machine has them, so it
// has the same bits as stretch.hpp forms of the same terms. Where the whole axis copies, so does each row.
#pragma once

#include "move.hpp"
#include "simd.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// The rows of one sum.
template <class C>
struct Blend {
    const C* const* row;
    const C* weight;
    Index rows;
    bool copies;      // of one row of weight 1, as all outputs of the axis
    Index first = 0;  // where the rows begin

    bool of_one_row() const { return rows == 1 && *weight == C(1); }
};

/// How a row is stored: into the caches, or past them where the whole output would not stay there.
enum class Storing { cached, streamed };

/// n lanes of a vector from `first` on.
template <class C, int Bytes>
[[gnu::always_inline]] inline void store_part(const void* sum, Index first, Index n, C* to) {
    C lanes[Bytes / sizeof(C)];
    *reinterpret_cast<Vector<C, Bytes>*>(lanes) = *static_cast<const Vector<C, Bytes>*>(sum);
    copy<16>(lanes + first, n, to);
}

/// K rows, G sums of them at once with weights of their own; each of at least one vector of numbers. K = 0: as many
/// rows as the blend says; K = 1: copies. The last vector overlaps the one before it and forms the same sums again.
template <class C, int Bytes, int K, int G = 1>
[[gnu::always_inline]] inline void blend_vectors(const Blend<C>& blend, Index n, C* to, Index to_step,
                                                 Storing storing) {
    using V = Vector<C, Bytes>;
    constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
    constexpr int few = K == 0 ? 1 : K;
    const Index rows = blend.rows, first = blend.first;
    const C *const *const all = blend.row, *const weights = blend.weight;
    C weight[G][few];
    V sum[G];
    const C* row[few];
#pragma GCC unroll 8
    for (int k = 0; k < K; ++k) row[k] = all[k] + blend.first;
#pragma GCC unroll 8
    for (int g = 0; g < G; ++g)
#pragma GCC unroll 8
        for (int k = 0; k < K; ++k) weight[g][k] = weights[g * K + k];

    const auto form = [&](Index q) __attribute__((always_inline)) {
#pragma GCC unroll 8
        for (int g = 0; g < G; ++g) sum[g] = V{};
        if constexpr (K == 0) {
            for (Index k = 0; k < rows; ++k) {
                sum[0] += (weights[k] - V{}) * *reinterpret_cast<const V*>(all[k] + first + q);
                keep_fused(&sum[0]);
            }
        } else {
#pragma GCC unroll 8
            for (int k = 0; k < K; ++k) {
                const V x = *reinterpret_cast<const V*>(row[k] + q);
#pragma GCC unroll 8
                for (int g = 0; g < G; ++g)
                    if constexpr (K == 1)
                        sum[g] = x;
                    else
                        sum[g] += (weight[g][k] - V{}) * x;
            }
        }
#pragma GCC unroll 8
        for (int g = 0; K != 1 && g < G; ++g) sum[g] += V{};
    };
    const auto store = [&](Index q) __attribute__((always_inline)) {
        form(q);
#pragma GCC unroll 8
        for (int g = 0; g < G; ++g) *reinterpret_cast<V*>(to + g * to_step + q) = sum[g];
    };
    // Stores that are not aligned touch two lines of the cache each.
    const auto past_line = static_cast<Index>(reinterpret_cast<std::uintptr_t>(to) % Bytes / sizeof(C));
    Index q = past_line == 0 ? 0 : width - past_line;
    if (storing == Storing::cached || n < 2 * width) {
        if (q > 0) store(0);
        for (; q + width <= n; q += width) store(q);
        if (q < n) store(n - width);
        return;
    }
    // A line that is streamed and stored to as well would come back from memory: its ends belong to other rows.
    if ((q + n) % width != 0 || q > 0) __builtin_prefetch(to + 2 * G * n, 1);
    const auto store_end = [&](Index at, Index begin, Index count) __attribute__((always_inline)) {
        form(at);
        for (int g = 0; g < G; ++g) store_part<C, Bytes>(&sum[g], begin - at, count, to + g * to_step + begin);
    };
    if (q > 0) store_end(0, 0, q);
    for (; q + width <= n; q += width) {
        form(q);
#pragma GCC unroll 8
        for (int g = 0; g < G; ++g) stream<C, Bytes>(&sum[g], to + g * to_step + q);
    }
    if (q < n) store_end(n - width, q, n - q);
}

/// Many rows: four vectors at once, for each of which a row's weight serves.
template <class C, int Bytes>
[[gnu::always_inline]] inline void blend_many(const Blend<C>& blend, Index n, C* to, Storing storing) {
    using V = Vector<C, Bytes>;
    constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
    const Index rows = blend.rows;
    const C *const *const row = blend.row, *const weight = blend.weight;
    Index q = 0;
    if (storing == Storing::cached)
        for (; q + 4 * width <= n; q += 4 * width) {
            V sum[4] = {};
            for (Index k = 0; k < rows; ++k) {
                const C w = weight[k];
                const C* const x = row[k] + q;
#pragma GCC unroll 4
                for (int v = 0; v < 4; ++v) sum[v] += (w - V{}) * *reinterpret_cast<const V*>(x + v * width);
            }
#pragma GCC unroll 4
            for (int v = 0; v < 4; ++v) *reinterpret_cast<V*>(to + q + v * width) = sum[v] + V{};
        }
    if (q == n) return;
    const Index rest = q == 0 ? n : (std::max)(n - q, width);  // what is left, or one vector that overlaps the last
    blend_vectors<C, Bytes, 0>({row, weight, rows, false, n - rest}, rest, to + n - rest, 0, storing);
}

/// Output rows that are `step` apart, of n numbers; one, or two that are made of the same rows.
template <class C>
struct RowsTo {
    C* to;
    Index step, n;
    Index rows;
};

/// Whether two outputs of the same rows are worth a kernel of their own, that reads each row once for both. The weights
/// of the second stand behind those of the first.
template <class C>
bool can_pair(const Blend<C>& blend, Index n, Storing storing) {
    if (n < 64 / static_cast<Index>(sizeof(C)) || storing == Storing::streamed) return false;
    return blend.rows == 2 || blend.rows == 4 || blend.copies;
}

/// Any count of rows and of numbers; the output is apart from the rows.
template <class C>
struct BlendRows {
    const Blend<C>& blend;
    RowsTo<C> y;
    Storing storing;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        if (y.n < width)
            few_numbers();
        else if (y.rows == 2)
            pair<Bytes>();
        else if (blend.copies)
            blend_vectors<C, Bytes, 1>(blend, y.n, y.to, 0, storing);
        else if (blend.rows == 2)
            blend_vectors<C, Bytes, 2>(blend, y.n, y.to, 0, storing);
        else if (blend.rows == 4)
            blend_vectors<C, Bytes, 4>(blend, y.n, y.to, 0, storing);
        else
            blend_many<C, Bytes>(blend, y.n, y.to, storing);
    }

  private:
    [[gnu::always_inline]] void few_numbers() const {
        for (Index q = 0; q < y.n; ++q) {
            C sum = 0;
            for (Index k = 0; k < blend.rows; ++k) {
                sum += blend.weight[k] * blend.row[k][q];
                keep_fused(&sum);
            }
            y.to[q] = blend.copies ? blend.row[0][q] : sum + C(0);
        }
    }

    template <int Bytes>
    [[gnu::always_inline]] void pair() const {
        if (blend.rows == 1)
            blend_vectors<C, Bytes, 1, 2>(blend, y.n, y.to, y.step, Storing::cached);
        else if (blend.rows == 2)
            blend_vectors<C, Bytes, 2, 2>(blend, y.n, y.to, y.step, Storing::cached);
        else
            blend_vectors<C, Bytes, 4, 2>(blend, y.n, y.to, y.step, Storing::cached);
    }
};

}  // namespace upconv::detail
