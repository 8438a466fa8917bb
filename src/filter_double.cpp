// The kernels of the filters for double.
#include <upconv/engine/filter_plan_kernels.hpp>

template class upconv::detail::KernelPlan<double>;
