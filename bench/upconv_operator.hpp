// A workload as an operator of upconv, and its operands as Eigen's tensors.
#pragma once

#include <algorithm>
#include <type_traits>
#include <upconv/upconv.hpp>

#include "operands.hpp"

namespace bench {

using InputMap = Eigen::TensorMap<const Eigen::Tensor<float, 4, Eigen::RowMajor>>;
using OutputMap = Eigen::TensorMap<Eigen::Tensor<float, 4, Eigen::RowMajor>>;

template <class Layout>
inline constexpr Order order_of = std::is_same_v<Layout, upconv::NHWC> ? Order::nhwc : Order::nchw;

template <class Layout>
upconv::Dims input_dims(const Workload& w) {
    return order_of<Layout> == Order::nhwc ? upconv::Dims(w.n, w.ih, w.iw, w.ic) : upconv::Dims(w.n, w.ic, w.ih, w.iw);
}

template <class Op>
Op make_operator(const Workload& w, const Operands& operands,
                 upconv::Algorithm algorithm = upconv::Algorithm::automatic) {
    typename Op::Options options{.in_channels = w.ic, .out_channels = w.oc, .kernel = w.k};
    options.stride = w.stride;
    options.padding = w.padding;
    options.dilation = w.dilation;
    options.groups = w.groups;
    options.algorithm = algorithm;
    if constexpr (requires { options.output_padding; }) options.output_padding = w.output_padding;
    Op op(options);
    std::copy_n(operands.weight.data(), op.weight().size(), op.weight().data());
    std::copy_n(operands.bias.data(), op.bias().size(), op.bias().data());
    return op;
}

}  // namespace bench
