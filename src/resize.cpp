// The kernels of resizing, for every scalar that has vectors.
#include <cstdint>
#include <upconv/engine/vector_resize.hpp>
#include <upconv/tensor/scalar.hpp>

template class upconv::detail::PlannedResize<float>;
template class upconv::detail::PlannedResize<double>;
template class upconv::detail::PlannedResize<Eigen::half>;
template class upconv::detail::PlannedResize<Eigen::bfloat16>;
template class upconv::detail::PlannedResize<std::uint8_t>;
template class upconv::detail::PlannedResize<int>;
template class upconv::detail::PlannedResize<unsigned>;
template class upconv::detail::PlannedResize<long>;
template class upconv::detail::PlannedResize<unsigned long>;
template class upconv::detail::PlannedResize<long long>;
template class upconv::detail::PlannedResize<unsigned long long>;
