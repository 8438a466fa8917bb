// Eigen's narrow floating-point scalars: their sums are formed in float.
#pragma once

#include <Eigen/Core>

#include "../kernel/scalar.hpp"

namespace upconv {

template <>
struct Accumulator<Eigen::half> {
    using type = float;
};

template <>
struct Accumulator<Eigen::bfloat16> {
    using type = float;
};

}  // namespace upconv
