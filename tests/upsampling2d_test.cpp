// UpSampling2d against exact integer arithmetic, against transposed convolution, and its gradient as the adjoint.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <upconv/conv_transpose2d.hpp>
#include <upconv/init.hpp>
#include <upconv/upsampling2d.hpp>
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
    for (Index n = 1; n <= 128; ++n)
        for (Index m = 1; m <= 128; ++m) {
            const auto nearest = resized(n, {.size = Size2(m, 2)});
            const auto exact = resized(n, {.size = Size2(m, 2), .mode = Interpolation::nearest_exact});
            ASSERT_EQ(nearest.size(), static_cast<std::size_t>(m));
            for (Index o = 0; o < m; ++o) {
                ASSERT_EQ(nearest[static_cast<std::size_t>(o)], o * n / m) << n << " to " << m;
                ASSERT_EQ(exact[static_cast<std::size_t>(o)], (2 * o + 1) * n / (2 * m)) << n << " to " << m;
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

/// Output o of an axis by itself.
upconv::ResizeTable output_of(const upconv::detail::ResizeAxis& axis, const upconv::detail::ResizeRule& rule, Index o) {
    upconv::ResizeTable table;
    upconv::detail::add_taps(axis, rule, o, table);
    return table;
}

TEST(UpSampling2d, TablesOfLongRowsAreExact) {
    const Index n = (Index(1) << 24) + 1;
    using Cells = std::vector<Index>;
    using Weights = std::vector<double>;
    for (const Index o : {Index(0), Index(1), n / 2, n - 2, n - 1}) {
        const auto same = [&](const upconv::detail::ResizeRule& rule) { return output_of({n, n, {}}, rule, o); };
        for (const Interpolation mode : {Interpolation::nearest, Interpolation::nearest_exact, Interpolation::bilinear,
                                         Interpolation::bicubic, Interpolation::area, Interpolation::lanczos3})
            EXPECT_EQ(same({.mode = mode}).source, Cells{o});
        // x2: output 2 o + 1 lies a quarter beyond cell o, 3 x: output 3 o + 2 a third.
        const Index next = std::min(o + 1, n - 1);
        const auto twice = output_of({n, 2 * n, {}}, {.mode = Interpolation::bilinear}, 2 * o + 1);
        EXPECT_EQ(twice.source, next == o ? Cells{o} : Cells({o, next}));
        EXPECT_EQ(twice.weight, next == o ? Weights{1} : Weights({0.75, 0.25}));
        const auto thrice = output_of({n, 3 * n, {}}, {.mode = Interpolation::bilinear}, 3 * o + 2);
        EXPECT_EQ(thrice.source, twice.source);
        EXPECT_NEAR(thrice.weight[0], next == o ? 1 : 2. / 3, 0x1p-53);
        EXPECT_EQ(output_of({n, 2 * n, {}}, {.mode = Interpolation::nearest}, 2 * o + 1).source, Cells{o});
        // To half, the antialiased triangle has the weights 1, 3, 3, 1.
        if (o > 1 && o < n / 2 - 1) {
            const auto half = output_of({n - 1, n / 2, {}}, {.mode = Interpolation::bilinear, .antialias = true}, o);
            EXPECT_EQ(half.source, Cells({2 * o - 1, 2 * o, 2 * o + 1, 2 * o + 2}));
            EXPECT_EQ(half.weight, Weights({0.125, 0.375, 0.375, 0.125}));
        }
    }
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

TEST(UpSampling2d, LanczosIsTheNormalisedWindowedSinc) {
    // Halfway between cells the distances are 0.5, 1.5 and 2.5 on both sides: sinc(t) sinc(t / 3).
    const auto filter = [](double t) {
        const double x = std::numbers::pi * t;
        return std::sin(x) / x * std::sin(x / 3) / (x / 3);
    };
    const double total = 2 * (filter(0.5) + filter(1.5) + filter(2.5));
    const auto y = resized(12, {.scale = Scale2(0.5, 1), .mode = Interpolation::lanczos3});  // of a ramp, at 4.5
    EXPECT_NEAR(y[2], 4.5, 1e-14);
    const auto table = UpSampling({.scale = 0.5, .mode = Interpolation::lanczos3}).tables({1, 1, 12, 12}).first;
    const double* const weight = table.weight.data() + table.first[2];
    for (const Index t : {0, 1, 2}) {
        EXPECT_NEAR(weight[2 - t], filter(static_cast<double>(t) + 0.5) / total, 1e-15);
        EXPECT_EQ(weight[2 - t], weight[3 + t]);
    }
}

TEST(UpSampling2d, TapsBesideTheInputAreClampedOrDropped) {
    // Output 0 of x2 lies at -0.25: cells -1 and 0 with 0.25 and 0.75; of bicubic -2 to 1.
    const auto first = [](Interpolation mode, upconv::ResizeBorder border) {
        const UpSampling up({.scale = 2, .mode = mode, .border = border});
        auto table = up.tables({1, 1, 4, 4}).first;
        table.weight.resize(static_cast<std::size_t>(table.first[1]));
        return table.weight;
    };
    using upconv::ResizeBorder;
    EXPECT_EQ(first(Interpolation::bilinear, ResizeBorder::clamp), std::vector<double>{1});
    EXPECT_EQ(first(Interpolation::bilinear, ResizeBorder::drop), std::vector<double>{1});
    const double far = upconv::detail::cubic_weight(1.75, -0.75), beside = upconv::detail::cubic_weight(0.75, -0.75);
    const double on = upconv::detail::cubic_weight(0.25, -0.75), next = upconv::detail::cubic_weight(1.25, -0.75);
    EXPECT_EQ(first(Interpolation::bicubic, ResizeBorder::clamp), (std::vector<double>{far + beside + on, next}));
    EXPECT_EQ(first(Interpolation::bicubic, ResizeBorder::drop),
              (std::vector<double>{on / (on + next), next / (on + next)}));
}

TEST(UpSampling2d, PicturesInBytesRoundHalfUpAndSaturate) {
    using Picture = upconv::Tensor4<std::uint8_t>;
    Picture x(1, 1, 1, 4);
    x.setValues({{{{0, 2, 255, 0}}}});
    const Picture twice = upconv::upsample2d(x, {.scale = {1, 2}, .mode = Interpolation::bilinear});
    const int expected[] = {0, 1, 2, 65, 192, 191, 64, 0};  // of 0, 0.5, 1.5, 65.25, 191.75, 191.25, 63.75, 0
    for (Index j = 0; j < 8; ++j) EXPECT_EQ(twice(0, 0, 0, j), expected[j]);

    Picture picture(2, 3, 9, 11);
    upconv::Tensor4<double> exact(picture.dimensions());
    fill_integers(picture, 1, 127);
    for (Index i = 0; i < picture.size(); ++i) {
        picture.data()[i] = static_cast<std::uint8_t>(picture.data()[i] < 90 ? 0 : 255);  // overshoots
        exact.data()[i] = picture.data()[i];
    }
    for (const Interpolation mode : {Interpolation::bilinear, Interpolation::bicubic, Interpolation::lanczos3})
        for (const bool antialias : {false, true}) {
            const UpSampling2dOptions options{.size = Size2(7, 23), .mode = mode, .antialias = antialias};
            const Picture y = upconv::upsample2d(picture, options);
            const Tensor z = upconv::upsample2d(exact, options);
            for (Index i = 0; i < y.size(); ++i) {
                const double bounded = std::clamp(z.data()[i], 0.0, 255.0);
                EXPECT_LE(std::abs(y.data()[i] - bounded), 0.5 + 1e-4);  // sums in float
            }
        }
    const upconv::UpSampling2d<std::uint8_t> smooth({.scale = 2, .mode = Interpolation::bilinear});
    EXPECT_THROW(smooth.backward_input(twice, {1, 1, 1, 4}), upconv::ShapeError);
}

TEST(UpSampling2d, HalfIsFloatRoundedOnce) {
    const upconv::Tensor4<Eigen::half> x = normals<Eigen::half>({1, 3, 9, 21}, 1);
    const upconv::Tensor4<float> wide = x.cast<float>();
    for (const Interpolation mode : {Interpolation::nearest, Interpolation::bicubic, Interpolation::area}) {
        const UpSampling2dOptions options{.size = Size2(20, 30), .mode = mode};
        const upconv::Tensor4<Eigen::half> y = upconv::upsample2d(x, options);
        const upconv::Tensor4<float> z = upconv::upsample2d(wide, options);
        for (Index i = 0; i < y.size(); ++i) EXPECT_EQ(y.data()[i], static_cast<Eigen::half>(z.data()[i]));
    }
}

// Properties of every mode.

std::vector<UpSampling2dOptions> every_mode() {
    std::vector<UpSampling2dOptions> all;
    for (const Interpolation mode : {Interpolation::nearest, Interpolation::nearest_exact, Interpolation::bilinear,
                                     Interpolation::bicubic, Interpolation::area, Interpolation::lanczos3})
        all.push_back({.mode = mode});
    for (const Interpolation mode : {Interpolation::bilinear, Interpolation::bicubic, Interpolation::lanczos3}) {
        for (const Coordinates coordinates : {Coordinates::align_corners, Coordinates::asymmetric})
            all.push_back({.mode = mode, .coordinates = coordinates});
        all.push_back({.mode = mode, .antialias = true});
        all.push_back({.mode = mode, .border = upconv::ResizeBorder::drop});
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

// The shared core: interpolation by a whole factor is a transposed convolution, channel by channel.

template <class T>
upconv::ConvTranspose2d<T> depthwise(Index factor, Index kernel, Index padding) {
    return upconv::ConvTranspose2d<T>({.in_channels = 2,
                                       .out_channels = 2,
                                       .kernel = kernel,
                                       .stride = factor,
                                       .padding = padding,
                                       .groups = 2,
                                       .bias = false});
}

TEST(UpSampling2d, NearestIsATransposedConvolutionWithOnes) {
    for (Index f = 1; f <= 6; ++f) {
        auto transposed = depthwise<float>(f, f, 0);
        upconv::init::ones(transposed);
        const auto x = normals({2, 2, 5, 7}, 1);
        const auto nearest = upconv::upsample2d(x, {.scale = static_cast<double>(f)}), sums = transposed(x);
        ASSERT_EQ(Dims(nearest.dimensions()), Dims(sums.dimensions()));
        for (Index i = 0; i < sums.size(); ++i) EXPECT_EQ(nearest.data()[i], sums.data()[i]) << f;
    }
}

// Bilinear upsampling is one with the bilinear filter, where copies of the border stand around the
// input: pad 1, transpose, and crop f more than the padding does.

TEST(UpSampling2d, BilinearIsATransposedConvolutionOfTheReplicatedInput) {
    for (Index f = 1; f <= 6; ++f) {
        auto transposed = depthwise<double>(f, 2 * f - f % 2, f / 2);
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
