// UpSampling2d against exact integer arithmetic, against transposed convolution, and its gradient as the adjoint.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <upconv/upconv.hpp>
#include <vector>

#include "random_tensors.hpp"

namespace {

using upconv::Coordinates;
using upconv::Dims;
using upconv::Index;
using upconv::Interpolation;
using upconv::Scale2;
using upconv::Size2;
using upconv::UpSampling2dOptions;
using Tensor = upconv::Tensor4<double>;
using UpSampling = upconv::UpSampling2d<double>;

/// 0, 1, 2, ... along the rows, in two columns.
Tensor ramp(Index n) {
    Tensor x(1, 1, n, 2);
    for (Index i = 0; i < n; ++i) x(0, 0, i, 0) = x(0, 0, i, 1) = static_cast<double>(i);
    return x;
}

std::vector<double> rows_of(const Tensor& y) {
    std::vector<double> rows;
    for (Index i = 0; i < y.dimension(2); ++i) rows.push_back(y(0, 0, i, 0));
    return rows;
}

std::vector<double> resized(Index n, const UpSampling2dOptions& options) {
    return rows_of(upconv::upsample2d(ramp(n), options));
}

// Nearest.

TEST(UpSampling2d, NearestTakesTheCellThatIntegersSay) {
    for (Index n = 1; n <= 40; ++n)
        for (Index m = 1; m <= 40; ++m) {
            const auto nearest = resized(n, {.size = Size2(m, 2)});
            const auto exact = resized(n, {.size = Size2(m, 2), .mode = Interpolation::nearest_exact});
            ASSERT_EQ(nearest.size(), static_cast<std::size_t>(m));
            for (Index o = 0; o < m; ++o) {
                EXPECT_EQ(nearest[static_cast<std::size_t>(o)], o * n / m) << n << " to " << m;
                EXPECT_EQ(exact[static_cast<std::size_t>(o)], (2 * o + 1) * n / (2 * m)) << n << " to " << m;
            }
        }
}

TEST(UpSampling2d, NearestAndNearestExactDifferBetweenWholeFactors) {
    EXPECT_EQ(resized(4, {.size = Size2(6, 2)}), (std::vector<double>{0, 0, 1, 2, 2, 3}));
    EXPECT_EQ(resized(4, {.size = Size2(6, 2), .mode = Interpolation::nearest_exact}),
              (std::vector<double>{0, 1, 1, 2, 3, 3}));
}

TEST(UpSampling2d, NearestOfALongRowLosesNoPixel) {
    const Index n = (Index(1) << 24) + 3;  // float cannot count this far
    upconv::UpSampling2d<std::int8_t> up({.size = Size2(1, n)});
    upconv::Tensor4<std::int8_t> x(1, 1, 1, n);
    for (Index j = 0; j < n; ++j) x(0, 0, 0, j) = static_cast<std::int8_t>(j % 101);
    const auto y = up(x);
    EXPECT_EQ(std::memcmp(x.data(), y.data(), static_cast<std::size_t>(n)), 0);
}

// Extents and coordinates.

TEST(UpSampling2d, OutputExtentIsFloorOfInputTimesScale) {
    const auto extent = [](Index n, double scale) {
        return UpSampling({.scale = scale}).output_shape({1, 1, n, n})[2];
    };
    EXPECT_EQ(extent(7, 1.5), 10);
    EXPECT_EQ(extent(3, 2.999), 8);
    EXPECT_EQ(extent(10, 0.1), 1);
    EXPECT_EQ(extent(5, 2), 10);
    EXPECT_EQ(UpSampling({.scale = {2, 0.5}}).output_shape({3, 4, 5, 8}), Dims(3, 4, 10, 4));
    EXPECT_EQ(UpSampling({.size = {10, 4}}).output_shape({3, 4, 5, 8}), Dims(3, 4, 10, 4));
}

TEST(UpSampling2d, AGivenScaleIsTheStepAndAGivenSizeTheRatio) {
    const auto by_scale = resized(7, {.scale = Scale2(1.5, 1), .mode = Interpolation::bilinear});
    const auto by_size = resized(7, {.size = Size2(10, 2), .mode = Interpolation::bilinear});
    ASSERT_EQ(by_scale.size(), 10u);
    for (std::size_t o = 1; o < 9; ++o) {  // inside, bilinear of a ramp is the source coordinate itself
        const double at = static_cast<double>(o) + 0.5;
        EXPECT_NEAR(by_scale[o], at / 1.5 - 0.5, 1e-14);
        EXPECT_NEAR(by_size[o], at * 0.7 - 0.5, 1e-14);
    }
}

TEST(UpSampling2d, AlignCornersMapsEndsToEnds) {
    for (Index n = 2; n <= 9; ++n)
        for (Index m = 2; m <= 20; ++m) {
            const UpSampling2dOptions options{
                .size = Size2(m, 2), .mode = Interpolation::bilinear, .coordinates = Coordinates::align_corners};
            const auto y = resized(n, options);
            EXPECT_EQ(y.front(), 0);
            EXPECT_EQ(y.back(), static_cast<double>(n - 1));
            for (std::size_t o = 0; o < y.size(); ++o)
                EXPECT_NEAR(y[o], static_cast<double>(o) * static_cast<double>(n - 1) / static_cast<double>(m - 1),
                            1e-14 * static_cast<double>(n));
        }
}

TEST(UpSampling2d, AsymmetricStartsAtTheFirstCell) {
    EXPECT_EQ(resized(3, {.scale = 2, .mode = Interpolation::bilinear, .coordinates = Coordinates::asymmetric}),
              (std::vector<double>{0, 0.5, 1, 1.5, 2, 2}));
}

TEST(UpSampling2d, HalfPixelCentresTheGridsOnEachOther) {
    EXPECT_EQ(resized(3, {.scale = 2, .mode = Interpolation::bilinear}),
              (std::vector<double>{0, 0.25, 0.75, 1.25, 1.75, 2}));
    EXPECT_EQ(resized(4, {.scale = 0.5, .mode = Interpolation::bilinear}), (std::vector<double>{0.5, 2.5}));
}

TEST(UpSampling2d, AreaIsTheMeanOfTheCellsTouched) {
    EXPECT_EQ(resized(6, {.size = Size2(3, 2), .mode = Interpolation::area}), (std::vector<double>{0.5, 2.5, 4.5}));
    EXPECT_EQ(resized(4, {.size = Size2(3, 2), .mode = Interpolation::area}), (std::vector<double>{0.5, 1.5, 2.5}));
}

TEST(UpSampling2d, CubicIsKeysFilter) {
    // Halfway between cells: weights (a / 8, 1/2 - a/8, 1/2 - a/8, a / 8), exact for these a.
    Tensor x(1, 1, 8, 1);
    x.setZero();
    x(0, 0, 3, 0) = 64;
    const auto at_half = [&](std::optional<double> a) {
        const UpSampling up({.scale = Scale2(0.5, 1), .mode = Interpolation::bicubic, .cubic_coefficient = a});
        const Tensor y = up(x);  // coordinates 0.5, 2.5, 4.5, 6.5
        return std::vector<double>{y(0, 0, 0, 0), y(0, 0, 1, 0), y(0, 0, 2, 0), y(0, 0, 3, 0)};
    };
    EXPECT_EQ(at_half(std::nullopt), (std::vector<double>{0, 64 * (0.5 + 0.75 / 8), -64 * 0.75 / 8, 0}));
    EXPECT_EQ(at_half(-0.5), (std::vector<double>{0, 64 * (0.5 + 0.5 / 8), -64 * 0.5 / 8, 0}));
}

// Properties of every mode.

std::vector<UpSampling2dOptions> every_mode() {
    std::vector<UpSampling2dOptions> all;
    for (const Interpolation mode : {Interpolation::nearest, Interpolation::nearest_exact, Interpolation::bilinear,
                                     Interpolation::bicubic, Interpolation::area})
        all.push_back({.mode = mode});
    for (const Interpolation mode : {Interpolation::bilinear, Interpolation::bicubic}) {
        for (const Coordinates coordinates : {Coordinates::align_corners, Coordinates::asymmetric})
            all.push_back({.mode = mode, .coordinates = coordinates});
        all.push_back({.mode = mode, .antialias = true});
    }
    return all;
}

template <class F>
void for_each_mode_and_size(const F& f) {
    for (UpSampling2dOptions options : every_mode())
        for (const Size2& size : {Size2(5, 7), Size2(10, 14), Size2(3, 2), Size2(8, 4), Size2(1, 1), Size2(11, 23)}) {
            SCOPED_TRACE(std::to_string(static_cast<int>(options.mode)) + " to " + upconv::to_text(size));
            options.size = size;
            f(UpSampling(options));
        }
}

TEST(UpSampling2d, IdentityIsACopyToTheBit) {
    upconv::Tensor4<float> x = normals({2, 3, 5, 7}, 1);
    const float special[] = {std::numeric_limits<float>::quiet_NaN(),
                             -std::numeric_limits<float>::quiet_NaN(),
                             -0.0f,
                             std::numeric_limits<float>::infinity(),
                             -std::numeric_limits<float>::infinity(),
                             std::numeric_limits<float>::denorm_min()};
    for (Index i = 0; i < x.size(); ++i)
        if (i % 4 == 0) x.data()[i] = special[i / 4 % 6];
    for (UpSampling2dOptions options : every_mode())
        for (const bool by_scale : {false, true}) {
            options.size = by_scale ? std::nullopt : std::optional(Size2(5, 7));
            options.scale = by_scale ? std::optional(Scale2(1)) : std::nullopt;
            const upconv::Tensor4<float> y = upconv::upsample2d(x, options);
            ASSERT_EQ(y.size(), x.size());
            EXPECT_EQ(std::memcmp(y.data(), x.data(), static_cast<std::size_t>(x.size()) * sizeof(float)), 0)
                << "mode " << static_cast<int>(options.mode);
        }
}

TEST(UpSampling2d, ConstantsStayConstant) {
    for_each_mode_and_size([](const UpSampling& up) {
        Tensor x(1, 1, 5, 7);
        x.setConstant(3);
        const Tensor y = up(x);
        for (Index i = 0; i < y.size(); ++i) EXPECT_NEAR(y.data()[i], 3, 1e-14);
    });
}

TEST(UpSampling2d, TheGradientIsTheAdjoint) {
    for_each_mode_and_size([](const UpSampling& up) {
        const Tensor x = normals<double>({2, 3, 5, 7}, 1), y = up(x), gy = normals<double>(y.dimensions(), 2);
        const Tensor gx = up.backward(x, gy).input;
        ASSERT_EQ(Dims(gx.dimensions()), Dims(x.dimensions()));
        double forward = 0, backward = 0, magnitude = 0;
        for (Index i = 0; i < y.size(); ++i) forward += y.data()[i] * gy.data()[i];
        for (Index i = 0; i < x.size(); ++i) backward += x.data()[i] * gx.data()[i];
        for (Index i = 0; i < y.size(); ++i) magnitude += std::abs(y.data()[i] * gy.data()[i]);
        EXPECT_NEAR(forward, backward, 1e-12 * (1 + magnitude));
    });
}

TEST(UpSampling2d, TheGradientOfNearestCountsCopies) {
    const upconv::UpSampling2d<int> up({.size = Size2(7, 1)});
    upconv::Tensor4<int> gy(1, 1, 7, 1);
    gy.setConstant(1);
    const auto gx = up.backward_input(gy, {1, 1, 3, 1});  // 0 0 0 1 1 2 2
    EXPECT_EQ(gx(0, 0, 0, 0), 3);
    EXPECT_EQ(gx(0, 0, 1, 0), 2);
    EXPECT_EQ(gx(0, 0, 2, 0), 2);
}

TEST(UpSampling2d, AxesDoNotMix) {
    for_each_mode_and_size([](const UpSampling& up) {
        const Tensor x = normals<double>({1, 1, 5, 7}, 1), y = up(x);
        UpSampling2dOptions options = up.options();
        options.size = Size2(y.dimension(2), 7);
        const Tensor rows = upconv::upsample2d(x, options);
        options.size = Size2(y.dimension(2), y.dimension(3));
        const Tensor both = upconv::upsample2d(rows, options);
        for (Index i = 0; i < y.size(); ++i) EXPECT_NEAR(y.data()[i], both.data()[i], 1e-13);
    });
}

// Bilinear upsampling is a transposed convolution with the bilinear filter, where copies of the border stand around the
// input: pad 1, transpose, and crop f more than the padding does.

TEST(UpSampling2d, BilinearIsATransposedConvolutionOfTheReplicatedInput) {
    for (Index f = 1; f <= 6; ++f) {
        upconv::ConvTranspose2d<double> transposed(
            {.in_channels = 2, .out_channels = 2, .kernel = 2 * f - f % 2, .stride = f, .padding = f / 2, .groups = 2});
        upconv::init::bilinear(transposed);
        const Tensor x = integers<double>({1, 2, 4, 5}, 1);
        Tensor padded(1, 2, 6, 7);
        for (Index c = 0; c < 2; ++c)
            for (Index i = 0; i < 6; ++i)
                for (Index j = 0; j < 7; ++j)
                    padded(0, c, i, j) = x(0, c, std::clamp<Index>(i - 1, 0, 3), std::clamp<Index>(j - 1, 0, 4));
        const Tensor bilinear =
            upconv::upsample2d(x, {.scale = static_cast<double>(f), .mode = Interpolation::bilinear});
        const Tensor whole = transposed(padded);
        for (Index c = 0; c < 2; ++c)
            for (Index i = 0; i < 4 * f; ++i)
                for (Index j = 0; j < 5 * f; ++j) {
                    const double expected = whole(0, c, i + f, j + f);
                    if (f == 1 || f == 2 || f == 4)
                        EXPECT_EQ(bilinear(0, c, i, j), expected) << f;  // weights are exact in binary
                    else
                        EXPECT_NEAR(bilinear(0, c, i, j), expected, 1e-14) << f;
                }
    }
}

}  // namespace
