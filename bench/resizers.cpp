// resizers: upconv and other libraries side by side, resizing a picture in one process, beside a copy of as many bytes.
// Every result is compared with upconv's definition before anything is measured.
#define EIGEN_USE_THREADS
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <regex>
#include <upconv/upsampling2d.hpp>

#include "calm_openmp.hpp"
#include "resizer.hpp"
#include "stopwatch.hpp"

namespace {

using bench::Buffer;
using bench::Filter;
using bench::Index;
using bench::Order;
using bench::Resize;

constexpr Resize resizes[] = {
    {"nearest x2", Filter::nearest, 2},
    {"nearest x4", Filter::nearest, 4},
    {"bilinear x2", Filter::bilinear, 2},
    {"bilinear x4", Filter::bilinear, 4},
    {"bicubic x2", Filter::bicubic, 2},
    {"bilinear antialias x1/2", Filter::bilinear, 0.5, true},
    {"bicubic antialias x1/2", Filter::bicubic, 0.5, true},
    {"bilinear antialias x1/4", Filter::bilinear, 0.25, true},
    {"nearest x2 gradient", Filter::nearest, 2, false, true},
    {"bilinear x2 gradient", Filter::bilinear, 2, false, true},
    {"bilinear x4 gradient", Filter::bilinear, 4, false, true},
    {"bicubic x2 gradient", Filter::bicubic, 2, false, true},
    {"bilinear antialias x1/2 gradient", Filter::bilinear, 0.5, true, true},
};

/// What comes out, in NCHW, by the definition in double.
std::vector<double> expected(const Resize& r, const Buffer& x) {
    using upconv::Interpolation;
    constexpr Interpolation modes[] = {Interpolation::nearest, Interpolation::bilinear, Interpolation::bicubic};
    const upconv::UpSampling2d<double> op(
        {.scale = r.scale, .mode = modes[static_cast<int>(r.filter)], .antialias = r.antialias});
    auto [rows, columns] = op.tables({1, 3, 512, 512});
    if (r.gradient) rows = columns = upconv::detail::transposed(rows, 512);
    const upconv::detail::Shape4 from{1, 3, r.input_extent(), r.input_extent()},
        to{1, 3, r.output_extent(), r.output_extent()};
    const std::vector<double> wide(x.data(), x.data() + x.size());
    std::vector<double> y(static_cast<std::size_t>(r.output_size()));
    upconv::detail::ReferenceResize<double>(from, rows, columns)
        .run(upconv::detail::View<const double>{wide.data(), from, upconv::detail::contiguous(from)},
             upconv::detail::View<double>{y.data(), to, upconv::detail::contiguous(to)}, upconv::detail::Executor());
    return y;
}

/// Three planes as pixels.
void interleave(const Buffer& planes, Buffer& pixels) {
    const Index plane = planes.size() / 3;
    for (Index i = 0; i < planes.size(); ++i) pixels[i % plane * 3 + i / plane] = planes[i];
}

/// The largest error; the numbers are below 1 and their weights sum to little more.
double error_of(const Buffer& y, Order order, const std::vector<double>& right) {
    const Index plane = y.size() / 3;
    double error = 0;
    for (Index i = 0; i < y.size(); ++i) {
        const float value = order == Order::nhwc ? y[i % plane * 3 + i / plane] : y[i];
        const double difference = std::abs(static_cast<double>(value) - right[static_cast<std::size_t>(i)]);
        error = std::isnan(difference) ? 1 : std::max(error, difference);
    }
    return error;
}

/// Copies a part on each thread of the pool.
void copy(const Buffer& from, Buffer& to, const Eigen::ThreadPoolDevice& device, int threads) {
    const auto parts = [&](Index begin, Index end) {
        for (Index t = begin; t < end; ++t) {
            const Index first = from.size() * t / threads, last = from.size() * (t + 1) / threads;
            std::memcpy(to.data() + first, from.data() + first, static_cast<std::size_t>(last - first) * sizeof(float));
        }
    };
    if (threads == 1) return parts(0, 1);
    device.parallelFor(threads, Eigen::TensorOpCost(0, 0, 1e9), parts);
}

struct Score {
    std::string name;
    double seconds;
};

struct Row {
    double copy;
    std::vector<Score> scores;  // upconv first
};

Row measure(const Resize& r, Order order, int threads, double seconds) {
    Buffer planes(r.input_size()), x(r.input_size()), y(r.output_size());
    for (Index i = 0; i < planes.size(); ++i) planes[i] = static_cast<float>((i * 7919) % 1021) / 1021;
    const std::vector<double> right = expected(r, planes);
    if (order == Order::nhwc)
        interleave(planes, x);
    else
        std::copy(planes.begin(), planes.end(), x.begin());
    const auto half = static_cast<Index>(r.bytes() / 2 / sizeof(float));
    Buffer from(half), to(half);

    std::vector<bench::Resizer> resizers;
    for (const bench::ResizerLibrary& library : bench::resizer_libraries()) {
        if (library.make == nullptr) continue;
        for (bench::Resizer& resizer : library.make(r, {x, y, order}, threads)) {
            std::fill(y.begin(), y.end(), std::nanf(""));
            resizer.run();
            if (const double error = error_of(y, order, right); !(error < 1e-5))
                std::fprintf(stderr, "%s computes %s wrong, by %g\n", resizer.name.c_str(), r.name, error);
            else
                resizers.push_back(std::move(resizer));
        }
    }
    Eigen::ThreadPool pool(threads);
    const Eigen::ThreadPoolDevice device(&pool, threads);
    bench::Stopwatch copying;
    std::vector<bench::Stopwatch> watches(resizers.size());
    constexpr int rounds = 10;
    for (int round = 0; round < rounds; ++round) {
        const double slice = seconds / rounds / static_cast<double>(resizers.size() + 1);
        bench::wait_until_idle();
        copying.turn(slice, [&] { copy(from, to, device, threads); });
        for (std::size_t i = 0; i < resizers.size(); ++i) {
            bench::wait_until_idle();
            watches[i].turn(slice, resizers[i].run);
        }
    }
    Row row{copying.best(), {}};
    for (std::size_t i = 0; i < resizers.size(); ++i) row.scores.push_back({resizers[i].name, watches[i].best()});
    return row;
}

void print(const Resize& r, Order order, const Row& row) {
    const auto rate = [&](double seconds) { return r.bytes() / seconds * 1e-9; };
    std::printf("| %s | %s | %.1f |", r.name, order == Order::nhwc ? "NHWC" : "NCHW", rate(row.copy));
    if (!row.scores.empty())
        std::printf(" %.3f | %.1f | %.0f %% |", 1e3 * row.scores[0].seconds, rate(row.scores[0].seconds),
                    100 * row.copy / row.scores[0].seconds);
    for (std::size_t i = 1; i < row.scores.size(); ++i)
        std::printf("%s %s %.1f (%.1f x)", i == 1 ? "" : ",", row.scores[i].name.c_str(), rate(row.scores[i].seconds),
                    row.scores[i].seconds / row.scores[0].seconds);
    std::printf(" |\n");
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) try {
    bench::calm_openmp(argv);
    std::string filter;
    std::vector<int> threads{1, 2};
    double seconds = 1;
    CLI::App app("Resizing by upconv and other libraries: the best of many short turns, every result checked.");
    app.add_option("--filter", filter, "only resizes whose name matches this regular expression");
    app.add_option("--threads", threads, "a table for each number of threads")->delimiter(',')->capture_default_str();
    app.add_option("--seconds", seconds, "how long to measure a row")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    bench::name_skipped(bench::resizer_libraries());
    for (const int count : threads) {
        std::printf(
            "\n| 3 x 512 x 512, threads: %d | layout | copy GB/s | upconv ms | GB/s | of the copy | others GB/s "
            "(times slower) |\n|---|---|---|---|---|---|---|\n",
            count);
        for (const Resize& r : resizes)
            for (const Order order : {Order::nchw, Order::nhwc})
                if (std::regex_search(r.name, std::regex(filter))) print(r, order, measure(r, order, count, seconds));
    }
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "resizers: %s\n", error.what());
    return 1;
}
