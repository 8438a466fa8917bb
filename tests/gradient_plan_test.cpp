// The gradient plan: what it gives, adds to and refuses; the gradient of the bias, and slopes.
#include <gtest/gtest.h>

#include <upconv/engine/gradient_kernels.hpp>
#include <upconv/upconv.hpp>

#include "problems.hpp"
#include "random_tensors.hpp"

namespace {

using namespace upconv::detail;
using upconv::Activation;
using upconv::Dims;
using upconv::GradientOptions;
using upconv::Gradients;
using upconv::Index;
using upconv::NCHW;
using upconv::NHWC;
using upconv::PaddingMode;
using Tensor = upconv::Tensor4<float, Eigen::RowMajor>;

template <class Op>
class GradientPlans : public testing::Test {};
using Operators =
    testing::Types<upconv::Conv2d<float, NCHW>, upconv::Conv2d<float, NHWC>, upconv::ConvTranspose2d<float, NCHW>,
                   upconv::ConvTranspose2d<double, NHWC>, upconv::ConvTranspose2d<Eigen::half, NCHW>>;
TYPED_TEST_SUITE(GradientPlans, Operators, );

template <class G>
bool equal(const G& a, const G& b) {
    return same_bits(a.input, b.input) && same_bits(a.weight, b.weight) && same_bits(a.bias, b.bias);
}

/// One plan, whatever the weights are now and however often; with y as without; added to what is there.
TYPED_TEST(GradientPlans, GiveWhatBackwardGives) {
    using T = typename TypeParam::Scalar;
    using Result = Gradients<T, Eigen::RowMajor>;
    const bool last = std::is_same_v<typename TypeParam::Layout, NHWC>;
    for (const PaddingMode mode : {PaddingMode::zeros, PaddingMode::reflect})
        for (const Activation& f : {Activation::none, Activation::relu}) {
            TypeParam op({.in_channels = 6,
                          .out_channels = 9,
                          .kernel = 3,
                          .stride = 2,
                          .padding = 1,
                          .groups = 3,
                          .padding_mode = mode,
                          .activation = f});
            upconv::Tensor4<T> x(last ? Dims(2, 7, 8, 6) : Dims(2, 6, 7, 8)), gy(op.output_shape(x.dimensions()));
            fill_integers(x, 1), fill_integers(gy, 2);
            auto plan = op.gradient_plan(x.dimensions());
            auto adding = op.gradient_plan(x.dimensions(), {.accumulate = true});
            Result g, with_y, sum;
            for (const std::uint64_t seed : {3u, 4u}) {
                fill_integers(op.weight(), seed), fill_integers(op.bias(), seed);
                const Result expected = op.backward(x, gy);
                plan(x, gy, op, g);
                EXPECT_TRUE(equal(g, expected));
                plan(x, op(x), gy, op, with_y);
                EXPECT_TRUE(equal(with_y, expected));
                sum = Result();
                adding(x, gy, op, sum), adding(x, op(x), gy, op, sum);
                for (Index i = 0; i < sum.input.size(); ++i)
                    ASSERT_EQ(sum.input.data()[i], T(expected.input.data()[i] + expected.input.data()[i]));
                for (Index i = 0; i < sum.weight.size(); ++i)
                    ASSERT_EQ(sum.weight.data()[i], T(expected.weight.data()[i] + expected.weight.data()[i]));
                for (Index i = 0; i < sum.bias.size(); ++i)
                    ASSERT_EQ(sum.bias.data()[i], T(expected.bias.data()[i] + expected.bias.data()[i]));
            }
        }
}

TYPED_TEST(GradientPlans, GiveOnlyWhatIsWanted) {
    using T = typename TypeParam::Scalar;
    const bool last = std::is_same_v<typename TypeParam::Layout, NHWC>;
    const TypeParam op({.in_channels = 2, .out_channels = 3, .kernel = 3});
    upconv::Tensor4<T> x(last ? Dims(1, 5, 5, 2) : Dims(1, 2, 5, 5)), gy(op.output_shape(x.dimensions()));
    fill_integers(x, 1), fill_integers(gy, 2);
    const auto all = op.backward(x, gy);
    for (const GradientOptions& wanted :
         {GradientOptions{.input = false, .bias = false}, GradientOptions{.weight = false},
          GradientOptions{.input = false, .weight = false, .bias = false}}) {
        Gradients<T, Eigen::RowMajor> g;
        op.gradient_plan(x.dimensions(), wanted)(x, gy, op, g);
        EXPECT_EQ(g.input.size(), wanted.input ? all.input.size() : 0);
        EXPECT_EQ(g.weight.size(), wanted.weight ? all.weight.size() : 0);
        EXPECT_EQ(g.bias.size(), wanted.bias ? all.bias.size() : 0);
    }
}

template <class F>
std::string refusal(const F& f) {
    try {
        f();
    } catch (const upconv::ShapeError& error) {
        return error.what();
    }
    return "nothing was refused";
}

TEST(GradientPlan, RefusesWhatDoesNotFit) {
    using Up = upconv::ConvTranspose2d<float>;
    const Up up({.in_channels = 2, .out_channels = 3, .kernel = 3, .activation = Activation::leaky_relu(-0.5)});
    const Up other({.in_channels = 2, .out_channels = 3, .kernel = 3, .stride = 2});
    Tensor x(1, 2, 5, 5), gy(up.output_shape(x.dimensions())), wrong(1, 3, 4, 4);
    x.setZero(), gy.setZero(), wrong.setZero();
    auto plan = up.gradient_plan(x.dimensions());
    Gradients<float, Eigen::RowMajor> g;
    const auto expect = [](const std::string& message, const std::string& part) {
        EXPECT_NE(message.find(part), std::string::npos) << message;
    };
    expect(refusal([&] { plan(x, wrong, up, g); }),
           "the output's gradient has the shape (1, 3, 4, 4) but must have (1, 3, 7, 7)");
    expect(refusal([&] { plan(x, wrong, gy, up, g); }), "the output has the shape (1, 3, 4, 4)");
    expect(refusal([&] { plan(gy, gy, up, g); }), "the input has the shape (1, 3, 7, 7)");
    expect(refusal([&] { plan(x, gy, other, g); }), "make one with this operator's gradient_plan()");
    expect(refusal([&] { plan(x, gy, gy, up, g); }), "the slope -0.5 of leaky_relu is negative");
    EXPECT_EQ(g.input.size() + g.weight.size() + g.bias.size(), 0) << "nothing is made before all of it is checked";
    auto adding = other.gradient_plan(x.dimensions(), {.accumulate = true});
    Tensor gz(other.output_shape(x.dimensions()));
    gz.setZero();
    g.weight.resize(1, 2, 3, 3);
    g.weight.setZero();
    Gradients<float, Eigen::RowMajor> late;  // the last that is looked at
    late.input.resize(1, 1, 1, 1);
    late.input.setZero();
    expect(refusal([&] { adding(x, gz, other, g); }),
           "the weights' gradient, to which is added, has the shape (1, 2, 3, 3) but must have (2, 3, 3, 3)");
    EXPECT_EQ(g.input.size(), 0);
    expect(refusal([&] { adding(x, gz, other, late); }),
           "the input's gradient, to which is added, has the shape (1, 1, 1, 1)");
    EXPECT_EQ(late.weight.size() + late.bias.size(), 0) << "nothing is made before all of it is checked";
}

/// A chain of operators hands on g.input: not into the tensors that it lies in.
TEST(GradientPlan, RefusesResultsThatLieInWhatIsRead) {
    const upconv::Conv2d<float> conv({.in_channels = 3, .out_channels = 3, .kernel = 3, .padding = 1});
    Tensor x(1, 3, 5, 5);
    fill_integers(x, 1);
    auto plan = conv.gradient_plan(x.dimensions());
    Gradients<float, Eigen::RowMajor> g;
    g.input = x;
    const std::string part = "the input's gradient overlaps in memory what it is computed from";
    EXPECT_NE(refusal([&] { plan(x, g.input, conv, g); }).find(part), std::string::npos);
    EXPECT_NE(refusal([&] { plan(g.input, x, conv, g); }).find(part), std::string::npos);
    EXPECT_NE(refusal([&] { plan(x, g.input, x, conv, g); }).find(part), std::string::npos);
    EXPECT_NE(refusal([&] { plan.input_gradient(g.input, conv, g.input); }).find(part), std::string::npos);
    EXPECT_EQ(g.weight.size(), 0);
}

TEST(Gradient, OfTheBiasHasTheSameBitsInEveryLayout) {
    for (const Dims& d :
         {Dims(2, 3, 4, 5), Dims(3, 70, 9, 11), Dims(1, 2, 100, 90), Dims(0, 3, 2, 2), Dims(70, 5, 65, 66)}) {
        Tensor x(d);
        fill_normals(x, 4);
        const auto of = [&](const auto& tensor, auto layout, Index threads) {
            std::vector<float> bias(static_cast<std::size_t>(d[1]), 7);
            Gradient<float>::bias(view_of<decltype(layout)>("test", "the gradient", tensor), bias.data(),
                                  GradientSum::replaces, PretendedThreads(threads));
            return bias;
        };
        const std::vector<float> expected = of(std::as_const(x), NCHW(), 1);
        const Tensor pixels = x.shuffle(Eigen::array<int, 4>{0, 2, 3, 1});
        const upconv::Tensor4<float, Eigen::ColMajor> reversed =
            x.swap_layout().shuffle(Eigen::array<int, 4>{3, 2, 1, 0});
        for (const Index threads : {1, 2, 7}) {
            EXPECT_TRUE(same_bits(of(std::as_const(x), NCHW(), threads), expected));
            EXPECT_TRUE(same_bits(of(pixels, NHWC(), threads), expected));
            EXPECT_TRUE(same_bits(of(reversed, NCHW(), threads), expected));
        }
        for (Index c = 0; c < d[1]; ++c) {
            double sum = 0, magnitude = 0;
            for (Index n = 0; n < d[0]; ++n)
                for (Index i = 0; i < d[2]; ++i)
                    for (Index j = 0; j < d[3]; ++j) sum += x(n, c, i, j), magnitude += std::abs(x(n, c, i, j));
            EXPECT_NEAR(expected[static_cast<std::size_t>(c)], sum, 1e-5 * magnitude);
        }
    }
}

/// What the vectors give is what the function of one number gives, before the activation and after it.
TEST(Gradient, PassesAnActivation) {
    for (const Activation& f : {Activation::relu, Activation::leaky_relu(0.25), Activation::sigmoid, Activation::tanh,
                                Activation::clamp(-0.5, 0.5)}) {
        Tensor grad(2, 3, 5, 7), x(2, 3, 5, 7), y(2, 3, 5, 7), gx(2, 3, 5, 7), gy(2, 3, 5, 7);
        fill_normals(grad, 1), fill_normals(x, 2);
        x(0, 0, 0, 0) = 0, x(0, 0, 0, 1) = 0.5f;
        for (Index i = 0; i < x.size(); ++i) y.data()[i] = activate(f, x.data()[i]);
        const auto view = [](auto& t) { return view_of<NCHW>("test", "a tensor", t); };
        Gradient<float>::through(f, SlopeFrom::input, view(grad), view(x), view(gx), Executor());
        Gradient<float>::through(f, SlopeFrom::output, view(grad), view(y), view(gy), Executor());
        for (Index i = 0; i < x.size(); ++i) {
            const float slope = derivative(f, x.data()[i]), wanted = grad.data()[i] * slope;
            EXPECT_EQ(gx.data()[i], wanted);
            const bool on_kink = i == 1 && f.kind == Activation::Kind::clamp;
            EXPECT_NEAR(gy.data()[i], on_kink ? 0 : wanted, 1e-6 * std::abs(grad.data()[i]));
        }
    }
}

}  // namespace
