// Channel sums: the gradient of the bias, the sum of each channel over images and pixels.
//
// Sixteen sums a channel, pixel q of an image to sum q % 16, which are then added in a tree: vectors over pixels and
// vectors over channels form the same sums.
#pragma once

#include <algorithm>

#include "../options/size2.hpp"
#include "scalar.hpp"
#include "simd.hpp"
#include "view.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

inline constexpr Index channel_sum_lanes = 16;

/// The sums of some pixels of one image, a multiple of 16 from the first on. `partial` has 16 sums a channel, to which
/// they are added: (channels, 16), or (16, channels) where the channels of a pixel are neighbours in memory; one
/// channel is a plane in any layout.
template <class C, class T>
struct SumChannels {
    View<const T> x;
    Index n;
    Range pixels;
    C* partial;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        const T* const from = x.data + n * x.stride.n;
        const bool follow = x.stride.h == x.shape.w * x.stride.w;  // rows, as in all but reversed storage
        const auto at = [&](Index q) {
            return follow ? q * x.stride.w : q / x.shape.w * x.stride.h + q % x.shape.w * x.stride.w;
        };
        if (x.stride.c == 1 && x.shape.c > 1) {
            for (Index q = pixels.begin; q < pixels.end; ++q)
                add<Bytes>(from + at(q), x.shape.c, partial + q % channel_sum_lanes * x.shape.c);
            return;
        }
        for (Index c = 0; c < x.shape.c; ++c) {
            const T* const plane = from + c * x.stride.c;
            C* const sums = partial + c * channel_sum_lanes;
            Index q = pixels.begin;
            if (follow && x.stride.w == 1)
                for (; q + channel_sum_lanes <= pixels.end; q += channel_sum_lanes)
                    add<Bytes>(plane + q, channel_sum_lanes, sums);
            for (; q < pixels.end; ++q) sums[q % channel_sum_lanes] += widen<C>(plane[at(q)]);
        }
    }

  private:
    template <int Bytes>
    [[gnu::always_inline]] static void add(const T* from, Index count, C* to) {
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        Index i = 0;
        if constexpr (std::is_same_v<C, T>)
            for (; i + width <= count; i += width)
                *reinterpret_cast<Vector<C, Bytes>*>(to + i) += *reinterpret_cast<const Vector<C, Bytes>*>(from + i);
        for (; i < count; ++i) to[i] += widen<C>(from[i]);
    }
};

}  // namespace upconv::detail
