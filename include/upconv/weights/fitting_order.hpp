// Whose order of dimensions a weight has that does not fit an operator, and what converts it.
#pragma once

#include "../geometry/phases.hpp"
#include "file_error.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// What the options of an operator make of its weight: [coarse, fine / groups, kh, kw].
template <class Op>
Extents weight_extents(const typename Op::Options& o) {
    const bool transposed = Op::direction == Direction::to_fine;
    return {transposed ? o.in_channels : o.out_channels, (transposed ? o.out_channels : o.in_channels) / o.groups,
            o.kernel.h, o.kernel.w};
}

/// The end of a message: the orders that the shape `has` fits, each with what to do; empty if it fits none.
template <class Op>
std::string fitting_orders(const typename Op::Options& o, const Extents& has, const std::string& name) {
    const bool transposed = Op::direction == Direction::to_fine;
    const Extents ours = weight_extents<Op>(o);
    const Index coarse = ours[0], fine = ours[1], kh = ours[2], kw = ours[3];
    const std::string read = "file.read<Scalar, 4>(" + in_quotes(name) + ")";
    std::string text;
    const auto add = [&](const Extents& order, const std::string& what) {
        if (has == order) text += (text.empty() ? "; it fits " : "; and ") + what;
    };
    if (transposed) {
        add({kh, kw, fine, coarse}, "Keras's order [kh, kw, out, in]: op.weight() = weights_from_keras(" + read + ")");
        add({kh, kw, coarse, fine},
            "Flax's order [kh, kw, in, out]: op.weight() = weights_from_flax(op, " + read + ")");
    } else {
        add({kh, kw, fine, coarse},
            "the order of Keras and Flax [kh, kw, in / groups, out]: op.weight() = weights_from_keras(" + read + ")");
        if (o.groups > 1 && o.groups == o.in_channels)
            add({kh, kw, o.in_channels, o.out_channels / o.in_channels},
                "the order of Keras's DepthwiseConv2D [kh, kw, in, multiplier]: make it [kh, kw, 1, in * multiplier], "
                "then op.weight() = weights_from_keras(...)");
    }
    add({fine * o.groups, coarse / o.groups, kh, kw},
        transposed ? "PyTorch's Conv2d [out, in / groups, kh, kw]: load it into a Conv2d"
                   : "PyTorch's ConvTranspose2d [in, out / groups, kh, kw]: load it into a ConvTranspose2d");
    return text;
}

}  // namespace upconv::detail
