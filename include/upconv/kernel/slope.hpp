// Slope: a gradient on its way back through an activation.  to = grad * f'(value)
#pragma once

#include "activation.hpp"
#include "simd.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// What the derivative is taken of: the number before the activation, or the one after it.
enum class SlopeFrom { input, output };

template <Ordered C>
C slope(const Activation& f, SlopeFrom from, const C& value) {
    return from == SlopeFrom::input ? derivative(f, value) : derivative_at_output(f, value);
}

/// n numbers that follow each other.
template <class C, class T>
struct ThroughActivation {
    const Activation& f;
    SlopeFrom from;
    const T* grad;
    const T* value;
    T* to;
    Index n;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        Index i = 0;
        if constexpr (std::is_same_v<C, T>)
            if (has_vectors())
                for (constexpr Index width = Bytes / static_cast<Index>(sizeof(C)); i + width <= n; i += width)
                    vector<Bytes>(i);
        for (; i < n; ++i) to[i] = narrow<T>(C(widen<C>(grad[i]) * slope(f, from, C(widen<C>(value[i])))));
    }

  private:
    /// Without the exponential.
    bool has_vectors() const {
        return from == SlopeFrom::output || (f.kind != Activation::Kind::sigmoid && f.kind != Activation::Kind::tanh);
    }

    template <int Bytes>
    [[gnu::always_inline]] void vector(Index i) const {
        using V = Vector<C, Bytes>;
        const V zero{}, one = C(1) - zero, low = static_cast<C>(f.low) - zero, high = static_cast<C>(f.high) - zero;
        const V x = *reinterpret_cast<const V*>(value + i), g = *reinterpret_cast<const V*>(grad + i);
        V d = one;
        switch (f.kind) {
            case Activation::Kind::relu:
                d = x > zero ? one : zero;
                break;
            case Activation::Kind::leaky_relu:
                d = x > zero ? one : low;
                break;
            case Activation::Kind::sigmoid:
                d = x * (one - x);
                break;
            case Activation::Kind::tanh:
                d = one - x * x;
                break;
            case Activation::Kind::clamp:
                if (from == SlopeFrom::input)
                    d = x < low ? zero : high < x ? zero : one;
                else
                    d = low < x ? (x < high ? one : zero) : zero;
                break;
            case Activation::Kind::none:
                break;
        }
        *reinterpret_cast<V*>(to + i) = g * d;
    }
};

}  // namespace upconv::detail
