// The function form of the operators with a filter: what the options leave 0 is read off the weights.
#pragma once

#include "gradient_plan.hpp"
#include "filter_regions.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// A bias: an Eigen tensor with one dimension.
template <class B>
concept TensorOfRank1 = requires(const Bare<B>& b) {
    b.data();
    b.size();
}
&&Bare<B>::NumDimensions == 1;

struct Channels {
    Index in, out;
};

/// The channels of all groups, where each has `channels`.
template <class Kind>
Index all_groups(Index channels, Index groups) {
    const Checked all = Checked(channels) * groups;
    if (all.overflow())
        refuse(Kind::name, ": ", groups, " groups of the weight's ", channels, " channels leave ", index_width,
               " sizes");
    return all.value();
}

/// The options with channels and kernel as the weights have them. Refuses options that say otherwise.
template <class Kind, class Weight>
typename Kind::Options completed(typename Kind::Options options, Channels channels, const Weight& weight) {
    const auto fill = [&](const char* what, Index& option, Index found) {
        if (option != 0 && option != found)
            refuse(Kind::name, ": ", what, " ", option, " does not fit the weight ", Dims(weight.dimensions()), ", ",
                   Kind::weight_order, ", groups ", options.groups, ", which says ", found,
                   "; leave it out or mend it");
        option = found;
    };
    fill("in_channels", options.in_channels, channels.in);
    fill("out_channels", options.out_channels, channels.out);
    fill("kernel height", options.kernel.h, weight.dimension(2));
    fill("kernel width", options.kernel.w, weight.dimension(3));
    return options;
}

template <class Kind, LayoutName L, TensorOfRank4 X, TensorOfRank4 W, TensorOfRank1 B, Device D>
requires SameScalar<W, typename X::Scalar> && SameScalar<B, typename X::Scalar>
auto call(const X& x, const W& weight, const B& bias, typename Kind::Options options, const D& device) {
    options.bias = bias.size() != 0;
    check_dims(Kind::name, "the weight", Dims(weight.dimensions()), sizeof(typename W::Scalar));
    options = Kind::complete(options, weight);
    return FilterOperator<Kind, typename X::Scalar, L>(options, weight, bias)(x, device);
}

template <class Kind, LayoutName L, TensorOfRank4 X, TensorOfRank4 W, Device D>
requires SameScalar<W, typename X::Scalar>
auto call(const X& x, const W& weight, const typename Kind::Options& options, const D& device) {
    return call<Kind, L>(x, weight, BiasTensor<typename X::Scalar>(0), options, device);
}

}  // namespace upconv::detail
