// Shuffle: channels as pixels and back, for any scalar. One relation, read one way or the other:
//
//     space[n, c, i * f.h + a, j * f.w + b] = depth[n, channel(c, a, b), i, j]
//     channel(c, a, b) = (c * f.h + a) * f.w + b   or   (a * f.w + b) * channels + c
#pragma once

#include "../options/shuffle_order.hpp"
#include "../options/size2.hpp"
#include "view.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// A channel of `space` and the position in its block that one channel of `depth` fills.
struct BlockPlace {
    Index c, a, b;
};

constexpr BlockPlace block_place(Index depth_channel, Index channels, Size2 factor, ShuffleOrder order) {
    const Index block = factor.h * factor.w;
    const Index c = order == ShuffleOrder::crr ? depth_channel / block : depth_channel % channels;
    const Index at = order == ShuffleOrder::crr ? depth_channel % block : depth_channel / channels;
    return {c, at / factor.w, at % factor.w};
}

/// Calls move(element of depth, element of space) for one channel of depth of one image.
template <class D, class S, class Move>
void shuffle_channel(View<D> depth, View<S> space, Index n, Index channel, Size2 factor, ShuffleOrder order,
                     const Move& move) {
    const BlockPlace place = block_place(channel, space.shape.c, factor, order);
    for (Index i = 0; i < depth.shape.h; ++i) {
        D* const from = &depth(n, channel, i, 0);
        S* const to = &space(n, place.c, i * factor.h + place.a, place.b);
        for (Index j = 0; j < depth.shape.w; ++j) move(from[j * depth.stride.w], to[j * factor.w * space.stride.w]);
    }
}

}  // namespace upconv::detail
