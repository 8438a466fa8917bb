// The kernels of the gradients, for every scalar that has vectors.
#include <upconv/engine/gradient_kernels.hpp>
#include <upconv/engine/weight_gradient_kernels.hpp>
#include <upconv/tensor/scalar.hpp>

template class upconv::detail::WeightGradient<float>;
template class upconv::detail::WeightGradient<double>;
template class upconv::detail::WeightGradient<Eigen::half>;
template class upconv::detail::WeightGradient<Eigen::bfloat16>;
template struct upconv::detail::Gradient<float>;
template struct upconv::detail::Gradient<double>;
template struct upconv::detail::Gradient<Eigen::half>;
template struct upconv::detail::Gradient<Eigen::bfloat16>;
