// The cases that lectures on transposed convolution work by hand, numbers written out.
#include <gtest/gtest.h>

#include <upconv/upconv.hpp>
#include <vector>

namespace {

using upconv::ConvTranspose2dOptions;
using upconv::Padding;
using Image = Eigen::Tensor<float, 4, Eigen::RowMajor>;
using Rows = std::vector<std::vector<float>>;

Image image(const Rows& rows) {
    Image x(1, 1, static_cast<upconv::Index>(rows.size()), static_cast<upconv::Index>(rows[0].size()));
    for (upconv::Index i = 0; i < x.dimension(2); ++i)
        for (upconv::Index j = 0; j < x.dimension(3); ++j)
            x(0, 0, i, j) = rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
    return x;
}

Rows rows_of(const Image& x) {
    Rows rows(static_cast<std::size_t>(x.dimension(2)));
    for (upconv::Index i = 0; i < x.dimension(2); ++i)
        for (upconv::Index j = 0; j < x.dimension(3); ++j) rows[static_cast<std::size_t>(i)].push_back(x(0, 0, i, j));
    return rows;
}

const Rows one_to_nine{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};

/// One channel, a kernel of ones, no bias.
Rows with_ones(const Rows& x, ConvTranspose2dOptions options) {
    options.in_channels = options.out_channels = 1;
    upconv::ConvTranspose2d<float> up(options);
    upconv::init::ones(up);
    return rows_of(up(image(x)));
}

Rows with_kernel(const Rows& x, const Rows& kernel, const ConvTranspose2dOptions& options) {
    return rows_of(upconv::conv_transpose2d(image(x), image(kernel), options));
}

// A matrix has one row a line.
// clang-format off

TEST(Lecture, Kernel1Stride2ValidSpreadsThePixelsOut) {
    const Rows expected{
        {1, 0, 2, 0, 3, 0},
        {0, 0, 0, 0, 0, 0},
        {4, 0, 5, 0, 6, 0},
        {0, 0, 0, 0, 0, 0},
        {7, 0, 8, 0, 9, 0},
        {0, 0, 0, 0, 0, 0},
    };
    EXPECT_EQ(with_ones(one_to_nine, {.kernel = 1, .stride = 2, .padding = Padding::valid}), expected);
}

TEST(Lecture, Kernel1Stride2Padding0EndsWithTheLastPixel) {
    const Rows expected{
        {1, 0, 2, 0, 3},
        {0, 0, 0, 0, 0},
        {4, 0, 5, 0, 6},
        {0, 0, 0, 0, 0},
        {7, 0, 8, 0, 9},
    };
    EXPECT_EQ(with_ones(one_to_nine, {.kernel = 1, .stride = 2, .padding = 0}), expected);
}

const Rows each_pixel_twice{
    {1, 1, 2, 2, 3, 3},
    {1, 1, 2, 2, 3, 3},
    {4, 4, 5, 5, 6, 6},
    {4, 4, 5, 5, 6, 6},
    {7, 7, 8, 8, 9, 9},
    {7, 7, 8, 8, 9, 9},
};

TEST(Lecture, Kernel2Stride2RepeatsEachPixel) {
    EXPECT_EQ(with_ones(one_to_nine, {.kernel = 2, .stride = 2}), each_pixel_twice);
}

TEST(Lecture, NearestUpsamplingByTwoIsKernel2Stride2) {
    EXPECT_EQ(rows_of(upconv::upsample2d(image(one_to_nine), {.scale = 2})), each_pixel_twice);
}

TEST(Lecture, Kernel3Stride2SameOverlapsEverySecondPixel) {
    const Rows expected{
        {1, 1, 3, 2, 5, 3},
        {1, 1, 3, 2, 5, 3},
        {5, 5, 12, 7, 16, 9},
        {4, 4, 9, 5, 11, 6},
        {11, 11, 24, 13, 28, 15},
        {7, 7, 15, 8, 17, 9},
    };
    EXPECT_EQ(with_ones(one_to_nine, {.kernel = 3, .stride = 2, .padding = Padding::same}), expected);
}

TEST(Lecture, Kernel3Stride2Padding1OutputPadding1LiesOnePixelFurther) {
    const Rows expected{
        {1, 3, 2, 5, 3, 3},
        {5, 12, 7, 16, 9, 9},
        {4, 9, 5, 11, 6, 6},
        {11, 24, 13, 28, 15, 15},
        {7, 15, 8, 17, 9, 9},
        {7, 15, 8, 17, 9, 9},
    };
    EXPECT_EQ(with_ones(one_to_nine, {.kernel = 3, .stride = 2, .padding = 1, .output_padding = 1}), expected);
}

TEST(Lecture, Kernel4Stride1GrowsByThree) {
    const Rows expected{
        {1, 3, 6, 6, 5, 3},
        {5, 12, 21, 21, 16, 9},
        {12, 27, 45, 45, 33, 18},
        {12, 27, 45, 45, 33, 18},
        {11, 24, 39, 39, 28, 15},
        {7, 15, 24, 24, 17, 9},
    };
    EXPECT_EQ(with_ones(one_to_nine, {.kernel = 4}), expected);
}

// clang-format on

// The walk-through: each of the 2x2 pixels times the 2x2 kernel, laid one pixel further each time and added.

TEST(Lecture, TwoByTwoStride1) {
    const Rows kernel{{0, 1}, {2, 3}};
    EXPECT_EQ(with_kernel({{0, 1}, {2, 3}}, kernel, {}), (Rows{{0, 0, 1}, {0, 4, 6}, {4, 12, 9}}));
    // pixel by pixel
    EXPECT_EQ(with_kernel({{0, 1}, {0, 0}}, kernel, {}), (Rows{{0, 0, 1}, {0, 2, 3}, {0, 0, 0}}));
    EXPECT_EQ(with_kernel({{0, 0}, {2, 0}}, kernel, {}), (Rows{{0, 0, 0}, {0, 2, 0}, {4, 6, 0}}));
    EXPECT_EQ(with_kernel({{0, 0}, {0, 3}}, kernel, {}), (Rows{{0, 0, 0}, {0, 0, 3}, {0, 6, 9}}));
}

TEST(Lecture, TwoByTwoStride2DoesNotOverlap) {
    const Rows expected{
        {0, 0, 0, 1},
        {0, 0, 2, 3},
        {0, 2, 0, 3},
        {4, 6, 6, 9},
    };
    EXPECT_EQ(with_kernel({{0, 1}, {2, 3}}, {{0, 1}, {2, 3}}, {.stride = 2}), expected);
}

TEST(Lecture, TwoByTwoPadding1KeepsTheMiddle) {
    EXPECT_EQ(with_kernel({{0, 1}, {2, 3}}, {{0, 1}, {2, 3}}, {.padding = 1}), (Rows{{4}}));
}

TEST(Lecture, ConvolutionDoesNotFlipTheKernel) {
    const Rows corner{{1, 0}, {0, 2}};  // top left once, bottom right twice
    EXPECT_EQ(rows_of(upconv::conv2d(image(one_to_nine), image(corner))), (Rows{{11, 14}, {20, 23}}));
}

TEST(Lecture, ConvolutionWithPadding1KeepsTheSize) {
    const Rows kernel{{1, 1, 1}, {1, 1, 1}, {1, 1, 1}};
    EXPECT_EQ(rows_of(upconv::conv2d(image(one_to_nine), image(kernel), {.padding = 1})),
              (Rows{{12, 21, 16}, {27, 45, 33}, {24, 39, 28}}));
}

}  // namespace
