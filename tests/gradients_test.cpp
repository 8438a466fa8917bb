// Gradients against differences of the operator itself, in double, and through the activations.
#include <gtest/gtest.h>

#include <cmath>
#include <upconv/upconv.hpp>
#include <vector>

#include "random_tensors.hpp"

namespace {

using upconv::Activation;
using upconv::Dims;
using upconv::Index;
using Tensor = upconv::Tensor4<double>;

const upconv::Conv2dOptions conv_options{.in_channels = 4,
                                         .out_channels = 6,
                                         .kernel = {3, 2},
                                         .stride = {2, 1},
                                         .padding = {1, 0, 1, 2},
                                         .dilation = {1, 2},
                                         .groups = 2};
const upconv::ConvTranspose2dOptions transposed_options{.in_channels = 6,
                                                        .out_channels = 4,
                                                        .kernel = {3, 2},
                                                        .stride = {2, 3},
                                                        .padding = {1, 0, 1, 0},
                                                        .output_padding = {1, 2},
                                                        .dilation = {1, 2},
                                                        .groups = 2};

/// <gy, op(x)> and what its rounding errors are in proportion to: the sum of |products|.
struct Loss {
    double value = 0, magnitude = 0;
};

template <class Op>
Loss loss(const Op& op, const Tensor& x, const Tensor& gy) {
    const Tensor y = op(x);
    Loss sum;
    for (Index i = 0; i < y.size(); ++i) {
        sum.value += gy.data()[i] * y.data()[i];
        sum.magnitude += std::abs(gy.data()[i] * y.data()[i]);
    }
    return sum;
}

/// (loss(+step) - loss(-step)) / (2 step) for each number of the input, the weights and the bias. `relative` is the
/// error allowed in proportion to the loss's magnitude.
template <class Op>
void check_differences(Op op, Tensor x, double step, double relative) {
    const Tensor gy = normals<double>(op.output_shape(x.dimensions()), 4);
    const auto g = op.backward(x, gy);
    const auto check = [&](const char* what, auto& argument, const auto& gradient) {
        ASSERT_EQ(argument.size(), gradient.size());
        for (Index i = 0; i < argument.size(); ++i) {
            double& number = argument.data()[i];
            const double kept = number;
            number = kept + step;
            const Loss above = loss(op, x, gy);
            number = kept - step;
            const Loss below = loss(op, x, gy);
            number = kept;
            const double difference = (above.value - below.value) / (2 * step);
            const double allowed = relative * (above.magnitude + below.magnitude);
            EXPECT_NEAR(gradient.data()[i], difference, allowed) << op.name << ", " << what << " number " << i;
        }
    };
    check("input", x, g.input), check("weight", op.weight(), g.weight), check("bias", op.bias(), g.bias);
}

template <class Op>
Op filled(typename Op::Options options) {
    Op op(options);
    fill_normals(op.weight(), 1), fill_normals(op.bias(), 2);
    return op;
}

using Conv = upconv::Conv2d<double>;
using Transposed = upconv::ConvTranspose2d<double>;
const Dims conv_dims(2, 4, 5, 6), transposed_dims(2, 6, 3, 3);

TEST(Gradients, OfALinearOperatorAreItsDifferencesAtStep1) {
    check_differences(filled<Conv>(conv_options), normals<double>(conv_dims, 3), 1, 1e-14);
    check_differences(filled<Transposed>(transposed_options), normals<double>(transposed_dims, 3), 1, 1e-14);
}

TEST(Gradients, UnderPaddingModes) {
    for (const upconv::PaddingMode mode :
         {upconv::PaddingMode::reflect, upconv::PaddingMode::replicate, upconv::PaddingMode::circular}) {
        auto conv = conv_options;
        auto transposed = transposed_options;
        conv.padding_mode = transposed.padding_mode = mode;
        check_differences(filled<Conv>(conv), normals<double>(conv_dims, 3), 1, 1e-14);
        check_differences(filled<Transposed>(transposed), normals<double>(transposed_dims, 3), 1, 1e-14);
    }
}

TEST(Gradients, ThroughSmoothActivations) {
    // A central difference of step h errs by h^2 f''' / 6 and by u |loss| / h: both about 1e-11 at h = 1e-5.
    for (const Activation& activation : {Activation::sigmoid, Activation::tanh}) {
        auto conv = conv_options;
        auto transposed = transposed_options;
        conv.activation = transposed.activation = activation;
        check_differences(filled<Conv>(conv), normals<double>(conv_dims, 3), 1e-5, 1e-9);
        check_differences(filled<Transposed>(transposed), normals<double>(transposed_dims, 3), 1e-5, 1e-9);
    }
}

TEST(Gradients, ThroughActivationsMadeOfLines) {
    // Sums at halves, kinks at whole numbers, a step too small to reach them: the differences are exact.
    for (const Activation& activation : {Activation::relu, Activation::leaky_relu(0.25), Activation::clamp(-2, 3)}) {
        auto transposed = transposed_options;
        transposed.activation = activation;
        Transposed op(transposed);
        fill_integers(op.weight(), 1), op.bias().setConstant(0.5);
        check_differences(op, integers<double>(transposed_dims, 3), 1.0 / 16, 1e-14);
        auto conv = conv_options;
        conv.activation = activation;
        Conv other(conv);
        fill_integers(other.weight(), 1), other.bias().setConstant(0.5);
        check_differences(other, integers<double>(conv_dims, 3), 1.0 / 16, 1e-14);
    }
}

/// f and f' at a number, through a 1x1 convolution of weight 1.
struct AtPoint {
    double value, slope;
};
AtPoint at(const Activation& activation, double x) {
    Conv conv({.in_channels = 1, .out_channels = 1, .kernel = 1, .bias = false, .activation = activation});
    upconv::init::ones(conv);
    Tensor pixel(1, 1, 1, 1), one(1, 1, 1, 1);
    pixel.setConstant(x), one.setConstant(1);
    return {conv(pixel)(0, 0, 0, 0), conv.backward(pixel, one).input(0, 0, 0, 0)};
}

TEST(Gradients, ActivationsAtAndBesideTheirKinks) {
    const auto expect = [](const Activation& f, double x, double value, double slope) {
        EXPECT_EQ(at(f, x).value, value) << x;
        EXPECT_EQ(at(f, x).slope, slope) << x;
    };
    expect(Activation::none, -2, -2, 1);
    expect(Activation::relu, -1, 0, 0), expect(Activation::relu, 0, 0, 0), expect(Activation::relu, 2, 2, 1);
    const Activation leaky = Activation::leaky_relu(0.25);
    expect(leaky, -4, -1, 0.25), expect(leaky, 0, 0, 0.25), expect(leaky, 4, 4, 1);
    const Activation clamp = Activation::clamp(-1, 2);
    expect(clamp, -3, -1, 0), expect(clamp, -1, -1, 1), expect(clamp, 0, 0, 1), expect(clamp, 2, 2, 1);
    expect(clamp, 3, 2, 0);
    EXPECT_EQ(at(Activation::sigmoid, 0).value, 0.5);
    EXPECT_EQ(at(Activation::sigmoid, 0).slope, 0.25);
    EXPECT_EQ(at(Activation::tanh, 0).slope, 1);
    EXPECT_EQ(at(Activation::sigmoid, -1000).value, 0);
    EXPECT_EQ(at(Activation::tanh, 1000).value, 1);
    EXPECT_NEAR(at(Activation::sigmoid, 1).value, 1 / (1 + std::exp(-1)), 1e-16);
    EXPECT_NEAR(at(Activation::tanh, 0.5).value, std::tanh(0.5), 1e-16);
    for (const Activation& f :
         {Activation::none, Activation::relu, leaky, Activation::sigmoid, Activation::tanh, clamp})
        EXPECT_TRUE(std::isnan(at(f, std::nan("")).value));
    EXPECT_THROW(Activation::clamp(1, -1), upconv::ShapeError);
    EXPECT_THROW(Activation::clamp(std::nan(""), 1), upconv::ShapeError);
}

TEST(Gradients, AnActivationFollowsTheBias) {
    Conv conv({.in_channels = 1, .out_channels = 2, .kernel = 1, .activation = Activation::relu});
    upconv::init::ones(conv);
    conv.bias().setValues({-3, 3});
    Tensor x(1, 1, 1, 1);
    x.setConstant(1);
    const Tensor y = conv(x);
    EXPECT_EQ(y(0, 0, 0, 0), 0);
    EXPECT_EQ(y(0, 1, 0, 0), 4);
}

TEST(Gradients, WithAnActivationTheInputIsNeeded) {
    auto options = transposed_options;
    options.activation = Activation::relu;
    const Transposed op = filled<Transposed>(options);
    const Tensor x = normals<double>(transposed_dims, 3), gy = normals<double>(op.output_shape(transposed_dims), 4);
    EXPECT_THROW(op.backward_input(gy, x.dimensions()), upconv::ShapeError);
    const Tensor weight = op.backward_weight(x, gy), both = op.backward(x, gy).weight;
    for (Index i = 0; i < weight.size(); ++i) EXPECT_EQ(weight.data()[i], both.data()[i]);
}

}  // namespace
