// Allocation: a plan's second run allocates nothing; whichever allocation fails, the output is as it was and nothing is
// lost; and what a run takes beside the packed weights is small.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>
#include <optional>

#include "allocations.hpp"
#include "every_algorithm.hpp"
#include "random_tensors.hpp"
#include "small_operators.hpp"

namespace {

using upconv::Algorithm;
using upconv::Conv2dOptions;
using upconv::ConvTranspose2dOptions;
using upconv::Dims;
using upconv::Index;
using upconv::NCHW;
using upconv::NHWC;

template <class F>
void for_each_case(const F& f) {
    for (Algorithm algorithm : every_algorithm) {
        const auto with = [&](auto c) {
            SCOPED_TRACE(std::string(c.name) + ", " + to_text(algorithm));
            c.options.algorithm = algorithm;
            f(c, NCHW()), f(c, NHWC());
        };
        for (const auto& c : conv_cases) with(c);
        for (const auto& c : up_cases) with(c);
    }
}

/// The reference of a transposed convolution makes a buffer for each run.
template <class Options>
bool has_a_buffer_a_run(const Options& o) {
    return o.algorithm == Algorithm::reference && std::is_same_v<Options, ConvTranspose2dOptions>;
}

TEST(Allocation, NoneInTheSecondRunOfAPlan) {
    for_each_case([]<class Options, class Layout>(const Case<Options>& c, Layout) {
        using Op = OperatorOf<Options, float, Layout>;
        const Op op(c.options);
        const auto x = integers<float>(dims_for<Layout>(c.dims), 1);
        const auto plan = op.plan(Dims(x.dimensions()));
        auto y = plan(x);
        const Count second = watch([&] { plan(x, y); });
        if (!has_a_buffer_a_run(c.options))
            EXPECT_EQ(second.allocations, 0);
        else
            EXPECT_EQ(second.allocations, 1);
        EXPECT_EQ(second.live, 0);
    });
}

TEST(Allocation, NoneInTheSecondRunOfAResize) {
    using upconv::Interpolation;
    const auto check = [](const auto& op, const Dims& dims) {
        const auto x = integers<float>(dims, 1);
        const auto plan = op.plan(dims);
        auto y = plan(x);
        EXPECT_EQ(watch([&] { plan(x, y); }).allocations, 0);
    };
    for (const Interpolation mode : {Interpolation::nearest, Interpolation::bilinear, Interpolation::lanczos3})
        for (const double scale : {2.0, 0.5, 1.3}) {
            check(upconv::UpSampling2d<float, NCHW>({.scale = scale, .mode = mode}), {2, 3, 20, 33});
            check(upconv::UpSampling2d<float, NHWC>({.scale = scale, .mode = mode}), {2, 20, 33, 3});
        }
}

TEST(Allocation, WhicheverFailsTheOutputIsAsItWasAndNothingIsLost) {
    for_each_case([]<class Options, class Layout>(const Case<Options>& c, Layout) {
        using Op = OperatorOf<Options, float, Layout>;
        Op op(c.options);
        fill_integers(op.weight(), 2);
        const auto x = integers<float>(dims_for<Layout>(c.dims), 1), expected = op(x);
        auto before = expected, y = expected;
        before.setConstant(-1234);
        bool failed = true;
        long kept = 0;  // blocks, by a thread that has run
        on_new_thread([&] { kept = watch([&] { op(x, y); }).blocks; });
        for (long k = 0; failed; ++k) {
            ASSERT_LT(k, 1000) << "the call never has all the memory it wants";
            y = before;
            long lost = 0;
            on_new_thread([&] {
                const Count count = watch([&] { op(x, y); }, k);
                failed = count.failed;
                if (!failed) return;
                auto other = before;
                lost = count.blocks + watch([&] { op(x, other); }).blocks - kept;
            });
            const auto& right = failed ? before : expected;
            ASSERT_EQ(std::memcmp(y.data(), right.data(), static_cast<std::size_t>(y.size()) * sizeof(float)), 0)
                << "allocation " << k;
            ASSERT_EQ(lost, 0) << "allocation " << k;
        }
    });
}

// Typical workloads.

struct Workload {
    const char* name;
    bool transposed;
    Index in, out, kernel, stride, padding, dilation, groups;
    Dims dims;
};

const Workload workloads[] = {
    {"deconv 512->256 k4 s2 4x4 n16", true, 512, 256, 4, 2, 1, 1, 1, {16, 512, 4, 4}},
    {"deconv 1024->512 k2 s2 28x28", true, 1024, 512, 2, 2, 0, 1, 1, {1, 1024, 28, 28}},
    {"deconv 128->64 k2 s2 200x200", true, 128, 64, 2, 2, 0, 1, 1, {1, 128, 200, 200}},
    {"deconv 512->512 k3 s2 32x32", true, 512, 512, 3, 2, 1, 1, 1, {1, 512, 32, 32}},
    {"deconv 56->1 k9 s2 128x128", true, 56, 1, 9, 2, 4, 1, 1, {1, 56, 128, 128}},
    {"deconv depthwise 64 k4 s2 112x112", true, 64, 64, 4, 2, 1, 1, 64, {1, 64, 112, 112}},
    {"deconv depthwise 21 k64 s32 16x16", true, 21, 21, 64, 32, 16, 1, 21, {1, 21, 16, 16}},
    {"conv 512->512 k3 28x28", false, 512, 512, 3, 1, 1, 1, 1, {1, 512, 28, 28}},
    {"conv 64->64 k3 284x284", false, 64, 64, 3, 1, 1, 1, 1, {1, 64, 284, 284}},
    {"conv 512->256 k3 d12 p12 33x33", false, 512, 256, 3, 1, 12, 12, 1, {1, 512, 33, 33}},
    {"conv 3->64 k7 s2 224x224", false, 3, 64, 7, 2, 3, 1, 1, {1, 3, 224, 224}},
};

constexpr long long most_beside_weights = 2 << 20;  // bytes a thread

struct Bytes {
    long long plan, run, gradients;
};

/// The plan's memory is the weights, padded to whole vectors, and lists; the run's is its buffers. Those of a run of
/// all gradients lie beside the results and beside the weights, packed once more.
template <class Options>
Bytes measure(const Workload& w) {
    Options o{.in_channels = w.in, .out_channels = w.out, .kernel = w.kernel, .stride = w.stride};
    o.padding = w.padding, o.dilation = w.dilation, o.groups = w.groups;
    OperatorOf<Options, float, NCHW> op(o);
    const auto x = integers<float>(w.dims, 1);
    upconv::Tensor4<float> y(op.output_shape(w.dims));
    Bytes bytes{};
    on_new_thread([&] {
        using Plan = decltype(op.plan(w.dims));
        std::optional<Plan> kept;
        bytes.plan = watch([&] { kept.emplace(op.plan(w.dims)); }).live;
        bytes.run = watch([&] { (*kept)(x, y); }).peak;
    });
    y.setZero();
    upconv::Gradients<float, Eigen::RowMajor> grads{x, op.weight(), op.bias()};
    auto plan = op.gradient_plan(w.dims);
    on_new_thread([&] { bytes.gradients = watch([&] { plan(x, y, op, grads); }).peak; });
    return bytes;
}

TEST(Allocation, LittleBesideThePackedWeights) {
    std::printf("%-36s %12s %12s %12s %12s\n", "bytes, 1 thread", "weights", "plan", "run", "gradients");
    for (const Workload& w : workloads) {
        const Bytes bytes = w.transposed ? measure<ConvTranspose2dOptions>(w) : measure<Conv2dOptions>(w);
        const auto weights = static_cast<long long>(w.in * w.out / w.groups * w.kernel * w.kernel) * 4;
        std::printf("%-36s %12lld %12lld %12lld %12lld\n", w.name, weights, bytes.plan, bytes.run, bytes.gradients);
        EXPECT_LE(bytes.run, most_beside_weights) << w.name;
        EXPECT_LE(bytes.gradients, most_beside_weights) << w.name;
    }
}

}  // namespace
