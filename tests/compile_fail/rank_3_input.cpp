// expect: TensorOfRank4
#include <upconv/upconv.hpp>

void rank_3_input(const Eigen::Tensor<float, 3, Eigen::RowMajor>& x) {
    upconv::ConvTranspose2d<float> up({.in_channels = 1, .out_channels = 1, .kernel = 2, .stride = 2});
    up(x);
}
