// UpSampling2d on a picture of 3 x 512 x 512: each row checks its result and counts GB/s, bytes read and written, and
// the share of the rate at which the machine copies as many.
#define EIGEN_USE_THREADS
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstring>
#include <string>
#include <upconv/upconv.hpp>
#include <vector>

#include "operands.hpp"
#include "stopwatch.hpp"
#include "upconv_operator.hpp"

namespace {

using bench::Index;
using upconv::Interpolation;

struct Case {
    const char* name;
    Interpolation mode;
    double scale;
    bool antialias;
};

constexpr Case cases[] = {
    {"nearest_x2", Interpolation::nearest, 2, false},
    {"nearest_x4", Interpolation::nearest, 4, false},
    {"bilinear_x2", Interpolation::bilinear, 2, false},
    {"bilinear_x4", Interpolation::bilinear, 4, false},
    {"bicubic_x2", Interpolation::bicubic, 2, false},
    {"bilinear_antialias_half", Interpolation::bilinear, 0.5, true},
    {"bicubic_antialias_half", Interpolation::bicubic, 0.5, true},
};

constexpr bench::Workload picture{"picture", bench::conv, 1, 3, 512, 512, 1, 1, 1, 0, 0, 1, 1};

struct Tap {
    Index cell;
    double weight;
};

double filter(const Case& c, double t) {
    t = std::abs(t);
    if (c.mode == Interpolation::bilinear) return std::max(1 - t, 0.0);
    const double a = c.antialias ? -0.5 : -0.75;
    return t < 1 ? ((a + 2) * t - (a + 3)) * t * t + 1 : t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

/// What makes output cell `o` of an axis, from the definition.
std::vector<Tap> taps(const Case& c, Index o, Index extent) {
    if (c.mode == Interpolation::nearest) return {{static_cast<Index>(static_cast<double>(o) / c.scale), 1}};
    const double center = (static_cast<double>(o) + 0.5) / c.scale - 0.5, stretch = c.antialias ? 1 / c.scale : 1;
    const Index reach = 2 + static_cast<Index>(2 * stretch), middle = static_cast<Index>(std::floor(center));
    std::vector<Tap> result;
    double total = 0;
    for (Index cell = middle - reach; cell <= middle + reach; ++cell) {
        const double weight = filter(c, (static_cast<double>(cell) - center) / stretch);
        if (weight == 0 || (c.antialias && (cell < 0 || cell >= extent))) continue;
        result.push_back({std::clamp<Index>(cell, 0, extent - 1), weight});
        total += weight;
    }
    for (Tap& tap : result) tap.weight /= total;
    return result;
}

/// What is wrong with every 997th output, in NCHW, or an empty text.
template <class At>
std::string error_of(const Case& c, const bench::Operands& operands, const upconv::detail::Shape4& out, const At& y) {
    for (Index at = 0; at < out.size(); at += 997) {
        const Index j = at % out.w, i = at / out.w % out.h, channel = at / out.w / out.h;
        double value = 0, magnitude = 0;
        int terms = 16;  // and the weights' own rounding
        for (const Tap& row : taps(c, i, picture.ih))
            for (const Tap& column : taps(c, j, picture.iw)) {
                const double x = operands.x_nchw[(channel * picture.ih + row.cell) * picture.iw + column.cell];
                value += row.weight * column.weight * x;
                magnitude += std::abs(row.weight * column.weight * x);
                ++terms;
            }
        const double error = std::abs(static_cast<double>(y(channel, i, j)) - value);
        if (!(error <= terms * 0x1p-24 * magnitude))
            return "output " + std::to_string(at) + " is off by " + std::to_string(error);
    }
    return {};
}

/// The best seconds of copying that many bytes from one place to another.
double copy_time(double bytes) {
    const auto size = static_cast<Index>(bytes / sizeof(float));
    bench::Buffer from(size), to(size);
    bench::Stopwatch watch;
    watch.turn(20e-3, [&] {
        std::memcpy(to.data(), from.data(), static_cast<std::size_t>(size) * sizeof(float));
        benchmark::ClobberMemory();
    });
    return watch.best();
}

template <class Layout>
void run(benchmark::State& state, const Case& c, int threads) {
    static const bench::Operands operands(picture);
    const upconv::UpSampling2d<float, Layout> op({.scale = c.scale, .mode = c.mode, .antialias = c.antialias});
    const auto plan = op.plan(bench::input_dims<Layout>(picture));
    const bench::Order order = bench::order_of<Layout>;
    const bench::InputMap x(operands.x(order).data(), plan.input_shape());
    bench::Buffer result(upconv::detail::shape_of<Layout>(plan.output_shape()).size());
    bench::OutputMap y(result.data(), plan.output_shape());
    Eigen::ThreadPool pool(threads);
    const Eigen::ThreadPoolDevice device(&pool, threads);
    const auto call = [&] { threads == 1 ? plan(x, y) : plan(x, y, device); };
    call();
    const std::string error = error_of(
        c, operands, upconv::detail::shape_of<Layout>(plan.output_shape()), [&](Index channel, Index i, Index j) {
            return order == bench::Order::nhwc ? y(0, i, j, channel) : y(0, channel, i, j);
        });
    if (!error.empty()) return state.SkipWithError(error.c_str());

    const double bytes = static_cast<double>(x.size() + y.size()) * sizeof(float);
    bench::Stopwatch watch;
    watch.turn(1e-3, call);
    double copy = copy_time(bytes / 2);  // read and written
    while (state.KeepRunningBatch(watch.batch())) watch.turn(0, call);
    copy = std::min(copy, copy_time(bytes / 2));
    state.counters["best_s"] = watch.best();
    state.counters["GB/s"] = bytes / watch.best() * 1e-9;
    state.counters["copy%"] = 100 * copy / watch.best();
}

const bool registered = [] {
    for (const Case& c : cases)
        for (const bench::Order order : {bench::Order::nchw, bench::Order::nhwc})
            for (const int threads : {1, 2}) {
                const bool nhwc = order == bench::Order::nhwc;
                const std::string name = std::string("upsampling2d/") + c.name + (nhwc ? "/nhwc" : "/nchw") +
                                         "/planned/threads:" + std::to_string(threads);
                benchmark::RegisterBenchmark(name.c_str(), nhwc ? run<upconv::NHWC> : run<upconv::NCHW>, c, threads)
                    ->UseRealTime()
                    ->Unit(benchmark::kMicrosecond);
            }
    return true;
}();

}  // namespace
