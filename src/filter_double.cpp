// The kernels of the filters for double.
#include <upconv/plan/filter_plan_kernels.hpp>

template class upconv::detail::KernelPlan<double>;
