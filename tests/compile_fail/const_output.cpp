// expect: WritableTensor
#include <upconv/upconv.hpp>

using Tensor = Eigen::Tensor<float, 4, Eigen::RowMajor>;

void const_output(const Tensor& x, const Tensor& y) {
    upconv::ConvTranspose2d<float> up({.in_channels = 1, .out_channels = 1, .kernel = 2, .stride = 2});
    up(x, y);
}
