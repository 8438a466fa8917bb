// Gradient: what is the same for every operator with a filter, apart from weights and input: the gradient of the bias,
// and of what an activation lets through. For scalars with vectors defined in gradient_kernels.hpp.
#pragma once

#include "../kernel/slope.hpp"
#include "weight_gradient.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// to = grad * f'(value), wherever each of them lies. `to` may be `value`.
template <class T>
void through_activation(const Activation& f, SlopeFrom from, View<const T> grad, View<const T> value, View<T> to) {
    using C = AccumulatorOf<T>;
    if constexpr (Ordered<C>)
        for (Index n = 0; n < to.shape.n; ++n)
            for (Index c = 0; c < to.shape.c; ++c)
                for (Index i = 0; i < to.shape.h; ++i)
                    for (Index j = 0; j < to.shape.w; ++j) {
                        const C at = slope(f, from, C(widen<C>(value(n, c, i, j))));
                        to(n, c, i, j) = narrow<T>(C(widen<C>(grad(n, c, i, j)) * at));
                    }
}

/// Any scalar.
template <class T>
struct DefinedGradient {
    using C = AccumulatorOf<T>;

    /// bias[c] = the sum of channel c.
    static void bias(View<const T> grad, T* bias, GradientSum how, const Executor&) {
        for (Index c = 0; c < grad.shape.c; ++c)
            bias[c] = sum_channel(grad, c, how == GradientSum::adds ? bias[c] : number<T>(0));
    }

    static void through(const Activation& f, SlopeFrom from, View<const T> grad, View<const T> value, View<T> to,
                        const Executor&) {
        through_activation(f, from, grad, value, to);
    }
};

/// Scalars with vectors.
template <class T>
struct VectorGradient {
    using C = AccumulatorOf<T>;

    static void bias(View<const T> grad, T* bias, GradientSum how, const Executor& executor);
    static void through(const Activation& f, SlopeFrom from, View<const T> grad, View<const T> value, View<T> to,
                        const Executor& executor);
};

template <class T>
using Gradient = std::conditional_t<HasVectors<T>, VectorGradient<T>, DefinedGradient<T>>;

}  // namespace upconv::detail
