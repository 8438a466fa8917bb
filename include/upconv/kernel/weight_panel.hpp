// Weight panel: some channels of a stretch of pixels as a dense matrix, and finished sums in the order of the weights.
#pragma once

#include "correlate.hpp"
#include "move.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// panel[c / block * block_step + column * block + c % block] = x[n, first_channel + c, row, first_column + column];
/// what the last block lacks is 0, since old memory may hold numbers so small that multiplying them takes 50 times as
/// long.
template <class C, class T>
struct PackPanel {
    View<const T> x;
    RowOf r;
    C* panel;
    Index block, block_step;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        const Range columns{r.first_column, r.first_column + r.columns};
        const T* from = row_begin(x, r);
        C* to = panel;
        if constexpr (std::is_same_v<C, T>)
            if (r.channels == block && x.stride.w == block && (x.stride.c == 1 || block == 1))
                return copy<Bytes>(from + columns.begin * block, columns.size() * block, to);
        if (const Index rest = r.channels % block; rest > 0)
            for (Index j = 0; j < r.columns; ++j) {
                C* const column = panel + r.channels / block * block_step + j * block;
                std::fill(column + rest, column + block, C(0));
            }
        if constexpr (std::is_same_v<C, T>)
            if (x.stride.c == 1) {
                for (Index j = columns.begin; j < columns.end; ++j, to += block)
                    spread<Bytes>(from + j * x.stride.w, to);
                return;
            }
        for (Index c = 0; c < r.channels; c += block, from += block * x.stride.c, to += block_step)
            pack_block<Bytes>(x, from, columns, (std::min)(r.channels - c, block), block, to);
    }

  private:
    /// The channels of one pixel, read from one end to the other.
    template <int Bytes>
    [[gnu::always_inline]] void spread(const C* from, C* to) const {
        using V = Vector<C, Bytes>;
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        Index left = r.channels;
        if (block == width)
            for (; left >= width; left -= width, from += width, to += block_step)
                *reinterpret_cast<V*>(to) = *reinterpret_cast<const V*>(from);
        for (; left > 0; left -= block, from += block, to += block_step) copy<Bytes>(from, (std::min)(left, block), to);
    }
};

/// row[l * taps + t] = sums[t * tap_step + l] of some lanes and all taps of a block, and from there into the weights:
/// weight[l * lane_step + t]. A sum that is zero is +0.
template <class C, class T>
struct StoreWeights {
    const C* sums;
    Index tap_step;  // negative where the taps come in reverse
    Index taps, lanes;
    C* row;  // (lanes, taps)
    T* weight;
    Index lane_step;
    GradientSum how;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        if constexpr (std::is_same_v<C, T>)
            if (how == GradientSum::replaces && lane_step == taps)
                return transpose<Bytes, true>(sums, tap_step, taps, lanes, weight, taps);
        transpose<Bytes, true>(sums, tap_step, taps, lanes, row, taps);
        if (lane_step == taps) return store<Bytes>(row, taps * lanes, weight);
        for (Index l = 0; l < lanes; ++l) store<Bytes>(row + l * taps, taps, weight + l * lane_step);
    }

    template <int Bytes>
    [[gnu::always_inline]] void store(const C* from, Index n, T* to) const {
        Index i = 0;
        if constexpr (std::is_same_v<C, T>) {
            using V = Vector<C, Bytes>;
            constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
            for (; i + width <= n; i += width) {
                V& at = *reinterpret_cast<V*>(to + i);
                at = *reinterpret_cast<const V*>(from + i) + (how == GradientSum::adds ? at : V{});
            }
            if constexpr (Bytes > 16) return store<Bytes / 2>(from + i, n - i, to + i);
        }
        for (; i < n; ++i) to[i] = narrow<T>(C(from[i] + (how == GradientSum::adds ? widen<C>(to[i]) : C(0))));
    }
};

/// sums += others, chunk by chunk.
template <class C>
struct AddSums {
    const C* others;
    Index n;
    C* sums;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        using V = Vector<C, Bytes>;
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        for (Index i = 0; i < n; i += width)  // whole vectors: lanes are
            *reinterpret_cast<V*>(sums + i) += *reinterpret_cast<const V*>(others + i);
    }
};

}  // namespace upconv::detail
