// Bad tensors: of another shape, or at a place where they may not lie, refused with a ShapeError before anything is
// written.
#include <gtest/gtest.h>

#include <cstring>
#include <upconv/upconv.hpp>
#include <vector>

#include "random_tensors.hpp"
#include "refused.hpp"

namespace {

using upconv::Dims;
using upconv::Index;
using Tensor = upconv::Tensor4<float>;
using Conv = upconv::Conv2d<float>;
using Transposed = upconv::ConvTranspose2d<float>;
using UpSampling = upconv::UpSampling2d<float>;

// Tensors of another shape.

template <class Op>
void check_shapes(const std::vector<std::string>& weight_hint) {
    auto options = plain<Op>();
    options.in_channels = 4, options.out_channels = 6;
    const Op op(options);
    const Tensor x = normals({2, 4, 5, 5}, 1), y = op(x);
    Tensor wrong = normals({2, 6, y.dimension(2) + 1, y.dimension(3)}, 2), before = wrong;
    const auto shape = upconv::to_text(Dims(wrong.dimensions())), right = upconv::to_text(Dims(y.dimensions()));
    expect_refused([&] { op(x, wrong); }, {Op::name, "the output", shape, right});
    expect_refused([&] { op.plan(x.dimensions())(x, wrong); }, {Op::name, "the output", shape, right});
    expect_refused([&] { op.plan({2, 4, 5, 6})(x); }, {Op::name, "the input", "(2, 4, 5, 5)", "(2, 4, 5, 6)"});
    expect_refused([&] { op.backward(x, wrong); }, {Op::name, "gradient", shape, right});
    expect_refused([&] { op.backward_input(wrong, x.dimensions()); }, {Op::name, "gradient", shape});
    expect_refused([&] { op.backward_weight(x, wrong); }, {Op::name, "gradient", shape});
    EXPECT_EQ(std::memcmp(wrong.data(), before.data(), static_cast<std::size_t>(wrong.size()) * 4), 0) << "written";
    expect_refused([&] { op(normals({2, 5, 5, 5}, 1)); }, {Op::name, "5 channels", "in_channels is 4"});
    expect_refused([&] { op(normals({2, 5, 5, 4}, 1)); }, {Op::name, "NHWC"});

    const auto& bias = op.bias();
    const Dims w(op.weight().dimensions());
    expect_refused([&] { Op(options, normals({w[0], w[1], 3, 2}, 1), bias); }, {Op::name, "weight", "3, 2)", "3, 3)"});
    expect_refused([&] { Op(options, normals({w[1], w[0], 3, 3}, 1), bias); }, weight_hint);
    upconv::BiasTensor<float> short_bias(5);
    expect_refused([&] { Op(options, op.weight(), short_bias); }, {Op::name, "bias has 5", "6"});
    Op resized = op;
    resized.weight() = normals({w[0], w[1], 2, 3}, 1);
    expect_refused([&] { resized(x); }, {Op::name, "weight", "2, 3)"});
    resized = op;
    resized.bias().resize(7);
    expect_refused([&] { resized(x); }, {Op::name, "bias has 7"});
}

TEST(BadTensors, TensorsOfAnotherShape) {
    check_shapes<Conv>({"Conv2d", "(4, 6, 3, 3)", "(6, 4, 3, 3)", "ConvTranspose2d's order"});
    check_shapes<Transposed>({"ConvTranspose2d", "(6, 4, 3, 3)", "(4, 6, 3, 3)", "Conv2d's order"});
}

TEST(BadTensors, FunctionFormWithOptionsThatContradictTheWeights) {
    const Tensor x = normals({1, 4, 5, 5}, 1), w = normals({4, 6, 3, 3}, 2);
    expect_refused([&] { upconv::conv_transpose2d(x, w, {.out_channels = 5}); },
                   {"ConvTranspose2d", "out_channels 5", "says 6"});
    expect_refused([&] { upconv::conv_transpose2d(x, w, {.kernel = 2}); }, {"ConvTranspose2d", "kernel height 2", "3"});
    expect_refused([&] { upconv::conv2d(x, w); }, {"Conv2d", "in_channels is 6"});
    expect_refused([&] { upconv::conv_transpose2d(x, w, {.groups = 0}); }, {"ConvTranspose2d"});
    expect_refused([&] { upconv::conv_transpose2d(x, Tensor(0, 6, 3, 3)); }, {"ConvTranspose2d"});
}

// Memory.

template <class Op>
void check_overlap(const Op& op, const Dims& in, const Dims& out) {
    std::vector<float> memory(4096, 1);
    const auto size = [](const Dims& d) { return d[0] * d[1] * d[2] * d[3]; };
    const Eigen::TensorMap<Tensor> x(&memory[1024], in);
    for (const Index offset : {Index(0), Index(1), -size(out) + 1, size(in) - 1}) {
        Eigen::TensorMap<Tensor> y(&memory[1024] + offset, out);
        const std::vector<float> before = memory;
        expect_refused([&] { op(x, y); }, {Op::name, "overlaps", "memory of its own"});
        EXPECT_EQ(memory, before);
    }
    for (const Index offset : {-size(out), size(in)})  // beside it
        op(x, Eigen::TensorMap<Tensor>(&memory[1024] + offset, out));
}

TEST(BadTensors, OutputThatOverlapsTheInput) {
    auto options = plain<Conv>();
    options.padding = 1;
    check_overlap(Conv(options), {1, 1, 4, 5}, {1, 1, 4, 5});
    check_overlap(Transposed(plain<Transposed>()), {1, 1, 4, 5}, {1, 1, 6, 7});
    check_overlap(UpSampling({.scale = 2}), {1, 1, 4, 5}, {1, 1, 8, 10});
}

TEST(BadTensors, PointerNotAlignedForItsScalar) {
    alignas(8) char memory[1024] = {};
    float* odd = reinterpret_cast<float*>(memory + 2);
    const Eigen::TensorMap<Tensor> x(odd, 1, 1, 4, 4);
    expect_refused([&] { Conv(plain<Conv>())(x); }, {"Conv2d", "the input", "not aligned", "4 bytes"});
    const Tensor fine = normals({1, 1, 4, 4}, 1);
    Eigen::TensorMap<Tensor> y(odd, 1, 1, 6, 6);
    expect_refused([&] { Transposed(plain<Transposed>())(fine, y); }, {"ConvTranspose2d", "the output", "not aligned"});
}

TEST(BadTensors, NumbersNowhere) {
    const Eigen::TensorMap<const Tensor> x(nullptr, 1, 1, 4, 4), none(nullptr, 0, 1, 4, 4);
    expect_refused([&] { Conv(plain<Conv>())(x); }, {"Conv2d", "the input", "null", "16 numbers"});
    EXPECT_EQ(Conv(plain<Conv>())(none).size(), 0);
    const Tensor fine = normals({1, 1, 4, 4}, 1);
    Eigen::TensorMap<Tensor> y(nullptr, 1, 1, 6, 6);
    expect_refused([&] { Transposed(plain<Transposed>())(fine, y); }, {"ConvTranspose2d", "the output", "null"});
}

}  // namespace
