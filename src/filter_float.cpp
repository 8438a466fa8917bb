// The filters for the scalars whose sums are float.
#include <upconv/engine/filter_pass.hpp>
#include <upconv/engine/filter_plan_kernels.hpp>
#include <upconv/tensor/scalar.hpp>

template class upconv::detail::KernelPlan<float>;
template class upconv::detail::FilterPass<float>;
template class upconv::detail::KernelPlan<Eigen::half>;
template class upconv::detail::KernelPlan<Eigen::bfloat16>;
