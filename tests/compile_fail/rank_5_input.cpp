// expect: TensorOfRank4
#include <upconv/upconv.hpp>

void rank_5_input(const Eigen::Tensor<float, 5, Eigen::RowMajor>& x) {
    upconv::Conv2d<float> conv({.in_channels = 1, .out_channels = 1, .kernel = 3});
    conv(x);
}
