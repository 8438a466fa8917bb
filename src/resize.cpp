// The kernels of resizing, for every scalar that has vectors.
#include <cstdint>
#include <upconv/plan/vector_resize.hpp>
#include <upconv/tensor/scalar.hpp>

template class upconv::PlannedResize<float>;
template class upconv::PlannedResize<double>;
template class upconv::PlannedResize<Eigen::half>;
template class upconv::PlannedResize<Eigen::bfloat16>;
template class upconv::PlannedResize<std::uint8_t>;
template class upconv::PlannedResize<int>;
template class upconv::PlannedResize<unsigned>;
template class upconv::PlannedResize<long>;
template class upconv::PlannedResize<unsigned long>;
template class upconv::PlannedResize<long long>;
template class upconv::PlannedResize<unsigned long long>;
