// Conv2d and ConvTranspose2d on every workload: planned and not, in NCHW and NHWC, at one thread and two; and with each
// kernel by name on a few that it can have. Each row checks its result and counts GFLOP/s and the share of the
// machine's multiply-add peak, both of the best run.
#define EIGEN_USE_THREADS
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <upconv/upconv.hpp>

#include "expected.hpp"
#include "peak.hpp"
#include "stopwatch.hpp"
#include "upconv_operator.hpp"

namespace {

using bench::Workload;

enum class Call { planned, unplanned };

struct Case {
    Workload workload;
    Call call;
    int threads;
    upconv::Algorithm algorithm = upconv::Algorithm::automatic;
};

/// Rows of one workload follow each other: its operands and what is expected of them are made once.
struct Material {
    explicit Material(const Workload& w) : name(w.name), operands(w), expected(w, operands) {}
    std::string name;
    bench::Operands operands;
    bench::Expected expected;
};

const Material& material(const Workload& w) {
    static std::unique_ptr<const Material> last;
    if (last == nullptr || last->name != w.name) {
        last.reset();
        last = std::make_unique<const Material>(w);
    }
    return *last;
}

/// Repeats run() as long as the benchmark wants, and reports.
template <class Run, class Output>
void measure(benchmark::State& state, const Case& c, bench::Order order, const Run& run, const Output& output) {
    run();
    if (const auto error = material(c.workload).expected.error_of(output(), order))
        return state.SkipWithError(error->c_str());
    bench::Stopwatch watch;
    watch.turn(1e-3, run);
    double peak = bench::peak(c.threads);
    bench::wait_until_idle();
    while (state.KeepRunningBatch(watch.batch())) watch.turn(0, run);
    bench::wait_until_idle();
    peak = std::max(peak, bench::peak(c.threads));
    const double rate = c.workload.flops() / watch.best();
    state.counters["best_s"] = watch.best();
    state.counters["GFLOP/s"] = rate * 1e-9;
    state.counters["peak%"] = 100 * rate / peak;
}

template <class Layout, class Op>
void run(benchmark::State& state, const Case& c) {
    const bench::Operands& operands = material(c.workload).operands;
    const bench::Order order = bench::order_of<Layout>;
    const Op op = bench::make_operator<Op>(c.workload, operands, c.algorithm);
    const upconv::Dims dims = bench::input_dims<Layout>(c.workload);
    const bench::InputMap x(operands.x(order).data(), dims);
    Eigen::ThreadPool pool(c.threads);
    const Eigen::ThreadPoolDevice device(&pool, c.threads);
    Eigen::Tensor<float, 4, Eigen::RowMajor> y(op.output_shape(dims));
    const auto output = [&] { return y.data(); };
    if (c.call == Call::planned) {
        const auto plan = op.plan(dims);
        measure(
            state, c, order, [&] { c.threads == 1 ? plan(x, y) : plan(x, y, device); }, output);
    } else {
        measure(
            state, c, order, [&] { y = c.threads == 1 ? op(x) : op(x, device); }, output);
    }
}

template <class Layout>
void run(benchmark::State& state, const Case& c) {
    c.workload.transposed() ? run<Layout, upconv::ConvTranspose2d<float, Layout>>(state, c)
                            : run<Layout, upconv::Conv2d<float, Layout>>(state, c);
}

void add(const Case& c, bench::Order order, const std::string& how) {
    const std::string name = std::string(c.workload.transposed() ? "conv_transpose2d/" : "conv2d/") + c.workload.name +
                             (order == bench::Order::nhwc ? "/nhwc/" : "/nchw/") + how +
                             "/threads:" + std::to_string(c.threads);
    benchmark::RegisterBenchmark(name.c_str(), order == bench::Order::nhwc ? run<upconv::NHWC> : run<upconv::NCHW>, c)
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
}

/// Small enough for the slowest kernel: one with few products, few and many output channels, and depthwise.
bool is_for_each_kernel(const Workload& w) {
    const std::string name = w.name;
    return name == "seed_k2s2" || name == "dcgan_l5" || name == "resnet_c4" || name == "mobilenet_dw2";
}

template <class Op>
bool can_have(const Workload& w, upconv::Algorithm kernel) {
    const Op op = bench::make_operator<Op>(w, bench::Operands(w), kernel);
    const std::string text = op.plan(bench::input_dims<typename Op::Layout>(w)).text();
    return text.find(std::string(": ") + to_text(kernel) + " (") != std::string::npos;
}

const bool registered = [] {
    for (const Workload& w : bench::workloads)
        for (const bench::Order order : {bench::Order::nchw, bench::Order::nhwc}) {
            for (const Call call : {Call::planned, Call::unplanned})
                for (const int threads : {1, 2})
                    add({w, call, threads}, order, call == Call::planned ? "planned" : "unplanned");
            if (!is_for_each_kernel(w)) continue;
            for (const upconv::Algorithm kernel : upconv::detail::every_kernel)
                if (w.transposed() ? can_have<upconv::ConvTranspose2d<float>>(w, kernel)
                                   : can_have<upconv::Conv2d<float>>(w, kernel))
                    add({w, Call::planned, 1, kernel}, order, std::string("kernel:") + to_text(kernel));
        }
    return true;
}();

}  // namespace
