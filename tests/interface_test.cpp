// The interface: every way of calling an operator, every layout, storage, tensor class and device gives the same bits.
#define EIGEN_USE_THREADS
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <thread>
#include <upconv/upconv.hpp>

#include "random_tensors.hpp"

namespace {

using upconv::Dims;
using upconv::Index;
using upconv::Size2;
using Tensor = upconv::Tensor4<float>;
using Conv = upconv::Conv2d<float>;
using Transposed = upconv::ConvTranspose2d<float>;

template <class A, class B>
bool same_bits(const A& a, const B& b) {
    return Dims(a.dimensions()) == Dims(b.dimensions()) &&
           std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(*a.data())) == 0;
}

Tensor full_of_nan(const Dims& dims) {
    Tensor y(dims);
    y.setConstant(std::numeric_limits<float>::quiet_NaN());
    return y;
}

// The three operators, with normal numbers as weights and bias.

Conv conv() {
    Conv op({.in_channels = 4,
             .out_channels = 6,
             .kernel = {3, 2},
             .stride = {2, 1},
             .padding = 1,
             .groups = 2,
             .activation = upconv::Activation::relu});
    fill_normals(op.weight(), 1), fill_normals(op.bias(), 2);
    return op;
}
Transposed transposed() {
    Transposed op({.in_channels = 4,
                   .out_channels = 6,
                   .kernel = {3, 4},
                   .stride = 2,
                   .padding = 1,
                   .output_padding = {1, 0},
                   .groups = 2});
    fill_normals(op.weight(), 1), fill_normals(op.bias(), 2);
    return op;
}
upconv::UpSampling2d<float> upsampling() {
    return upconv::UpSampling2d<float>({.scale = upconv::Scale2(2, 1.5), .mode = upconv::Interpolation::bilinear});
}

const Dims input_dims(3, 4, 5, 6), large_dims(3, 4, 40, 42);  // the large one is worth more than one thread

/// Calls check(op, x, y) for each operator, y = op(x).
template <class Check>
void for_each_operator(const Check& check, const Dims& dims = input_dims) {
    const Tensor x = normals(dims, 3), before = x;
    const auto run = [&](const auto& op) {
        SCOPED_TRACE(op.name);
        const Tensor y = op(x);
        check(op, x, y);
        EXPECT_TRUE(same_bits(x, before)) << "the input changed";
    };
    run(conv()), run(transposed()), run(upsampling());
}

// Ways of calling.

TEST(Interface, IntoATensor) {
    for_each_operator([](const auto& op, const Tensor& x, const Tensor& expected) {
        Tensor y = full_of_nan(op.output_shape(x.dimensions()));
        op(x, y);
        EXPECT_TRUE(same_bits(y, expected));
    });
}

TEST(Interface, Plan) {
    for_each_operator([](const auto& op, const Tensor& x, const Tensor& expected) {
        const auto plan = op.plan(x.dimensions());
        EXPECT_EQ(plan.input_shape(), Dims(x.dimensions()));
        EXPECT_EQ(plan.output_shape(), Dims(expected.dimensions()));
        for (int run = 0; run < 3; ++run) {
            Tensor y = full_of_nan(plan.output_shape());
            plan(x, y);
            EXPECT_TRUE(same_bits(y, expected));
        }
        EXPECT_TRUE(same_bits(plan(x), expected));
    });
}

TEST(Interface, NodeOfAnExpression) {
    for_each_operator([](const auto& op, const Tensor& x, const Tensor& expected) {
        const Tensor y = x.customOp(op.op());
        EXPECT_TRUE(same_bits(y, expected));
        const Tensor of_expression = (x * 2.0f - x).customOp(op.op());  // 2 x - x is x exactly
        EXPECT_TRUE(same_bits(of_expression, expected));
    });
}

TEST(Interface, FunctionForm) {
    const Tensor x = normals(input_dims, 3);
    const Conv c = conv();
    EXPECT_TRUE(same_bits(upconv::conv2d(x, c.weight(), c.bias(), c.options()), c(x)));
    EXPECT_TRUE(
        same_bits(upconv::conv2d(x, c.weight(), c.bias(),
                                 {.stride = {2, 1}, .padding = 1, .groups = 2, .activation = upconv::Activation::relu}),
                  c(x)));
    Transposed t = transposed();
    EXPECT_TRUE(same_bits(upconv::conv_transpose2d(x, t.weight(), t.bias(), t.options()), t(x)));
    t.bias().setZero();
    EXPECT_TRUE(same_bits(
        upconv::conv_transpose2d(x, t.weight(), {.stride = 2, .padding = 1, .output_padding = {1, 0}, .groups = 2}),
        t(x)));
    EXPECT_TRUE(same_bits(upconv::upsample2d(x, upsampling().options()), upsampling()(x)));
}

TEST(Interface, PlanKeepsTheWeightsItWasMadeWith) {
    Transposed up = transposed();
    const Tensor x = normals(input_dims, 3), expected = up(x);
    const auto plan = up.plan(input_dims);
    up.weight().setZero(), up.bias().setZero();
    EXPECT_TRUE(same_bits(plan(x), expected));
    EXPECT_FALSE(same_bits(up(x), expected));
}

TEST(Interface, EmptyBatch) {
    const Dims none(0, 4, 5, 6);
    const auto check = [&](const auto& op) {
        const Tensor x(none), y = op(x);
        EXPECT_EQ(Dims(y.dimensions()), op.output_shape(none));
        EXPECT_EQ(y.dimension(0), 0);
        EXPECT_EQ(op.flops(none), 0);
        EXPECT_EQ(op.backward(x, y).input.size(), 0);
    };
    check(conv()), check(transposed()), check(upsampling());
    const Transposed up = transposed();
    const Tensor x(none);
    const auto g = up.backward(x, up(x));
    ASSERT_EQ(Dims(g.weight.dimensions()), Dims(up.weight().dimensions()));
    ASSERT_EQ(g.bias.size(), 6);
    for (Index i = 0; i < g.weight.size(); ++i) EXPECT_EQ(g.weight.data()[i], 0);
    for (Index i = 0; i < 6; ++i) EXPECT_EQ(g.bias(i), 0);
}

TEST(Interface, OutputsWithoutTapsAreTheBias) {
    Transposed up({.in_channels = 2, .out_channels = 3, .kernel = {1, 2}, .stride = {3, 4}, .dilation = {1, 2}});
    fill_normals(up.bias(), 1);
    const Tensor x = normals({2, 2, 3, 3}, 2), y = up(x);
    const auto map = upconv::overlap_map(up.options(), 3, 3);
    int without = 0;
    for (Index n = 0; n < 2; ++n)
        for (Index c = 0; c < 3; ++c)
            for (Index i = 0; i < y.dimension(2); ++i)
                for (Index j = 0; j < y.dimension(3); ++j) {
                    if (map(i, j) != 0) continue;
                    EXPECT_EQ(y(n, c, i, j), up.bias()(c));
                    ++without;
                }
    EXPECT_GT(without, y.size() / 2);
}

// Layouts and storage: the numbers of an NCHW row-major tensor in another order.

template <class L, int Storage>
Eigen::Tensor<float, 4, Storage> in_order(const Tensor& x) {
    Dims dims;
    dims[L::n] = x.dimension(0), dims[L::c] = x.dimension(1), dims[L::h] = x.dimension(2), dims[L::w] = x.dimension(3);
    Eigen::Tensor<float, 4, Storage> y(dims);
    for (Index n = 0; n < x.dimension(0); ++n)
        for (Index c = 0; c < x.dimension(1); ++c)
            for (Index i = 0; i < x.dimension(2); ++i)
                for (Index j = 0; j < x.dimension(3); ++j) {
                    Dims at;
                    at[L::n] = n, at[L::c] = c, at[L::h] = i, at[L::w] = j;
                    y(at) = x(n, c, i, j);
                }
    return y;
}

/// The same operator in layout L, with the same weights.
template <class L>
upconv::Conv2d<float, L> with_layout(const Conv& op) {
    return {op.options(), op.weight(), op.bias()};
}
template <class L>
upconv::ConvTranspose2d<float, L> with_layout(const Transposed& op) {
    return {op.options(), op.weight(), op.bias()};
}
template <class L>
upconv::UpSampling2d<float, L> with_layout(const upconv::UpSampling2d<float>& op) {
    return upconv::UpSampling2d<float, L>(op.options());
}

template <class L, int Storage>
void check_order() {
    SCOPED_TRACE(std::string(L::name) + (Storage == Eigen::RowMajor ? " RowMajor" : " ColMajor"));
    for_each_operator([](const auto& op, const Tensor& x, const Tensor& y) {
        const auto other = with_layout<L>(op);
        const auto ox = in_order<L, Storage>(x), oy = in_order<L, Storage>(y);
        EXPECT_TRUE(same_bits(other(ox), oy));
        const Tensor gy = normals(y.dimensions(), 4);
        const auto g = op.backward(x, gy);
        const auto og = other.backward(ox, in_order<L, Storage>(gy));
        EXPECT_TRUE(same_bits(og.input, in_order<L, Storage>(g.input)));
        if constexpr (requires { g.weight; }) {
            EXPECT_TRUE(same_bits(og.weight, g.weight));
            EXPECT_EQ(std::memcmp(og.bias.data(), g.bias.data(), 6 * sizeof(float)), 0);
        }
    });
}

TEST(Interface, LayoutsRowMajor) {
    check_order<upconv::NCHW, Eigen::RowMajor>();
    check_order<upconv::NHWC, Eigen::RowMajor>();
    check_order<upconv::WHCN, Eigen::RowMajor>();
    check_order<upconv::CWHN, Eigen::RowMajor>();
}
TEST(Interface, LayoutsColMajor) {
    check_order<upconv::NCHW, Eigen::ColMajor>();
    check_order<upconv::NHWC, Eigen::ColMajor>();
    check_order<upconv::WHCN, Eigen::ColMajor>();
    check_order<upconv::CWHN, Eigen::ColMajor>();
}

TEST(Interface, LayoutsAreNamedInTheOrderOfTheDimensions) {
    const upconv::Conv2dOptions options{.in_channels = 2, .out_channels = 3, .kernel = {4, 1}};  // 5 rows, 6 columns
    EXPECT_EQ((upconv::Conv2d<float, upconv::NCHW>(options).output_shape({1, 2, 5, 6})), Dims(1, 3, 2, 6));
    EXPECT_EQ((upconv::Conv2d<float, upconv::NHWC>(options).output_shape({1, 5, 6, 2})), Dims(1, 2, 6, 3));
    EXPECT_EQ((upconv::Conv2d<float, upconv::WHCN>(options).output_shape({6, 5, 2, 1})), Dims(6, 2, 3, 1));
    EXPECT_EQ((upconv::Conv2d<float, upconv::CWHN>(options).output_shape({2, 6, 5, 1})), Dims(3, 6, 2, 1));
}

TEST(Interface, ChannelsLastOnEveryWidthAndChannelCount) {
    const auto check = [](Index in, Index out, Index w) {
        Transposed up(
            {.in_channels = in, .out_channels = out, .kernel = 3, .stride = 2, .padding = 1, .output_padding = 1});
        fill_normals(up.weight(), 1), fill_normals(up.bias(), 2);
        const Tensor x = normals({1, in, 2, w}, 3);
        const auto last = with_layout<upconv::NHWC>(up)(in_order<upconv::NHWC, Eigen::RowMajor>(x));
        EXPECT_TRUE(same_bits(last, in_order<upconv::NHWC, Eigen::RowMajor>(up(x)))) << in << " " << out << " " << w;
    };
    for (Index w = 1; w <= 67; ++w) check(2, 3, w);
    for (Index c = 1; c <= 35; ++c) check(c, 3, 4), check(3, c, 4);
}

TEST(Interface, MixedStorageOfInputAndOutput) {
    const Transposed up = transposed();
    const Tensor x = normals(input_dims, 3), expected = up(x);
    Eigen::Tensor<float, 4, Eigen::ColMajor> y(expected.dimensions());
    up(x, y);
    EXPECT_TRUE(same_bits(in_order<upconv::NCHW, Eigen::ColMajor>(expected), y));
}

TEST(Interface, MapsAtEveryOffset) {
    for_each_operator([](const auto& op, const Tensor& x, const Tensor& expected) {
        std::vector<float> in(static_cast<std::size_t>(x.size()) + 16),
            out(static_cast<std::size_t>(expected.size()) + 16);
        for (std::size_t offset = 0; offset < 16; ++offset) {
            std::copy_n(x.data(), x.size(), &in[offset]);
            std::fill(out.begin(), out.end(), -12345.0f);
            const Eigen::TensorMap<const Tensor> from(&in[offset], x.dimensions());
            Eigen::TensorMap<Tensor> to(&out[15 - offset], expected.dimensions());
            op(from, to);
            EXPECT_TRUE(same_bits(to, expected)) << offset;
            EXPECT_EQ(std::count(out.begin(), out.end(), -12345.0f), 16) << "beside the output";
            op(from, Eigen::TensorMap<Tensor>(&out[15 - offset], expected.dimensions()));
        }
    });
}

TEST(Interface, FixedSizeTensors) {
    Eigen::TensorFixedSize<float, Eigen::Sizes<1, 4, 3, 3>, Eigen::RowMajor> x;
    Eigen::TensorFixedSize<float, Eigen::Sizes<1, 6, 6, 6>, Eigen::RowMajor> y;
    const Tensor numbers = normals({1, 4, 3, 3}, 1);
    std::copy_n(numbers.data(), numbers.size(), x.data());
    const Transposed up({.in_channels = 4, .out_channels = 6, .kernel = 2, .stride = 2});
    up(x, y);
    const Tensor expected = up(numbers);
    EXPECT_EQ(std::memcmp(y.data(), expected.data(), sizeof(float) * 216), 0);
    EXPECT_TRUE(same_bits(up(x), expected));
}

TEST(Interface, WeightsOfEitherStorageOrder) {
    const Transposed up = transposed();
    const Tensor x = normals(input_dims, 3);
    const auto weight = in_order<upconv::NCHW, Eigen::ColMajor>(up.weight());
    EXPECT_TRUE(same_bits(Transposed(up.options(), weight, up.bias())(x), up(x)));
}

// Batch and devices.

TEST(Interface, AnImageIsTheSameAloneAndInABatch) {
    for_each_operator([](const auto& op, const Tensor& x, const Tensor& y) {
        for (Index n = 0; n < x.dimension(0); ++n) {
            const Index one = x.size() / x.dimension(0), made = y.size() / x.dimension(0);
            const Eigen::TensorMap<const Tensor> image(x.data() + n * one, 1, 4, 5, 6);
            const Tensor alone = op(image);
            EXPECT_EQ(std::memcmp(alone.data(), y.data() + n * made, static_cast<std::size_t>(made) * sizeof(float)),
                      0);
        }
    });
}

TEST(Interface, ThreadsGiveTheSameBits) {
    for (const int threads : {1, 2, 3, 7}) {
        SCOPED_TRACE(threads);
        Eigen::ThreadPool pool(threads);
        const Eigen::ThreadPoolDevice device(&pool, threads);
        for_each_operator(
            [&](const auto& op, const Tensor& x, const Tensor& expected) {
                for (int repeat = 0; repeat < 5; ++repeat) {
                    Tensor y = full_of_nan(expected.dimensions()), z(expected.dimensions());
                    op(x, y, device);
                    EXPECT_TRUE(same_bits(y, expected));
                    EXPECT_TRUE(same_bits(op(x, device), expected));
                    EXPECT_TRUE(same_bits(op.plan(x.dimensions())(x, device), expected));
                    z.device(device) = x.customOp(op.op());
                    EXPECT_TRUE(same_bits(z, expected));
                }
                const Tensor gy = normals(expected.dimensions(), 4);
                const auto g = op.backward(x, gy), on_device = op.backward(x, gy, device);
                EXPECT_TRUE(same_bits(on_device.input, g.input));
                if constexpr (requires { g.weight; }) {
                    EXPECT_TRUE(same_bits(on_device.weight, g.weight));
                }
            },
            large_dims);
    }
}

TEST(Interface, ManyThreadsRunOnePlan) {
    const Transposed up = transposed();
    const Tensor x = normals(input_dims, 3), expected = up(x);
    const auto plan = up.plan(input_dims);
    std::atomic<int> right = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([&] {
            for (int run = 0; run < 20; ++run) right += same_bits(plan(x), expected);
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(right, 8 * 20);
}

TEST(Interface, EveryWorkerOfThePoolMayCall) {
    for (const unsigned workers : {1u, 2u, 3u}) {
        Eigen::ThreadPool pool(static_cast<int>(workers));
        const Eigen::ThreadPoolDevice device(&pool, static_cast<int>(workers));
        const Transposed up = transposed();
        const Tensor x = normals(large_dims, 3), expected = up(x);
        Eigen::Barrier busy(workers);
        std::atomic<unsigned> right = 0, finished = 0;
        for (unsigned w = 0; w < workers; ++w)
            pool.Schedule([&] {
                busy.Notify(), busy.Wait();  // no worker is left to help
                right += same_bits(up(x, device), expected);
                ++finished;
            });
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (finished < workers) {
            if (std::chrono::steady_clock::now() > deadline) {
                std::fputs("the workers wait for each other\n", stderr);
                std::abort();  // the pool cannot be joined
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        EXPECT_EQ(right, workers);
    }
}

}  // namespace
