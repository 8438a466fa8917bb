// CanonicalOrder: the order of every sum, in which plans list products and pack weights. Kernels read them one after
// the other.
#pragma once

#include "../kernel/channel_tile.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// The terms of an output, in numbers.
struct SumExtents {
    Index channels, row_taps, column_taps;
};

/// f(channel, row tap, column tap) by blocks of input channels, row taps, column taps, channels of the block.
template <class F>
void in_canonical_order(const SumExtents& sum, const F& f) {
    for (Index k = 0; k < sum.channels; k += channel_block)
        for (Index a = 0; a < sum.row_taps; ++a)
            for (Index b = 0; b < sum.column_taps; ++b)
                for (Index i = k; i < (std::min)(k + channel_block, sum.channels); ++i) f(i, a, b);
}

}  // namespace upconv::detail
