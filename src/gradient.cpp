// The kernels of the gradients, for every scalar that has vectors.
#include <upconv/engine/gradient_kernels.hpp>
#include <upconv/engine/weight_gradient_kernels.hpp>
#include <upconv/tensor/scalar.hpp>

template class upconv::detail::PlannedWeightGradient<float>;
template class upconv::detail::PlannedWeightGradient<double>;
template class upconv::detail::PlannedWeightGradient<Eigen::half>;
template class upconv::detail::PlannedWeightGradient<Eigen::bfloat16>;
template struct upconv::detail::VectorGradient<float>;
template struct upconv::detail::VectorGradient<double>;
template struct upconv::detail::VectorGradient<Eigen::half>;
template struct upconv::detail::VectorGradient<Eigen::bfloat16>;
