// DepthwiseOutput: where the outputs of a row or column lie and what they read; and some vectors of channels of a
// single one, where a tile of pixels has no room.
#pragma once

#include "../options/size2.hpp"
#include "simd.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Outputs of a vector of channels, one step apart in a row or in a column.
template <class C>
struct OutputLine {
    const C* x;  // column 0 of the first row that a tap reads
    C* y;
    const C *weight, *bias = nullptr;
    Index tap_rows = 0, x_step = 0, y_step = 0;

    OutputLine at(Index c) const {
        return {x + c, y + c, weight + c, bias == nullptr ? nullptr : bias + c, tap_rows, x_step, y_step};
    }
};

/// From a tap to the one below, to the next.
struct OutputSteps {
    Index x_row, x_tap, weight_row, weight_tap;
};

/// N vectors of `line`, whose inputs and weights begin at the first tap: a single sum waits for itself at each tap. 1.2
/// to 1.5 times as fast on pictures of 7 x 7 to 14 x 14 whose outputs mostly miss some taps. Without the bias.
template <int Bytes, int N, class C>
[[gnu::always_inline]] inline void sum_output(const OutputLine<C>& line, Index tap_rows, Index taps,
                                              const OutputSteps& steps) {
    using V = Vector<C, Bytes>;
    constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
    Register<C, Bytes> sum[N];
#pragma GCC unroll 4
    for (int v = 0; v < N; ++v) sum[v] = V{};
    const C *row = line.x, *w_row = line.weight;
    for (Index a = 0; a < tap_rows; ++a, row += steps.x_row, w_row += steps.weight_row) {
        const C *from = row, *w = w_row;
        for (Index b = 0; b < taps; ++b, from += steps.x_tap, w += steps.weight_tap)
#pragma GCC unroll 4
            for (int v = 0; v < N; ++v) {
                sum[v] += *reinterpret_cast<const V*>(w + v * width) * *reinterpret_cast<const V*>(from + v * width);
                keep_fused<N>(&sum[v]);
            }
    }
#pragma GCC unroll 4
    for (int v = 0; v < N; ++v) *reinterpret_cast<V*>(line.y + v * width) = sum[v];
}

}  // namespace upconv::detail
