// The kernels of the gradient of the weights, for every scalar that has vectors.
#include <upconv/engine/weight_gradient_kernels.hpp>
#include <upconv/tensor/scalar.hpp>

template class upconv::detail::WeightGradient<float>;
template class upconv::detail::WeightGradient<double>;
template class upconv::detail::WeightGradient<Eigen::half>;
template class upconv::detail::WeightGradient<Eigen::bfloat16>;
