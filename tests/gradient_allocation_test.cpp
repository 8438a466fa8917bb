// Gradient allocation: a gradient plan's second run allocates nothing, whatever the scalar, the layout and the device.
#define EIGEN_USE_THREADS
#include <gtest/gtest.h>

#include "allocations.hpp"
#include "random_tensors.hpp"
#include "small_operators.hpp"

namespace {

using upconv::Activation;
using upconv::Dims;

/// A scalar, a layout and the order of its tensors.
template <class Scalar_, class Layout_, int Storage = Eigen::RowMajor>
struct Numbers {
    using Scalar = Scalar_;
    using Layout = Layout_;
    using Tensor = upconv::Tensor4<Scalar, Storage>;
};

/// An operator, a gradient plan and tensors for it.
template <class N, class Options>
struct Learning {
    using Op = OperatorOf<Options, typename N::Scalar, typename N::Layout>;
    using Tensor = typename N::Tensor;

    Op op;
    Tensor x, y, grad;
    upconv::GradientPlan<Op> plan;
    upconv::Gradients<typename N::Scalar, Tensor::Layout> grads;

    Learning(const Options& options, const Dims& nchw, const upconv::GradientOptions& wanted)
        : op(options),
          x(dims_for<typename N::Layout>(nchw)),
          y(op(x)),
          grad(y.dimensions()),
          plan(op.gradient_plan(x.dimensions(), wanted)) {
        fill_integers(x, 1), fill_integers(op.weight(), 2), fill_integers(grad, 3);
        op(x, y);
        grads = op.backward(x, grad);
    }
};

/// f(name, options, dims) for each case with each activation.
template <class F>
void for_each_case(const F& f) {
    for (const Activation& activation : {Activation::none, Activation::relu, Activation::tanh}) {
        const auto with = [&](auto c) {
            SCOPED_TRACE(std::string(c.name) + ", activation " + std::to_string(static_cast<int>(activation.kind)));
            c.options.activation = activation;
            f(c.options, c.dims);
        };
        for (const auto& c : conv_cases) with(c);
        for (const auto& c : up_cases) with(c);
        with(Case<upconv::Conv2dOptions>{// large enough for a pool to share it out
                                         "conv 64 x 64",
                                         {.in_channels = 16, .out_channels = 16, .kernel = 3, .padding = 1},
                                         {1, 16, 64, 64}});
        with(Case<upconv::ConvTranspose2dOptions>{
            "listed", {.in_channels = 1, .out_channels = 1, .kernel = 2}, {1, 1, 3, 3}});
    }
}

template <class N>
class GradientAllocation : public testing::Test {};
using AllNumbers =
    testing::Types<Numbers<float, upconv::NCHW>, Numbers<float, upconv::CWHN, Eigen::ColMajor>,
                   Numbers<double, upconv::NHWC>, Numbers<Eigen::half, upconv::NCHW>,
                   Numbers<Eigen::half, upconv::NHWC, Eigen::ColMajor>, Numbers<Eigen::bfloat16, upconv::NHWC>,
                   Numbers<Eigen::bfloat16, upconv::WHCN, Eigen::ColMajor>>;
TYPED_TEST_SUITE(GradientAllocation, AllNumbers, );

/// With and without y, replaced and added to, on the calling thread and on a pool.
TYPED_TEST(GradientAllocation, NoneInTheSecondRun) {
    Eigen::ThreadPool pool(3);
    const Eigen::ThreadPoolDevice device(&pool, 3);
    for_each_case([&]<class Options>(const Options& options, const Dims& dims) {
        for (const bool accumulate : {false, true}) {
            Learning<TypeParam, Options> l(options, dims, {.accumulate = accumulate});
            const auto run = [&](const auto& on) {
                l.plan(l.x, l.grad, l.op, l.grads, on), l.plan(l.x, l.y, l.grad, l.op, l.grads, on);
            };
            const Eigen::DefaultDevice alone;
            run(alone);
            EXPECT_EQ(watch([&] { run(alone); }).allocations, 0) << l.plan;
            run(device);
            run(device);
            EXPECT_EQ(large_allocations([&] { run(device); }), 0) << l.plan;
        }
    });
}

TYPED_TEST(GradientAllocation, NoneInTheSecondRunOfAResize) {
    Eigen::ThreadPool pool(3);
    const Eigen::ThreadPoolDevice device(&pool, 3);
    using upconv::Interpolation;
    for (const Interpolation mode : {Interpolation::nearest, Interpolation::bilinear, Interpolation::lanczos3})
        for (const double scale : {2.0, 0.5, 1.3}) {
            const upconv::UpSampling2d<typename TypeParam::Scalar, typename TypeParam::Layout> up(
                {.scale = scale, .mode = mode});
            typename TypeParam::Tensor x(dims_for<typename TypeParam::Layout>({2, 3, 20, 33})),
                grad(up.output_shape(x.dimensions()));
            fill_integers(grad, 1);
            const auto plan = up.gradient_plan(x.dimensions());
            plan(grad, x);
            EXPECT_EQ(watch([&] { plan(grad, x); }).allocations, 0) << plan;
            plan(grad, x, device);
            EXPECT_EQ(large_allocations([&] { plan(grad, x, device); }), 0) << plan;
        }
}

}  // namespace
