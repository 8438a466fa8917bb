// expect: SameScalar
#include <upconv/upconv.hpp>

void mismatched_scalar(const Eigen::Tensor<double, 4, Eigen::RowMajor>& x) {
    upconv::Conv2d<float> conv({.in_channels = 1, .out_channels = 1, .kernel = 3});
    conv(x);
}
