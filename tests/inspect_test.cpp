// Inspection and initialisers: overlap_map, checkerboard_index, explain, summary, and what init:: fills in.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <sstream>
#include <upconv/upconv.hpp>

#include "random_tensors.hpp"

namespace {

using upconv::Dims;
using upconv::Index;
using upconv::Size2;
using Conv = upconv::Conv2d<float>;
using Transposed = upconv::ConvTranspose2d<float>;
using Tensor = upconv::Tensor4<float>;

Transposed transposed(Index kernel, Index stride, Index dilation = 1) {
    return Transposed({.in_channels = 1, .out_channels = 1, .kernel = kernel, .stride = stride, .dilation = dilation});
}

// Overlap and checkerboard.

TEST(Inspect, OverlapOfKernel3Stride2) {
    const auto map = upconv::overlap_map({.kernel = 3, .stride = 2}, 3, 3);
    const int row[] = {1, 1, 2, 1, 2, 1, 1};
    ASSERT_EQ(map.dimension(0), 7);
    ASSERT_EQ(map.dimension(1), 7);
    for (Index i = 0; i < 7; ++i)
        for (Index j = 0; j < 7; ++j) EXPECT_EQ(map(i, j), row[i] * row[j]);
}

/// Of the middle of a large input.
struct Span {
    Index least, most;
};
Span overlap_inside(Index k, Index s, Index d) {
    const auto map = upconv::overlap_map({.kernel = {k, 1}, .stride = {s, 1}, .dilation = {d, 1}}, 40, 1);
    Span span{std::numeric_limits<Index>::max(), 0};
    const Index margin = (k - 1) * d + s;
    for (Index i = margin; i + margin < map.dimension(0); ++i)
        span = {std::min(span.least, map(i, 0)), std::max(span.most, map(i, 0))};
    return span;
}

TEST(Inspect, OverlapIsEvenIfTheStrideDividesTheKernelAndIsCoprimeToTheDilation) {
    for (Index k = 1; k <= 8; ++k)
        for (Index s = 1; s <= 4; ++s)
            for (Index d = 1; d <= 4; ++d) {
                const auto [least, most] = overlap_inside(k, s, d);
                EXPECT_EQ(least == most, std::gcd(s, d) == 1 && k % s == 0) << k << " " << s << " " << d;
                EXPECT_EQ(least == 0, std::gcd(s, d) > 1 || k < s) << k << " " << s << " " << d;
            }
}

TEST(Inspect, CheckerboardIndexOfOnes) {
    const auto index = [](Index kernel, Index stride, Index dilation = 1) {
        Transposed up = transposed(kernel, stride, dilation);
        upconv::init::ones(up);
        return upconv::checkerboard_index(up);
    };
    EXPECT_EQ(index(2, 2), 0);
    EXPECT_EQ(index(4, 2), 0);
    EXPECT_EQ(index(3, 1), 0);
    EXPECT_EQ(index(3, 3, 2), 0);
    EXPECT_NEAR(index(3, 2), (4 - 1) / 2.25, 1e-15);  // phases sum to 4, 2, 2, 1
    EXPECT_EQ(index(1, 2), 1 / 0.25);                 // 1, 0, 0, 0
}

TEST(Inspect, CheckerboardIndexIsWhatAConstantInputShows) {
    for (const Index kernel : {2, 3, 4, 5})
        for (const Index stride : {2, 3}) {
            Transposed up = transposed(kernel, stride);
            upconv::init::uniform(up, {.low = 0.5, .high = 1.5, .seed = 7});
            Tensor x(1, 1, 9, 9);
            x.setConstant(1);
            const Tensor y = up(x);
            double low = 1e9, high = 0, sum = 0;
            for (Index i = 0; i < stride; ++i)
                for (Index j = 0; j < stride; ++j) {
                    const double pixel = y(0, 0, 4 * stride + i, 4 * stride + j);
                    low = std::min(low, pixel), high = std::max(high, pixel), sum += pixel;
                }
            const double shown = (high - low) / (sum / static_cast<double>(stride * stride));
            EXPECT_NEAR(upconv::checkerboard_index(up), shown, 1e-5 * (1 + shown));
        }
}

TEST(Inspect, CheckerboardIndexTakesTheWorstPairAndKnowsAMeanOfZero) {
    Transposed up({.in_channels = 2, .out_channels = 2, .kernel = 2, .stride = 2});
    upconv::init::ones(up);
    up.weight()(1, 0, 0, 1) = 3;
    EXPECT_NEAR(upconv::checkerboard_index(up), 2 / 1.5, 1e-15);
    up.weight()(1, 0, 0, 1) = -3;
    EXPECT_EQ(upconv::checkerboard_index(up), std::numeric_limits<double>::infinity());
}

// Words.

void expect_contains(const std::string& text, const std::vector<std::string>& parts) {
    for (const std::string& part : parts) EXPECT_NE(text.find(part), std::string::npos) << text << "lacks: " << part;
}

TEST(Inspect, ExplainConvTranspose2d) {
    const Transposed up(
        {.in_channels = 16, .out_channels = 8, .kernel = 3, .stride = 2, .padding = 1, .output_padding = 1});
    const Dims dims(2, 16, 5, 7);
    expect_contains(upconv::explain(up, dims),
                    {"ConvTranspose2d NCHW", "(2, 16, 5, 7)", "(2, 8, 10, 14)", "[in, out / groups, kh, kw]", "1,160",
                     "output row = 2 * input row + tap - 1", "output row 5 = w[0] x[3] + w[2] x[2]", "(11, 15)",
                     "rows 1 + 0", "1 to 4", "0.16128 MFLOP", "MFLOP by "});
    EXPECT_EQ(up.flops(dims), 2.0 * 2 * 16 * 8 * 9 * 5 * 7);
    EXPECT_EQ(up.parameter_count(), 16 * 8 * 9 + 8);
}

TEST(Inspect, PlanIsOneLineWithItsReason) {
    const auto text = [](const auto& plan) {
        std::ostringstream line;
        line << plan;
        EXPECT_EQ(line.str(), plan.text());
        EXPECT_EQ(line.str().find('\n'), std::string::npos);
        return line.str();
    };
    const Transposed up({.in_channels = 64, .out_channels = 64, .kernel = 4, .stride = 2, .padding = 1});
    expect_contains(text(up.plan({1, 64, 8, 8})),
                    {"ConvTranspose2d NCHW (1, 64, 8, 8) -> (1, 64, 16, 16): channels", "because: estimated ",
                     " times as fast as pixels; tiles of ", ", strips of "});
    expect_contains(text(transposed(2, 2).plan({1, 1, 2, 2})), {"listed", "because: the products are few"});
    const upconv::Conv2d<float, upconv::NHWC> alone(
        {.in_channels = 64, .out_channels = 64, .kernel = 3, .padding = 1, .groups = 64});
    expect_contains(text(alone.plan({1, 56, 56, 64})), {"depthwise", "over channels in place"});
    const Conv asked({.in_channels = 4, .out_channels = 4, .kernel = 3, .algorithm = upconv::Algorithm::reference});
    expect_contains(text(asked.plan({1, 4, 9, 9})), {"reference", "because: as the options say"});
    const auto asked_for = [&](upconv::Algorithm algorithm, upconv::Index stride) {
        return text(
            Transposed({.in_channels = 64, .out_channels = 64, .kernel = 3, .stride = stride, .algorithm = algorithm})
                .plan({1, 64, 8, 8}));
    };
    expect_contains(asked_for(upconv::Algorithm::depthwise, 2),
                    {"channels", "because: depthwise was asked for, but the groups have several channels; "});
    expect_contains(asked_for(upconv::Algorithm::listed, 2), {"listed was asked for, but the products are many; "});
    expect_contains(asked_for(upconv::Algorithm::channels, 80),
                    {"canonical", "channels was asked for, but the stride makes more than 64 phases"});
}

TEST(Inspect, ExplainWhereNoTapReaches) {
    expect_contains(upconv::explain(transposed(1, 2), {1, 1, 2, 2}), {"0 to 1 (0: the bias alone)"});
}

TEST(Inspect, ExplainUpSampling2d) {
    const upconv::UpSampling2d<float> up({.scale = 2, .mode = upconv::Interpolation::bilinear});
    expect_contains(upconv::explain(up, {1, 3, 4, 6}),
                    {"UpSampling2d NCHW: (1, 3, 4, 6) -> (1, 3, 8, 12), no parameters",
                     "output row 4 = 0.25 x[1] + 0.75 x[2]", "output column 6 = 0.25 x[2] + 0.75 x[3]"});
}

TEST(Inspect, ExplainConv2d) {
    const upconv::Conv2d<float, upconv::NHWC> conv(
        {.in_channels = 4, .out_channels = 6, .kernel = {3, 5}, .stride = {2, 1}, .padding = {1, 2}, .groups = 2});
    expect_contains(upconv::explain(conv, {1, 9, 9, 4}),
                    {"Conv2d NHWC", "(1, 9, 9, 4) -> (1, 5, 9, 6)", "[out, in / groups, kh, kw]", "186 parameters",
                     "input row = 2 * output row + tap - 1", "input column = output column + tap - 2",
                     "padded: rows 1 + 1, columns 2 + 2", "sums 30 products"});
}

TEST(Inspect, Summary) {
    const Conv conv({.in_channels = 3, .out_channels = 64, .kernel = 3, .stride = 2, .padding = 1});
    const Transposed up({.in_channels = 64, .out_channels = 3, .kernel = 2, .stride = 2});
    const upconv::UpSampling2d<float> twice({.scale = 2});
    expect_contains(upconv::summary({1, 3, 32, 32}, conv, up, twice),
                    {"1 Conv2d", "(1, 64, 16, 16)", "1,792", "2 ConvTranspose2d", "(1, 3, 32, 32)", "771",
                     "3 UpSampling2d", "(1, 3, 64, 64)", "Total params: 2,563"});
    EXPECT_THROW(upconv::summary({1, 3, 32, 32}, up), upconv::ShapeError);
}

// Initialisers.

template <class Op>
double largest(const Op& op) {
    double most = 0;
    for (Index i = 0; i < op.weight().size(); ++i) most = std::max(most, std::abs(double(op.weight().data()[i])));
    return most;
}

TEST(Init, ConstantsAndTheBias) {
    Transposed up({.in_channels = 2, .out_channels = 3, .kernel = 2});
    const auto check = [&](float value) {
        for (Index i = 0; i < up.weight().size(); ++i) EXPECT_EQ(up.weight().data()[i], value);
        for (Index i = 0; i < 3; ++i) EXPECT_EQ(up.bias()(i), 0);
        up.bias().setConstant(9);
    };
    up.bias().setConstant(9);
    upconv::init::zeros(up), check(0);
    upconv::init::ones(up), check(1);
    upconv::init::constant(up, 0.5), check(0.5);
}

TEST(Init, UniformIsSeededAndWithinItsBounds) {
    Conv a({.in_channels = 16, .out_channels = 16, .kernel = 3}), b = a, c = a;
    upconv::init::uniform(a, {.low = -2, .high = 6, .seed = 1});
    upconv::init::uniform(b, {.low = -2, .high = 6, .seed = 1});
    upconv::init::uniform(c, {.low = -2, .high = 6, .seed = 2});
    double sum = 0;
    int different = 0;
    for (Index i = 0; i < a.weight().size(); ++i) {
        const float w = a.weight().data()[i];
        EXPECT_EQ(w, b.weight().data()[i]);
        EXPECT_TRUE(w >= -2 && w <= 6);
        different += w != c.weight().data()[i];
        sum += w;
    }
    EXPECT_GT(different, 2200);
    EXPECT_NEAR(sum / 2304, 2, 0.2);  // 4 standard deviations
    EXPECT_THROW(upconv::init::uniform(a, {.low = 1, .high = 0}), upconv::ShapeError);
    // the same on every machine: the first number of std::mt19937_64 is given by the standard
    upconv::init::uniform(a, {.low = 0, .high = 1, .seed = 5489});
    EXPECT_EQ(a.weight().data()[0], static_cast<float>(static_cast<double>(14514284786278117030ull >> 11) * 0x1p-53));
}

TEST(Init, FanInIsWhatOneOutputSums) {
    Conv conv({.in_channels = 64, .out_channels = 32, .kernel = 3, .stride = 2, .groups = 2});
    EXPECT_EQ(upconv::init::fan(conv).in, 32 * 9);
    EXPECT_EQ(upconv::init::fan(conv).out, 16 * 9 / 4.0);
    Transposed up({.in_channels = 64, .out_channels = 32, .kernel = 4, .stride = 2, .groups = 2});
    EXPECT_EQ(upconv::init::fan(up).in, 32 * 16 / 4.0);
    EXPECT_EQ(upconv::init::fan(up).out, 16 * 16);
    const auto near_bound = [](const auto& op, double bound) {
        EXPECT_LE(largest(op), bound);
        EXPECT_GT(largest(op), 0.99 * bound);
    };
    near_bound(up, std::sqrt(1.0 / 128));  // as PyTorch starts: 1 / sqrt(fan in)
    upconv::init::kaiming_uniform(up), near_bound(up, std::sqrt(6.0 / 128));
    upconv::init::kaiming_uniform(conv, {.negative_slope = 1}), near_bound(conv, std::sqrt(3.0 / 288));
    upconv::init::glorot_uniform(up), near_bound(up, std::sqrt(6.0 / (128 + 256)));
}

TEST(Init, KaimingKeepsTheScaleOfAnUpsampledSignal) {
    Transposed up({.in_channels = 64, .out_channels = 16, .kernel = 4, .stride = 2, .padding = 1});
    upconv::init::kaiming_uniform(up, {.negative_slope = 1});  // gain 1
    const Tensor x = normals({1, 64, 16, 16}, 1), y = up(x);
    double square = 0;
    for (Index i = 0; i < y.size(); ++i) square += double(y.data()[i]) * y.data()[i];
    EXPECT_NEAR(square / static_cast<double>(y.size()), 1, 0.15);  // borders have fewer terms
}

TEST(Init, Bilinear) {
    const auto row = [](Index factor) {
        const Index kernel = 2 * factor - factor % 2;
        Transposed up({.in_channels = 2, .out_channels = 2, .kernel = {kernel, 1}, .stride = {factor, 1}});
        upconv::init::bilinear(up);
        std::vector<float> taps;
        for (Index i = 0; i < kernel; ++i) taps.push_back(up.weight()(1, 1, i, 0));
        EXPECT_EQ(up.weight()(0, 1, 0, 0), 0) << "channels do not mix";
        return taps;
    };
    EXPECT_EQ(row(1), (std::vector<float>{1}));
    EXPECT_EQ(row(2), (std::vector<float>{0.25f, 0.75f, 0.75f, 0.25f}));
    EXPECT_EQ(row(3), (std::vector<float>{float(1 / 3.0), float(2 / 3.0), 1, float(2 / 3.0), float(1 / 3.0)}));
    Transposed wrong({.in_channels = 1, .out_channels = 1, .kernel = 3, .stride = 2});
    EXPECT_THROW(upconv::init::bilinear(wrong), upconv::ShapeError);
    Transposed unequal({.in_channels = 1, .out_channels = 2, .kernel = 4, .stride = 2});
    EXPECT_THROW(upconv::init::bilinear(unequal), upconv::ShapeError);
    Conv conv({.in_channels = 1, .out_channels = 1, .kernel = 4, .stride = 2});
    EXPECT_THROW(upconv::init::bilinear(conv), upconv::ShapeError);
}

TEST(Init, IcnrStartsAsNearestUpsamplingWithoutACheckerboard) {
    for (const Index stride : {2, 3})
        for (const Index repeats : {1, 2}) {
            Transposed up({.in_channels = 3, .out_channels = 2, .kernel = repeats * stride, .stride = stride});
            upconv::init::icnr(up);
            EXPECT_GT(largest(up), 0);
            EXPECT_NEAR(upconv::checkerboard_index(up), 0, 1e-15);
            const Tensor x = normals({1, 3, 4, 5}, 1), y = up(x);
            for (Index i = 0; i < 4 * stride; ++i)
                for (Index j = 0; j < 5 * stride; ++j)
                    EXPECT_EQ(y(0, 1, i, j), y(0, 1, i / stride * stride, j / stride * stride));
        }
    Transposed wrong({.in_channels = 1, .out_channels = 1, .kernel = 3, .stride = 2});
    EXPECT_THROW(upconv::init::icnr(wrong), upconv::ShapeError);
}

}  // namespace
