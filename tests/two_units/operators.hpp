// Eigen tensors cross between units of other -m flags: allocated in one, resized and freed in another.
#pragma once

#include <unsupported/Eigen/CXX11/Tensor>

using Tensor = Eigen::Tensor<float, 4, Eigen::RowMajor>;

Tensor plain_operators(Tensor x);   // no flag of an instruction set
Tensor wide_operators(Tensor x);    // -mavx2 -mfma
Tensor native_operators(Tensor x);  // -march=native
