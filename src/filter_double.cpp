// The filters for double.
#include <upconv/engine/filter_pass.hpp>
#include <upconv/engine/filter_plan_kernels.hpp>

template class upconv::detail::KernelPlan<double>;
template class upconv::detail::FilterPass<double>;
