// Shapes: weights and biases that were changed after construction, and tensors whose extents do not fit or leave 64
// bits. Every function that takes them refuses them before it reads, allocates or writes anything. Also what is empty
// and legal.
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <upconv/upconv.hpp>
#include <vector>

#include "random_tensors.hpp"

namespace {

using upconv::Activation;
using upconv::Dims;
using upconv::Index;
using upconv::detail::joined;
using Tensor = upconv::Tensor4<float>;
using Map = Eigen::TensorMap<Tensor>;
using Bias = upconv::BiasTensor<float>;
using BiasMap = Eigen::TensorMap<Bias>;
using Conv = upconv::Conv2d<float>;
using Transposed = upconv::ConvTranspose2d<float>;
using UpSampling = upconv::UpSampling2d<float>;

template <class Op>
inline constexpr bool is_conv = std::is_same_v<Op, Conv>;

constexpr Index least = std::numeric_limits<Index>::min(), most = std::numeric_limits<Index>::max();
constexpr Index two_to(int power) { return Index(1) << power; }

template <class X>
std::vector<float> numbers(const X& x) {
    return {x.data(), x.data() + x.size()};
}

/// A function of the library by its name, to be called with what it must refuse.
template <class... Operands>
struct Function {
    const char* name;
    std::function<void(Operands...)> call;
};

template <class... Operands, class... Given>
void expect_refused(const Function<Operands...>& function, const std::string& part, Given&&... given) {
    try {
        function.call(given...);
        ADD_FAILURE() << function.name << " accepts it; expected a refusal with: " << part;
    } catch (const upconv::ShapeError& error) {
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
            << function.name << ": \"" << error.what() << "\" lacks \"" << part << "\"";
    } catch (const std::exception& error) {
        ADD_FAILURE() << function.name << " ends with: " << error.what();
    }
}

/// A kernel, strides and channels with which every initialiser works.
template <class Op>
Op operator_with(Activation activation) {
    typename Op::Options options;
    options.in_channels = options.out_channels = 2;
    options.kernel = 4, options.stride = 2, options.padding = 1, options.activation = activation;
    return Op(options);
}

const Dims input{2, 2, 6, 8};

// Parameters that were changed after construction.

template <class Op>
struct Operands {
    Tensor x = normals(input, 1), y, g;

    explicit Operands(const Op& op) : y(op.output_shape(input)), g(op.output_shape(input)) {
        fill_normals(y, 2), fill_normals(g, 3);
    }
};

/// All that use the weight or the bias.
template <class Op>
std::vector<Function<Op&, Operands<Op>&>> users() {
    using O = Operands<Op>;
    std::vector<Function<Op&, O&>> all{
        {"check_parameters", [](Op& op, O&) { op.check_parameters(); }},
        {"parameter_count", [](Op& op, O&) { op.parameter_count(); }},
        {"plan", [](Op& op, O&) { op.plan(input); }},
        {"operator()", [](Op& op, O& o) { op(o.x); }},
        {"operator() into y", [](Op& op, O& o) { op(o.x, o.y); }},
        {"op()", [](Op& op, O& o) { o.y.device(Eigen::DefaultDevice()) = o.x.customOp(op.op()); }},
        {"backward", [](Op& op, O& o) { op.backward(o.x, o.g); }},
        {"backward_weight", [](Op& op, O& o) { op.backward_weight(o.x, o.g); }},
        {"backward_input", [](Op& op, O& o) { op.backward_input(o.g, input); }},
        {"explain", [](Op& op, O&) { upconv::explain(op, input); }},
        {"summary", [](Op& op, O&) { upconv::summary(input, op); }},
        {"constant", [](Op& op, O&) { upconv::init::constant(op, 2); }},
        {"zeros", [](Op& op, O&) { upconv::init::zeros(op); }},
        {"ones", [](Op& op, O&) { upconv::init::ones(op); }},
        {"uniform", [](Op& op, O&) { upconv::init::uniform(op); }},
        {"kaiming_uniform", [](Op& op, O&) { upconv::init::kaiming_uniform(op); }},
        {"glorot_uniform", [](Op& op, O&) { upconv::init::glorot_uniform(op); }},
    };
    if constexpr (!is_conv<Op>) {
        all.push_back({"bilinear", [](Op& op, O&) { upconv::init::bilinear(op); }});
        all.push_back({"icnr", [](Op& op, O&) { upconv::init::icnr(op); }});
        all.push_back({"checkerboard_index", [](Op& op, O&) { upconv::checkerboard_index(op); }});
    }
    return all;
}

template <class Op>
void check_changed(const std::string& part, const std::function<void(Op&)>& change) {
    for (const Activation& activation : {Activation::none, Activation::tanh}) {
        const Op good = operator_with<Op>(activation);
        Operands<Op> operands(good);
        for (const auto& user : users<Op>()) {
            if (activation != Activation::none && user.name == std::string("backward_input")) continue;
            Op op = good;
            user.call(op, operands);  // nothing but the change is refused
            op = good, change(op);
            const auto weight = numbers(op.weight()), bias = numbers(op.bias()), y = numbers(operands.y);
            const Dims shape(op.weight().dimensions());
            expect_refused(user, part, op, operands);
            EXPECT_EQ(numbers(op.weight()), weight) << user.name;
            EXPECT_EQ(Dims(op.weight().dimensions()), shape) << user.name;
            EXPECT_EQ(numbers(op.bias()), bias) << user.name;
            EXPECT_EQ(numbers(operands.y), y) << user.name;
        }
    }
}

template <class Op>
void check_changed_parameters() {
    // smaller, larger, of as many numbers, empty
    for (const Dims& shape : {Dims(2, 2, 3, 3), Dims(2, 1, 4, 4), Dims(1, 2, 4, 4), Dims(2, 2, 5, 5), Dims(3, 2, 4, 4),
                              Dims(1, 4, 4, 4), Dims(2, 2, 2, 8), Dims(2, 2, 0, 4), Dims(0, 0, 0, 0)}) {
        SCOPED_TRACE("weight " + upconv::to_text(shape));
        const auto change = [&](Op& op) { op.weight() = normals(shape, 5); };
        check_changed<Op>(joined(Op::name, ": the weight has the shape ", shape, " but must have"), change);
    }
    for (const Index size : {0, 1, 3, 200}) {
        SCOPED_TRACE("bias " + std::to_string(size));
        const auto change = [&](Op& op) { op.bias().resize(size), op.bias().setConstant(7); };
        check_changed<Op>(joined(Op::name, ": the bias has ", size, " numbers but must have 2"), change);
    }
}

TEST(Shapes, ParametersOfConv2dThatWereChanged) { check_changed_parameters<Conv>(); }
TEST(Shapes, ParametersOfConvTranspose2dThatWereChanged) { check_changed_parameters<Transposed>(); }

template <class Op>
void check_bias_where_there_is_none() {
    typename Op::Options options = operator_with<Op>(Activation::none).options();
    options.bias = false;
    Op op(options);
    Operands<Op> operands(op);
    op.bias().resize(2), op.bias().setConstant(1);
    for (const auto& user : users<Op>()) expect_refused(user, "bias = false", op, operands);
}

TEST(Shapes, ABiasWhereTheOptionsSayNone) {
    check_bias_where_there_is_none<Conv>(), check_bias_where_there_is_none<Transposed>();
}

// Tensors.

/// Extents that no tensor has, whatever it is for: nothing may be read.
const std::vector<Dims> impossible{{two_to(32), two_to(32), 1, 1},
                                   {1, 1, two_to(32), two_to(32)},
                                   {two_to(62), 4, 1, 1},
                                   {2, 2, two_to(30), two_to(30)},
                                   {most, most, most, most},
                                   {2, 2, most, 1},
                                   {0, two_to(32), two_to(32), 1},
                                   {2, 2, -1, 8},
                                   {-1, -2, 6, 8},
                                   {2, 2, least, 1}};

struct Bad {
    Dims dims;
    std::string part;
};

/// Those, and `others`, which must be refused as well.
std::vector<Bad> bad_tensors(const std::vector<Dims>& others) {
    std::vector<Bad> all;
    for (const Dims& dims : impossible) {
        const bool negative = *std::min_element(dims.begin(), dims.end()) < 0;
        all.push_back({dims, negative ? "negative" : "64-bit"});
    }
    for (const Dims& dims : others) all.push_back({dims, "must"});
    return all;
}

/// What a hostile map points to, and the outputs that must stay as they are.
struct Memory {
    std::vector<float> data = std::vector<float>(4096, 1.5f);
    Map map(const Dims& dims) { return Map(data.data(), dims); }
};

void check_tensors(const std::vector<Function<Map&>>& functions, const std::vector<Bad>& bad, Memory& memory) {
    const std::vector<float> before = memory.data;
    for (const Bad& tensor : bad) {
        SCOPED_TRACE(upconv::to_text(tensor.dims));
        Map map = memory.map(tensor.dims);
        for (const auto& function : functions) expect_refused(function, tensor.part, map);
        EXPECT_EQ(memory.data, before);
    }
}

template <class Op>
void check_tensors_of_a_filter() {
    const Op op = operator_with<Op>(Activation::none), relu = operator_with<Op>(Activation::relu);
    const Dims output = op.output_shape(input);
    Memory memory, rest;
    const Map x = rest.map(input);
    Map g = rest.map(output);
    Tensor y(output);
    const auto plan = op.plan(input);

    std::vector<Bad> bad = bad_tensors({});
    bad.push_back({{2, 3, 6, 8}, "has 3 channels"}), bad.push_back({{2, 1, 6, 8}, "has 1 channels"});
    bad.push_back({{2, 0, 6, 8}, "has 0 channels"}), bad.push_back({{2, 2, 0, 8}, "0 rows"});
    bad.push_back({{2, 2, 6, 0}, "0 columns"});
    check_tensors({{"operator()", [&](Map& bad_x) { op(bad_x); }},
                   {"operator() into y", [&](Map& bad_x) { op(bad_x, y); }},
                   {"backward", [&](Map& bad_x) { op.backward(bad_x, g); }},
                   {"backward with relu", [&](Map& bad_x) { relu.backward(bad_x, g); }},
                   {"backward_weight", [&](Map& bad_x) { op.backward_weight(bad_x, g); }},
                   {"backward_input", [&](Map& bad_x) { op.backward_input(g, bad_x.dimensions()); }},
                   {"output_shape", [&](Map& bad_x) { op.output_shape(bad_x.dimensions()); }},
                   {"flops", [&](Map& bad_x) { op.flops(bad_x.dimensions()); }},
                   {"problem", [&](Map& bad_x) { op.problem(bad_x.dimensions()); }},
                   {"plan", [&](Map& bad_x) { op.plan(bad_x.dimensions()); }},
                   {"explain", [&](Map& bad_x) { upconv::explain(op, bad_x.dimensions()); }},
                   {"summary", [&](Map& bad_x) { upconv::summary(bad_x.dimensions(), op); }},
                   {"input_region",
                    [&](Map& bad_x) {
                        op.input_region({{0, 1}, {0, 1}}, bad_x.dimensions());
                    }},
                   {"output_region",
                    [&](Map& bad_x) {
                        op.output_region({{0, 1}, {0, 1}}, bad_x.dimensions());
                    }}},
                  bad, memory);
    check_tensors({{"a plan's input", [&](Map& bad_x) { plan(bad_x); }},
                   {"a plan's input, into y", [&](Map& bad_x) { plan(bad_x, y); }}},
                  bad_tensors({{2, 2, 5, 8}, {2, 2, 7, 8}, {0, 2, 6, 8}, {2, 2, 0, 0}}), memory);
    const std::vector<Dims> not_the_output{{2, 2, output[2] - 1, output[3]},
                                           {2, 2, output[2] + 1, output[3]},
                                           {2, 2, output[3], output[2]},
                                           {1, 2, output[2], output[3]},
                                           {0, 2, output[2], output[3]},
                                           {2, 2, 0, 0},
                                           {0, 0, 0, 0}};
    check_tensors({{"output of operator()", [&](Map& bad_y) { op(x, bad_y); }},
                   {"output of a plan", [&](Map& bad_y) { plan(x, bad_y); }},
                   {"gradient of backward", [&](Map& bad_g) { op.backward(x, bad_g); }},
                   {"gradient of backward with relu", [&](Map& bad_g) { relu.backward(x, bad_g); }},
                   {"gradient of backward_weight", [&](Map& bad_g) { op.backward_weight(x, bad_g); }},
                   {"gradient of backward_input", [&](Map& bad_g) { op.backward_input(bad_g, input); }}},
                  bad_tensors(not_the_output), memory);
}

TEST(Shapes, TensorsOfConv2d) { check_tensors_of_a_filter<Conv>(); }
TEST(Shapes, TensorsOfConvTranspose2d) { check_tensors_of_a_filter<Transposed>(); }

template <class Op, class Call>
void check_weights(const Call& call) {
    const typename Op::Options options = operator_with<Op>(Activation::none).options(), none;
    Memory memory, rest;
    const Map x = rest.map(input), w = rest.map({2, 2, 4, 4});
    const BiasMap b(rest.data.data(), 2);
    Op op(options, w, b);
    call(x, w, b, options);  // nothing but what follows is refused
    const auto bad = bad_tensors({});
    const std::vector<Function<Map&>> of_options{{"constructor", [&](Map& bad_w) { Op(options, bad_w, b); }}};
    check_tensors(of_options, bad, memory);
    check_tensors(of_options, bad_tensors({{2, 2, 3, 4}, {2, 2, 4, 5}, {1, 4, 4, 4}, {0, 2, 4, 4}, {2, 2, 0, 0}}),
                  memory);
    check_tensors({{"function form", [&](Map& bad_w) { call(x, bad_w, b, none); }}}, bad, memory);
    check_tensors({{"function form without channels", [&](Map& bad_w) { call(x, bad_w, b, none); }}},
                  {{{0, 2, 4, 4}, Op::name}, {{2, 0, 4, 4}, Op::name}, {{2, 2, 0, 4}, Op::name}}, memory);
    check_tensors({{"function form, x", [&](Map& bad_x) { call(bad_x, w, b, none); }}}, bad, memory);
    for (const Index size : {Index(1), Index(3), two_to(40), two_to(62), most, Index(-1), least}) {
        const BiasMap bad_bias(rest.data.data(), size);
        const std::string part = joined("the bias has ", size, " numbers");
        expect_refused(Function<>{"constructor", [&] { Op(options, w, bad_bias); }}, part);
        expect_refused(Function<>{"function form", [&] { call(x, w, bad_bias, none); }}, part);
    }
    const auto odd = reinterpret_cast<float*>(reinterpret_cast<char*>(rest.data.data()) + 2);
    expect_refused(Function<>{"constructor", [&] { Op(options, w, BiasMap(odd, 2)); }}, "not aligned");
}

TEST(Shapes, WeightsThatAreGiven) {
    check_weights<Conv>([](const auto&... operands) { upconv::conv2d(operands...); });
    check_weights<Transposed>([](const auto&... operands) { upconv::conv_transpose2d(operands...); });
}

TEST(Shapes, WeightsOfKeras) {
    Memory memory;
    check_tensors({{"weights_from_keras", [](Map& w) { upconv::weights_from_keras(w); }},
                   {"weights_to_keras", [](Map& w) { upconv::weights_to_keras(w); }}},
                  bad_tensors({}), memory);
    const auto empty = upconv::weights_from_keras(memory.map({3, 2, 0, 4}));
    EXPECT_EQ(Dims(empty.dimensions()), Dims(4, 0, 3, 2));
}

TEST(Shapes, TensorsOfUpSampling2d) {
    const UpSampling up({.scale = 2, .mode = upconv::Interpolation::bilinear});
    const Dims output = up.output_shape(input);
    Memory memory, rest;
    const Map x = rest.map(input), g = rest.map(output);
    Tensor y(output), gx(input);
    const auto plan = up.plan(input), gradient_plan = up.gradient_plan(input);
    std::vector<Bad> bad = bad_tensors({});
    bad.push_back({{2, 0, 6, 8}, "no channels"}), bad.push_back({{2, 2, 0, 8}, "0 rows"});
    check_tensors({{"operator()", [&](Map& bad_x) { up(bad_x); }},
                   {"operator() into y", [&](Map& bad_x) { up(bad_x, y); }},
                   {"upsample2d", [&](Map& bad_x) { upconv::upsample2d(bad_x, {.scale = 2}); }},
                   {"backward", [&](Map& bad_x) { up.backward(bad_x, g); }},
                   {"backward_input", [&](Map& bad_x) { up.backward_input(g, bad_x.dimensions()); }},
                   {"output_shape", [&](Map& bad_x) { up.output_shape(bad_x.dimensions()); }},
                   {"flops", [&](Map& bad_x) { up.flops(bad_x.dimensions()); }},
                   {"tables", [&](Map& bad_x) { up.tables(bad_x.dimensions()); }},
                   {"plan", [&](Map& bad_x) { up.plan(bad_x.dimensions()); }},
                   {"gradient_plan", [&](Map& bad_x) { up.gradient_plan(bad_x.dimensions()); }},
                   {"explain", [&](Map& bad_x) { upconv::explain(up, bad_x.dimensions()); }},
                   {"summary", [&](Map& bad_x) { upconv::summary(bad_x.dimensions(), up); }}},
                  bad, memory);
    check_tensors({{"a plan's input", [&](Map& bad_x) { plan(bad_x, y); }},
                   {"output of the gradient's plan", [&](Map& bad_gx) { gradient_plan(g, bad_gx); }}},
                  bad_tensors({{2, 2, 5, 8}, {2, 2, 7, 8}, {0, 2, 6, 8}, {2, 2, 0, 0}}), memory);
    check_tensors({{"output of operator()", [&](Map& bad_y) { up(x, bad_y); }},
                   {"output of a plan", [&](Map& bad_y) { plan(x, bad_y); }},
                   {"gradient of backward", [&](Map& bad_g) { up.backward(x, bad_g); }},
                   {"gradient of backward_input", [&](Map& bad_g) { up.backward_input(bad_g, input); }},
                   {"input of the gradient's plan", [&](Map& bad_g) { gradient_plan(bad_g, gx); }}},
                  bad_tensors({{2, 2, 11, 16}, {2, 2, 13, 16}, {2, 2, 16, 12}, {0, 2, 12, 16}, {2, 2, 0, 0}}), memory);
}

TEST(Shapes, TensorsOfPixelShuffle) {
    Memory memory;
    check_tensors({{"pixel_shuffle", [](Map& x) { upconv::pixel_shuffle(x, 2); }},
                   {"pixel_unshuffle", [](Map& x) { upconv::pixel_unshuffle(x, 2); }}},
                  bad_tensors({}), memory);
    check_tensors({{"pixel_unshuffle",
                    [](Map& x) {
                        upconv::pixel_unshuffle(x, {1, two_to(40)});
                    }}},
                  {{{1, 1, 3, 3}, "must divide"}, {{two_to(20), two_to(20), 1, 0}, "64-bit"}}, memory);
}

// What is empty and legal.

template <class Op>
void check_empty_batch() {
    for (const Activation& activation : {Activation::none, Activation::relu}) {
        const Op op = operator_with<Op>(activation);
        const Tensor x(0, 2, 6, 8), g(op.output_shape(x.dimensions()));
        EXPECT_EQ(g.size(), 0);
        EXPECT_EQ(Dims(op(x).dimensions()), Dims(g.dimensions()));
        const auto gradients = op.backward(x, g);
        EXPECT_EQ(Dims(gradients.input.dimensions()), Dims(x.dimensions()));
        EXPECT_EQ(numbers(gradients.weight), std::vector<float>(2 * 2 * 4 * 4, 0.0f));
        EXPECT_EQ(numbers(gradients.bias), std::vector<float>(2, 0.0f));
        EXPECT_EQ(numbers(op.backward_weight(x, g)), std::vector<float>(2 * 2 * 4 * 4, 0.0f));
        if (activation == Activation::none) {
            EXPECT_EQ(op.backward_input(g, x.dimensions()).size(), 0);
        }
    }
}

TEST(Shapes, AnEmptyBatchGivesZeroGradients) { check_empty_batch<Conv>(), check_empty_batch<Transposed>(); }

TEST(Shapes, EmptyTensorsAreResizedAndShuffled) {
    const UpSampling up({.scale = 2});
    const Tensor none(0, 2, 6, 8);
    EXPECT_EQ(Dims(up(none).dimensions()), Dims(0, 2, 12, 16));
    EXPECT_EQ(Dims(up.backward(none, Tensor(0, 2, 12, 16)).input.dimensions()), Dims(none.dimensions()));
    for (const Dims& dims : {Dims(0, 4, 6, 8), Dims(1, 0, 6, 8), Dims(1, 4, 0, 8), Dims(1, 4, 6, 0)}) {
        const Tensor x(dims), shuffled = upconv::pixel_shuffle(x, 2);
        EXPECT_EQ(Dims(shuffled.dimensions()), Dims(dims[0], dims[1] / 4, dims[2] * 2, dims[3] * 2));
        EXPECT_EQ(Dims(upconv::pixel_unshuffle(shuffled, 2).dimensions()), dims);
    }
}

}  // namespace
