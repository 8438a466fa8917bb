// Finish: the store of kernels (store.hpp), a vector of whole sums at a time: the bias, or +0, then the activation. The
// tiles over channels and pixels add the bias in their registers and activate what they have just left in memory; a
// sum of theirs is whole only after the last block.
#pragma once

#include "activation.hpp"
#include "simd.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

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

/// N vectors in registers, which leave them only for an activation; `bias` is a vector, +0 where there is none.
template <class C, int Bytes, int N>
[[gnu::always_inline]] inline void finish(Register<C, Bytes>* v, const Register<C, Bytes>& bias,
                                          const Activation& activation) {
#pragma GCC unroll 32
    for (int i = 0; i < N; ++i) v[i] += bias;
    if (activation.kind == Activation::Kind::none) return;
    constexpr int width = Bytes / static_cast<int>(sizeof(C));
    alignas(64) C in_memory[N * width];
#pragma GCC unroll 32
    for (int i = 0; i < N; ++i) *reinterpret_cast<Vector<C, Bytes>*>(in_memory + i * width) = v[i];
    for (int i = 0; i < N; ++i) activate_at<C, Bytes>(in_memory + i * width, activation);
#pragma GCC unroll 32
    for (int i = 0; i < N; ++i) v[i] = *reinterpret_cast<Vector<C, Bytes>*>(in_memory + i * width);
}

}  // namespace upconv::detail
