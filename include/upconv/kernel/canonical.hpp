// Canonical: gather and scatter-add for shapes that no tile takes, in the order and with the arithmetic of the tiles:
// the same bits.
//
//     output[n, co, i, j] = store( sum over (blocks of input channels, row taps, column taps, channels of the block) of
//     weight * input[n, ci, row, column] )
//
// The taps of an output are those of its phase that reach the input (phases.hpp). No term stands for the padding.
#pragma once

#include "../geometry/phases.hpp"
#include "channel_tile.hpp"
#include "scalar.hpp"
#include "store.hpp"
#include "view.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// One row of outputs of one channel and one column phase. Weights are those of the channel: that of input channel c,
/// taps (a, b) stands at c * weight_channel + a * weight_row + b.
template <class T>
struct CanonicalRow {
    using C = AccumulatorOf<T>;

    View<const T> x;
    View<T> y;
    const T* weight;
    const Store<T>& store;
    Index n, first_channel, channels, output_channel, row_step;
    Phase rows, columns;
    Index weight_channel, weight_row;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        const Range row_taps = rows.taps_at(row_step);
        Range ahead = columns.taps_at(0);
        for (Index j = 0, pixels; j < columns.steps; j += pixels) {
            const Range taps = ahead;
            for (pixels = 1; j + pixels < columns.steps; ++pixels) {
                ahead = columns.taps_at(j + pixels);
                if (pixels == together || ahead != taps) break;
            }
            if (pixels == together)
                several(j, row_taps, taps);
            else
                for (Index p = 0; p < pixels; ++p) one(j + p, row_taps, taps);
        }
    }

  private:
    /// Outputs with the same taps that are summed side by side: one alone waits for each of its own additions. As
    /// vectors of 16 bytes, since g++ does not always make fused multiply-adds of several scalar sums.
    using V = Vector<C, 16>;
    static constexpr Index width = 16 / static_cast<Index>(sizeof(C)), together = 2 * width;

    /// f(weight, input) for each term of the output of column step `j`, in the canonical order.
    template <class F>
    [[gnu::always_inline]] void for_each_term(Index j, Range row_taps, Range column_taps, const F& f) const {
        for (Index k = 0; k < channels; k += channel_block)
            for (Index a = row_taps.begin; a < row_taps.end; ++a)
                for (Index b = column_taps.begin; b < column_taps.end; ++b) {
                    const T* from = &x(n, first_channel + k, rows.at(row_step, a), columns.at(j, b));
                    const T* w = weight + k * weight_channel + rows.tap(a) * weight_row + columns.tap(b);
                    for (Index c = (std::min)(channel_block, channels - k); c > 0; --c) {
                        f(widen<C>(*w), from);
                        from += x.stride.c;
                        w += weight_channel;
                    }
                }
    }

    [[gnu::always_inline]] void one(Index j, Range row_taps, Range column_taps) const {
        C sum = 0;
        for_each_term(
            j, row_taps, column_taps, [&](const C& factor, const T* from) __attribute__((always_inline)) {
                sum += factor * widen<C>(*from);
                keep_fused(&sum);
            });
        put(j, sum);
    }

    [[gnu::always_inline]] void several(Index j, Range row_taps, Range column_taps) const {
        V first{}, second{};
        const Index apart = columns.input_step * x.stride.w;
        for_each_term(
            j, row_taps, column_taps, [&](const C& factor, const T* from) __attribute__((always_inline)) {
                V a{}, b{};
                for (Index p = 0; p < width; ++p) a[p] = widen<C>(from[p * apart]);
                for (Index p = 0; p < width; ++p) b[p] = widen<C>(from[(width + p) * apart]);
                first += (factor - V{}) * a;
                second += (factor - V{}) * b;
            });
        for (Index p = 0; p < width; ++p) put(j + p, first[p]), put(j + width + p, second[p]);
    }

    void put(Index j, const C& sum) const {
        y(n, output_channel, rows.first_output + row_step * rows.output_step,
          columns.first_output + j * columns.output_step) = store(sum, output_channel);
    }
};

}  // namespace upconv::detail
