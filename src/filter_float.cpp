// The kernels of the filters for the scalars whose sums are float.
#include <upconv/plan/filter_plan_kernels.hpp>
#include <upconv/tensor/scalar.hpp>

template class upconv::FilterPlan<float>;
template class upconv::FilterPlan<Eigen::half>;
template class upconv::FilterPlan<Eigen::bfloat16>;
