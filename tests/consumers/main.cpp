// 3x3 to 6x6 with a kernel of ones, 2x2 at stride 2: every pixel becomes a 2x2 block.
#include <cstdio>
#include <upconv/upconv.hpp>

int main() {
    Eigen::Tensor<float, 4, Eigen::RowMajor> x(1, 1, 3, 3);  // N, C, H, W
    x.setValues({{{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}}});

    upconv::ConvTranspose2d<float> up({.in_channels = 1, .out_channels = 1, .kernel = 2, .stride = 2});
    upconv::init::ones(up);
    const Eigen::Tensor<float, 4, Eigen::RowMajor> y = up(x);

    const float expected[6][6] = {
        {1, 1, 2, 2, 3, 3},  //
        {1, 1, 2, 2, 3, 3},  //
        {4, 4, 5, 5, 6, 6},  //
        {4, 4, 5, 5, 6, 6},  //
        {7, 7, 8, 8, 9, 9},  //
        {7, 7, 8, 8, 9, 9},
    };
    if (y.dimension(0) != 1 || y.dimension(1) != 1 || y.dimension(2) != 6 || y.dimension(3) != 6) {
        std::puts("the output is not 1 x 1 x 6 x 6");
        return 1;
    }
    for (int row = 0; row < 6; ++row) {
        for (int column = 0; column < 6; ++column) {
            const float value = y(0, 0, row, column);
            if (value != expected[row][column]) {
                std::printf("y(0, 0, %d, %d) is %g, not %g\n", row, column, double{value},
                            double{expected[row][column]});
                return 1;
            }
        }
    }
    std::puts("36 numbers as expected");
}
