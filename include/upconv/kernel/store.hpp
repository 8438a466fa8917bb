// Store: what happens to a finished sum on its way into the output. output = activation(sum + bias[channel])
//
// Without a bias, +0 is added: so a sum that is zero is stored as +0, whatever the signs of its terms, and neither
// their order nor a product that underflows in the padding can be seen in it. For the same reason a bias is never -0
// (FilterPass sees to it).
#pragma once

#include "activation.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

template <class T>
struct Store {
    using Acc = AccumulatorOf<T>;

    const T* bias = nullptr;  // one a channel of the output, or none; none is -0
    Activation activation = Activation::none;

    T operator()(const Acc& sum, Index channel) const {
        Acc value = bias != nullptr ? Acc(sum + widen<Acc>(bias[channel])) : without_sign_of_zero(sum);
        if constexpr (Ordered<Acc>)
            if (activation.kind != Activation::Kind::none) return narrow<T>(activate(activation, value));
        return narrow<T>(value);
    }
};

/// Refuses an activation that scalars of type T do not have: complex numbers have none, whole numbers only relu and
/// clamp, with whole bounds.
template <class T>
void check_activation(const char* op, const Activation& activation) {
    using Kind = Activation::Kind;
    const Kind kind = activation.kind;
    if (kind == Kind::none) return;
    if constexpr (!Ordered<AccumulatorOf<T>>)
        refuse(op, ": scalars that have no order, as complex numbers, take no activation; use Activation::none");
    else if constexpr (std::integral<T>) {
        if (kind != Kind::relu && kind != Kind::clamp)
            refuse(op, ": integer scalars take the activations none, relu and clamp; use float for the others");
        const double low = activation.low, high = activation.high;
        if (kind == Kind::clamp && (low != std::trunc(low) || high != std::trunc(high)))
            refuse(op, ": Activation::clamp(", low, ", ", high, ") of integer scalars needs whole bounds; use clamp(",
                   std::ceil(low), ", ", std::floor(high), "), or float");
    }
}

}  // namespace upconv::detail
