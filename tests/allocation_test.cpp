// Allocation: a plan's second run allocates nothing; whichever allocation fails, the output is as it was and nothing is
// lost; and what a run takes beside the packed weights is small. Counts operator new and, as the linker brings every
// malloc of this program here (--wrap), Eigen's own memory.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <thread>

#include "every_algorithm.hpp"
#include "random_tensors.hpp"

namespace {

/// Of the thread that watches.
thread_local bool watching = false;
thread_local long allocations = 0, blocks = 0, fails_at = -1;
thread_local long long live = 0, peak = 0;

}  // namespace

extern "C" {
void* __real_malloc(std::size_t size);
void __real_free(void* memory);

void* __wrap_malloc(std::size_t size) {
    if (!watching) return __real_malloc(size);
    if (allocations++ == fails_at) return nullptr;
    void* const memory = __real_malloc(size);
    ++blocks;
    live += static_cast<long long>(malloc_usable_size(memory));
    peak = std::max(peak, live);
    return memory;
}

void __wrap_free(void* memory) {
    if (watching && memory != nullptr) {
        --blocks;
        live -= static_cast<long long>(malloc_usable_size(memory));
    }
    __real_free(memory);
}
}

void* operator new(std::size_t size) {
    if (void* const memory = __wrap_malloc(size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { __wrap_free(memory); }
void operator delete(void* memory, std::size_t) noexcept { __wrap_free(memory); }

namespace {

using upconv::Algorithm;
using upconv::Conv2dOptions;
using upconv::ConvTranspose2dOptions;
using upconv::Dims;
using upconv::Index;
using upconv::NCHW;
using upconv::NHWC;
using upconv::PaddingMode;

struct Count {
    long allocations, blocks;  // made; those still there
    long long live, peak;      // bytes
    bool failed;
};

/// What `work` allocates on this thread. The `fail`-th allocation fails.
template <class Work>
Count watch(const Work& work, long fail = -1) {
    allocations = blocks = 0, live = peak = 0, fails_at = fail;
    bool failed = false;
    watching = true;
    try {
        work();
    } catch (const std::bad_alloc&) {
        failed = true;
    }
    watching = false;
    return {allocations, blocks, live, peak, failed};
}

/// On a thread that has run nothing yet, so has no memory from earlier runs; it gives its own back at its end.
template <class Work>
void on_new_thread(const Work& work) {
    std::thread(work).join();
}

template <class Options, class Layout>
struct OperatorFor {
    using type = upconv::Conv2d<float, Layout>;
};
template <class Layout>
struct OperatorFor<ConvTranspose2dOptions, Layout> {
    using type = upconv::ConvTranspose2d<float, Layout>;
};

template <class Options>
struct Case {
    const char* name;
    Options options;
    Dims dims;  // NCHW
};

const Case<Conv2dOptions> conv_cases[] = {
    {"conv 3x3", {.in_channels = 20, .out_channels = 35, .kernel = 3, .padding = 1}, {2, 20, 9, 13}},
    {"conv 7x7 s2", {.in_channels = 3, .out_channels = 8, .kernel = 7, .stride = 2, .padding = 3}, {1, 3, 30, 31}},
    {"depthwise", {.in_channels = 12, .out_channels = 12, .kernel = 3, .padding = 1, .groups = 12}, {3, 12, 9, 21}},
    {"conv 3x3 reflect",
     {.in_channels = 4, .out_channels = 4, .kernel = 3, .padding = 1, .padding_mode = PaddingMode::reflect},
     {1, 4, 6, 9}},
};
const Case<ConvTranspose2dOptions> up_cases[] = {
    {"up k4 s2", {.in_channels = 20, .out_channels = 35, .kernel = 4, .stride = 2, .padding = 1}, {2, 20, 9, 13}},
    {"up k2 s2", {.in_channels = 33, .out_channels = 3, .kernel = 2, .stride = 2}, {1, 33, 7, 19}},
    {"up k3 circular",
     {.in_channels = 4, .out_channels = 4, .kernel = 3, .padding = 1, .padding_mode = PaddingMode::circular},
     {1, 4, 6, 9}},
};

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

template <class Layout>
Dims dims_for(const Dims& d) {
    if constexpr (std::is_same_v<Layout, NHWC>) return {d[0], d[2], d[3], d[1]};
    return d;
}

/// The reference of a transposed convolution makes a buffer for each run.
template <class Options>
bool has_a_buffer_a_run(const Options& o) {
    return o.algorithm == Algorithm::reference && std::is_same_v<Options, ConvTranspose2dOptions>;
}

TEST(Allocation, NoneInTheSecondRunOfAPlan) {
    for_each_case([]<class Options, class Layout>(const Case<Options>& c, Layout) {
        using Op = typename OperatorFor<Options, Layout>::type;
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

/// With and without y, replaced and added to.
template <class Scalar, class Layout, class Options>
void expect_gradients_without_allocation(const Options& o, const Dims& dims) {
    using Op = std::conditional_t<std::is_same_v<Options, ConvTranspose2dOptions>,
                                  upconv::ConvTranspose2d<Scalar, Layout>, upconv::Conv2d<Scalar, Layout>>;
    const Op op(o);
    const auto x = integers<Scalar>(dims_for<Layout>(dims), 1), y = op(x);
    const auto grad = integers<Scalar>(Dims(y.dimensions()), 2);
    for (const bool accumulate : {false, true}) {
        auto plan = op.gradient_plan(Dims(x.dimensions()), {.accumulate = accumulate});
        auto grads = op.backward(x, grad);
        plan(x, grad, op, grads);
        EXPECT_EQ(watch([&] { plan(x, grad, op, grads); }).allocations, 0) << plan;
        plan(x, y, grad, op, grads);
        EXPECT_EQ(watch([&] { plan(x, y, grad, op, grads); }).allocations, 0) << plan;
    }
}

TEST(Allocation, NoneInTheSecondRunOfAGradientPlan) {
    for (const upconv::Activation& f : {upconv::Activation::none, upconv::Activation::tanh}) {
        const auto with = [&](auto c) {
            SCOPED_TRACE(c.name);
            c.options.activation = f;
            expect_gradients_without_allocation<float, NCHW>(c.options, c.dims);
            expect_gradients_without_allocation<float, NHWC>(c.options, c.dims);
            expect_gradients_without_allocation<Eigen::half, NCHW>(c.options, c.dims);
        };
        for (const auto& c : conv_cases) with(c);
        for (const auto& c : up_cases) with(c);
        with(Case<ConvTranspose2dOptions>{"listed", {.in_channels = 1, .out_channels = 1, .kernel = 2}, {1, 1, 3, 3}});
    }
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
        using Op = typename OperatorFor<Options, Layout>::type;
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
    typename OperatorFor<Options, NCHW>::type op(o);
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
