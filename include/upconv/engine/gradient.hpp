// Gradient: of the weights, and of what an activation lets through.
#pragma once

#include "../kernel/correlate.hpp"
#include "weight_gradient.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// grad * f'(x) into `x`: how a gradient passes an activation.
template <class T>
void apply_derivative(const Activation& f, View<const T> grad, View<T> x) {
    using Acc = AccumulatorOf<T>;
    if constexpr (Ordered<Acc>)
        for (Index n = 0; n < x.shape.n; ++n)
            for (Index c = 0; c < x.shape.c; ++c)
                for (Index i = 0; i < x.shape.h; ++i)
                    for (Index j = 0; j < x.shape.w; ++j) {
                        const Acc slope = derivative(f, Acc(widen<Acc>(x(n, c, i, j))));
                        x(n, c, i, j) = narrow<T>(Acc(widen<Acc>(grad(n, c, i, j)) * slope));
                    }
}

}  // namespace upconv::detail
