// Finish: bias and activation on sums that rest in a buffer, before they move to the output.
//
//     sums[i][lane] = activation(sums[i][lane] + bias[lane])
#pragma once

#include "activation.hpp"
#include "simd.hpp"

namespace upconv {

/// One vector of sums that rest at `at`.
template <class C, int Bytes>
[[gnu::always_inline]] inline void activate_at(C* at, const Activation& activation) {
    using V = Vector<C, Bytes>;
    const V zero{}, low = static_cast<C>(activation.low) - zero, high = static_cast<C>(activation.high) - zero;
    V v = *reinterpret_cast<const V*>(at);
    switch (activation.kind) {
        case Activation::Kind::none:
            return;
        case Activation::Kind::relu:
            v = v < zero ? zero : v;
            break;
        case Activation::Kind::leaky_relu:
            v = v < zero ? low * v : v;
            break;
        case Activation::Kind::clamp:
            v = v < low ? low : high < v ? high : v;
            break;
        case Activation::Kind::sigmoid:
        case Activation::Kind::tanh:
            for (std::size_t i = 0; i < Bytes / sizeof(C); ++i) at[i] = activate(activation, at[i]);
            return;
    }
    *reinterpret_cast<V*>(at) = v;
}

/// n vectors in registers, which leave them only if there is something to do.
template <class C, int Bytes, int N>
[[gnu::always_inline]] inline void activate_vectors(const Activation& activation, Register<C, Bytes>* v) {
    if (activation.kind == Activation::Kind::none) return;
    constexpr int width = Bytes / static_cast<int>(sizeof(C));
    C in_memory[N * width];
#pragma GCC unroll 16
    for (int i = 0; i < N; ++i) *reinterpret_cast<Vector<C, Bytes>*>(in_memory + i * width) = v[i];
    for (int i = 0; i < N; ++i) activate_at<C, Bytes>(in_memory + i * width, activation);
#pragma GCC unroll 16
    for (int i = 0; i < N; ++i) v[i] = *reinterpret_cast<Vector<C, Bytes>*>(in_memory + i * width);
}

template <class C>
struct Finish {
    C* sums = nullptr;  // (count, lanes)
    Index count = 0, lanes = 0;
    const C* bias = nullptr;  // (lanes), or none
    Activation activation = Activation::none;

    bool needed() const { return bias != nullptr || activation.kind != Activation::Kind::none; }

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        using V = Vector<C, Bytes>;
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        for (C* at = sums; at != sums + count * lanes; at += lanes)
            for (Index lane = 0; lane < lanes; lane += width) {
                if (bias != nullptr) *reinterpret_cast<V*>(at + lane) += *reinterpret_cast<const V*>(bias + lane);
                activate_at<C, Bytes>(at + lane, activation);
            }
    }
};

}  // namespace upconv
