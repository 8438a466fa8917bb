// Line: a row of a picture as numbers next to each other, and back. The only place where resizing meets layouts and
// narrow scalars.
//
//     line[j * inner + c] = x[plane / planes of an image, first channel + c, i, j],  `inner` channels a plane
#pragma once

#include "resample.hpp"
#include "simd.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Row i of a plane: `inner` channels of an image, all of them or one.
template <class T>
T* row_begin(const View<T>& x, Index plane, Index i, Index inner) {
    const Index planes = x.shape.c / inner;
    return x.data + plane / planes * x.stride.n + plane % planes * inner * x.stride.c + i * x.stride.h;
}

/// Whether a row lies in memory as a line.
template <class T>
bool in_line(const View<T>& x, Index inner) {
    return inner == 1 ? x.stride.w == 1 : x.stride.c == 1 && x.stride.w == inner;
}

/// A vector of bytes as a vector of floats, and back rounded half up and kept in 0 to 255.
template <int Bytes>
struct ByteVector {
    static constexpr Index width = Bytes / 4;
    using Floats = Vector<float, Bytes>;
    using Ints = Vector<std::int32_t, Bytes>;
    using Narrow = Vector<std::uint8_t, width>;

    [[gnu::always_inline]] static void load(const std::uint8_t* from, float* to) {
        const Narrow bytes = *reinterpret_cast<const Narrow*>(from);
        *reinterpret_cast<Floats*>(to) = __builtin_convertvector(bytes, Floats);
    }
    [[gnu::always_inline]] static void store(const float* from, std::uint8_t* to) {
        const Floats sum = *reinterpret_cast<const Floats*>(from), zero{}, most = 255 - Floats{},
                     half = 0.5f - Floats{};
        const Floats bounded = sum > zero ? (sum < most ? sum : most) : zero;
        const Ints whole = __builtin_convertvector(bounded + half, Ints);
        *reinterpret_cast<Narrow*>(to) = __builtin_convertvector(whole, Narrow);
    }
};

/// One row into `to`.
template <class C, class T>
struct LoadLine {
    const T* from;
    const View<const T>& x;
    Index inner;
    C* to;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        const Index n = x.shape.w * inner;
        Index q = 0;
        if (!in_line(x, inner)) {
            for (Index j = 0; j < x.shape.w; ++j)
                for (Index c = 0; c < inner; ++c) to[q++] = widen<C>(from[j * x.stride.w + c * x.stride.c]);
            return;
        }
        if constexpr (std::is_same_v<T, std::uint8_t>)
            for (; q + Bytes / 4 <= n; q += Bytes / 4) ByteVector<Bytes>::load(from + q, to + q);
        for (; q < n; ++q) to[q] = widen<C>(from[q]);
    }
};

/// One row of sums to its place.
template <class C, class T>
struct StoreLine {
    const C* from;
    T* to;
    const View<T>& y;
    Index inner;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        const Index n = y.shape.w * inner;
        constexpr auto width = static_cast<Index>(Bytes / sizeof(C));
        Index q = 0;
        if (!in_line(y, inner)) {
            for (Index j = 0; j < y.shape.w; ++j)
                for (Index c = 0; c < inner; ++c) to[j * y.stride.w + c * y.stride.c] = rounded<T>(from[q++]);
            return;
        }
        if constexpr (std::is_same_v<T, std::uint8_t>)
            for (; q + width <= n; q += width) ByteVector<Bytes>::store(from + q, to + q);
        if constexpr (std::is_same_v<T, C>)
            for (; q + width <= n; q += width)
                *reinterpret_cast<Vector<C, Bytes>*>(to + q) = *reinterpret_cast<const Vector<C, Bytes>*>(from + q);
        for (; q < n; ++q) to[q] = rounded<T>(from[q]);
    }
};

}  // namespace upconv::detail
