// fold_batch_norm against the operator followed by the normalisation: exactly on powers of two, then in double.
#include <gtest/gtest.h>

#include <limits>
#include <upconv/upconv.hpp>

#include "random_tensors.hpp"

namespace {

using upconv::Activation;
using upconv::Index;
using upconv::ShapeError;

/// Of one number an output channel.
template <class Scalar>
using Numbers = Eigen::Tensor<Scalar, 1, Eigen::RowMajor>;

template <class Op, class Scalar>
void expect_folded(const Op& op, const Numbers<Scalar>& gamma, const Numbers<Scalar>& beta, const Numbers<Scalar>& mean,
                   const Numbers<Scalar>& variance, double epsilon, double tolerance) {
    const Op folded = upconv::fold_batch_norm(op, gamma, beta, mean, variance, epsilon);
    EXPECT_TRUE(folded.options().bias);
    upconv::Tensor4<Scalar> x(2, op.options().in_channels, 5, 4);
    fill_integers(x, 5);
    const auto y = op(x), got = folded(x);
    for (Index n = 0; n < y.dimension(0); ++n)
        for (Index o = 0; o < y.dimension(1); ++o)
            for (Index i = 0; i < y.dimension(2); ++i)
                for (Index j = 0; j < y.dimension(3); ++j) {
                    const double expected = (double{y(n, o, i, j)} - double{mean(o)}) /
                                                std::sqrt(double{variance(o)} + epsilon) * double{gamma(o)} +
                                            double{beta(o)};
                    ASSERT_NEAR(double{got(n, o, i, j)}, expected, tolerance) << o;
                }
}

template <class Op>
void exactly(typename Op::Options options) {
    using Scalar = typename Op::Scalar;
    for (const bool bias : {false, true}) {
        options.bias = bias;
        Op op(options);
        fill_integers(op.weight(), 1), fill_integers(op.bias(), 2);
        Numbers<Scalar> gamma(options.out_channels), beta(gamma), mean(gamma), variance(gamma);
        for (Index o = 0; o < gamma.size(); ++o) {
            gamma(o) = static_cast<Scalar>(o % 2 ? -2 : 4 << o);
            beta(o) = static_cast<Scalar>(o), mean(o) = static_cast<Scalar>(3 - o);
            variance(o) = static_cast<Scalar>(4 << 2 * (o % 3)) - static_cast<Scalar>(0.5);
        }
        expect_folded<Op, Scalar>(op, gamma, beta, mean, variance, 0.5, 0);
    }
}

TEST(FoldBatchNorm, ExactlyOnPowersOfTwo) {
    for (const Index groups : {1, 2}) {
        exactly<upconv::Conv2d<float>>({.in_channels = 4, .out_channels = 6, .kernel = {3, 2}, .groups = groups});
        exactly<upconv::ConvTranspose2d<float>>(
            {.in_channels = 4, .out_channels = 6, .kernel = {3, 2}, .stride = 2, .groups = groups});
    }
}

TEST(FoldBatchNorm, Approximately) {
    upconv::ConvTranspose2d<double> up({.in_channels = 6, .out_channels = 9, .kernel = 3, .stride = 2, .groups = 3});
    fill_normals(up.bias(), 1);
    Numbers<double> gamma(9), beta(9), mean(9), variance(9);
    fill_normals(gamma, 2), fill_normals(beta, 3), fill_normals(mean, 4), fill_normals(variance, 5);
    variance = variance.square().eval();
    expect_folded<upconv::ConvTranspose2d<double>, double>(up, gamma, beta, mean, variance, 1e-5, 1e-9);
}

TEST(FoldBatchNorm, RefusesWhatCannotBeFolded) {
    upconv::Conv2d<float> conv({.in_channels = 1, .out_channels = 2, .kernel = 1});
    Numbers<float> two(2), three(3);
    two.setConstant(1), three.setConstant(1);
    const auto refused = [&](const auto& op, const auto& gamma, const auto& variance, double epsilon) {
        try {
            upconv::fold_batch_norm(op, gamma, two, two, variance, epsilon);
        } catch (const ShapeError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_EQ(refused(conv, two, two, 1e-5), "");
    EXPECT_EQ(refused(conv, three, two, 1e-5),
              "Conv2d: fold_batch_norm: gamma has 3 numbers but must have 2, one an output channel");
    EXPECT_NE(refused(conv, two, two, -1e-5).find("epsilon"), std::string::npos);
    EXPECT_NE(refused(conv, two, two, std::nan("")).find("epsilon"), std::string::npos);
    Numbers<float> variance = two;
    for (const float bad : {-1.0f, 0.0f, std::nanf("")}) {
        variance(1) = bad;
        EXPECT_NE(refused(conv, two, variance, 0).find("the variance of channel 1 is"), std::string::npos) << bad;
    }
    Numbers<float> gamma = two;
    for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
        gamma(1) = bad;
        EXPECT_NE(refused(conv, gamma, two, 1e-5).find("of channel 1 make no finite scale"), std::string::npos) << bad;
    }
    const upconv::Conv2d<float> active(
        {.in_channels = 1, .out_channels = 2, .kernel = 1, .activation = Activation::relu});
    EXPECT_NE(refused(active, two, two, 1e-5).find("activation"), std::string::npos);
}

}  // namespace
