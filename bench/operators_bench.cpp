// Planned runs of whole operators at one thread, in row-major NCHW: weights packed ahead, output in place.
#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <upconv/upconv.hpp>

namespace {

using Tensor = Eigen::Tensor<float, 4, Eigen::RowMajor>;
using Shape = std::array<Eigen::Index, 4>;  // n, c, h, w

template <typename Operator>
void run_planned(benchmark::State& state, const Operator& op, const Shape& shape) {
    Tensor x(shape);
    x.setRandom();
    const Tensor expected = op(x);
    Tensor y(expected.dimensions());
    y.setZero();
    const auto plan = op.plan(x.dimensions());
    for (auto _ : state) {
        plan(x, y);
        benchmark::DoNotOptimize(y.data());
        benchmark::ClobberMemory();
    }
    if (std::memcmp(y.data(), expected.data(), static_cast<std::size_t>(y.size()) * sizeof(float)) != 0)
        state.SkipWithError("the plan's output differs from the plain call's");
    const auto bytes = static_cast<double>(x.size() + y.size()) * sizeof(float);
    const auto rate = benchmark::Counter::kIsIterationInvariantRate;
    state.counters["FLOP/s"] = benchmark::Counter(op.flops(x.dimensions()), rate);
    state.counters["bytes/s"] = benchmark::Counter(bytes, rate);
}

void seed_k2s2(benchmark::State& state) {
    const upconv::ConvTranspose2d<float> op({.in_channels = 1, .out_channels = 1, .kernel = 2, .stride = 2});
    run_planned(state, op, {1, 1, 3, 3});
}
BENCHMARK(seed_k2s2);

void dcgan_l4(benchmark::State& state) {
    const upconv::ConvTranspose2d<float> op(
        {.in_channels = 128, .out_channels = 64, .kernel = 4, .stride = 2, .padding = 1});
    run_planned(state, op, {16, 128, 16, 16});
}
BENCHMARK(dcgan_l4);

void keras_ae(benchmark::State& state) {
    const upconv::ConvTranspose2d<float> op(
        {.in_channels = 64, .out_channels = 32, .kernel = 3, .stride = 2, .padding = 1, .output_padding = 1});
    run_planned(state, op, {32, 64, 14, 14});
}
BENCHMARK(keras_ae);

void resnet_c3(benchmark::State& state) {
    const upconv::Conv2d<float> op({.in_channels = 128, .out_channels = 128, .kernel = 3, .padding = 1});
    run_planned(state, op, {1, 128, 28, 28});
}
BENCHMARK(resnet_c3);

void bilinear_x2(benchmark::State& state) {
    const upconv::UpSampling2d<float> op({.scale = 2, .mode = upconv::Interpolation::bilinear});
    run_planned(state, op, {1, 3, 128, 128});
}
BENCHMARK(bilinear_x2);

}  // namespace
