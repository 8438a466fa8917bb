// The kernels of the filters for the scalars whose sums are float.
#include <upconv/plan/filter_plan_kernels.hpp>
#include <upconv/tensor/scalar.hpp>

template class upconv::KernelPlan<float>;
template class upconv::KernelPlan<Eigen::half>;
template class upconv::KernelPlan<Eigen::bfloat16>;
