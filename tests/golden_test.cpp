// Golden cases: what PyTorch computes, forward and all gradients, against the operators in double and in float.
// golden/make_golden.py has the cases and their format, golden/bounds.hpp how far apart two results may be.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <iomanip>
#include <upconv/upconv.hpp>

#include "every_algorithm.hpp"
#include "golden/bounds.hpp"

namespace {

using golden::Array;
using golden::Case;
using golden::Index;
using golden::Roundoff;
using golden::Shape;
using golden::Values;

// --- tensors ---

template <class T>
using Tensor = Eigen::Tensor<T, 4, Eigen::RowMajor>;

/// The same numbers in the order of a layout.
template <class Layout, class N>
std::array<N, 4> in_layout(N n, N c, N h, N w) {
    std::array<N, 4> result{};
    result[Layout::n] = n;
    result[Layout::c] = c;
    result[Layout::h] = h;
    result[Layout::w] = w;
    return result;
}

/// Calls f(position in the golden array, position in the tensor) for every element.
template <class Layout, class F>
void for_each_element(const Shape& shape, const F& f) {
    std::size_t i = 0;
    for (Index n = 0; n < shape[0]; ++n)
        for (Index c = 0; c < shape[1]; ++c)
            for (Index h = 0; h < shape[2]; ++h)
                for (Index w = 0; w < shape[3]; ++w) f(i++, in_layout<Layout>(n, c, h, w));
}

template <class T, class Layout>
Tensor<T> tensor(const Array& array) {
    const Shape& shape = array.shape;
    Tensor<T> result(in_layout<Layout>(shape[0], shape[1], shape[2], shape[3]));
    for_each_element<Layout>(
        shape, [&](std::size_t i, const auto& place) { result(place) = static_cast<T>(array.values[i]); });
    return result;
}

/// In the order of the golden array; none if the tensor has not its shape.
template <class Layout, class T>
Values values(const Shape& shape, const Tensor<T>& t) {
    const auto dims = in_layout<Layout>(shape[0], shape[1], shape[2], shape[3]);
    if (!std::equal(dims.begin(), dims.end(), t.dimensions().begin())) return {};
    Values result(static_cast<std::size_t>(t.size()));
    for_each_element<Layout>(shape, [&](std::size_t i, const auto& place) { result[i] = t(place); });
    return result;
}

template <class Parameters>
void assign(Parameters& parameters, const Values& source) {
    ASSERT_EQ(static_cast<std::size_t>(parameters.size()), source.size());
    std::transform(source.begin(), source.end(), parameters.data(),
                   [](double value) { return static_cast<typename Parameters::Scalar>(value); });
}

template <class Parameters>
Values values(const Parameters& parameters) {
    return Values(parameters.data(), parameters.data() + parameters.size());
}

// --- options ---

upconv::Size2 pair(const Case& c, const char* h, const char* w) { return {c.number(h), c.number(w)}; }

upconv::Padding padding(const Case& c) {
    using upconv::Padding;
    const std::string& text = c.text("padding");
    if (text == "same") return Padding::same;
    if (text == "same_lower") return Padding::same_lower;
    if (text == "valid") return Padding::valid;
    if (text == "full") return Padding::full;
    std::vector<Index> sides;
    for (double side : golden::numbers(text)) sides.push_back(static_cast<Index>(side));
    if (sides.size() == 1) return sides[0];
    if (sides.size() == 2) return {sides[0], sides[1]};
    return {sides[0], sides[1], sides[2], sides[3]};
}

upconv::PaddingMode padding_mode(const std::string& name) {
    using upconv::PaddingMode;
    return name == "reflect"     ? PaddingMode::reflect
           : name == "replicate" ? PaddingMode::replicate
           : name == "circular"  ? PaddingMode::circular
                                 : PaddingMode::zeros;
}

upconv::Activation activation(const std::string& text) {
    using upconv::Activation;
    const auto [name, p] = golden::named_parameters(text);
    if (name == "leaky_relu") return Activation::leaky_relu(p[0]);
    if (name == "clamp") return Activation::clamp(p[0], p[1]);
    return name == "relu"      ? Activation::relu
           : name == "sigmoid" ? Activation::sigmoid
           : name == "tanh"    ? Activation::tanh
                               : Activation::none;
}

template <class Options>
Options convolution_options(const Case& c) {
    Options options;
    options.in_channels = c.number("ic");
    options.out_channels = c.number("oc");
    options.kernel = pair(c, "kh", "kw");
    options.stride = pair(c, "sh", "sw");
    options.padding = padding(c);
    options.dilation = pair(c, "dh", "dw");
    options.groups = c.number("g");
    options.padding_mode = padding_mode(c.text("mode"));
    options.bias = c.has_bias();
    options.activation = activation(c.text("act"));
    return options;
}

upconv::ConvTranspose2dOptions transposed_options(const Case& c) {
    auto options = convolution_options<upconv::ConvTranspose2dOptions>(c);
    if (c.number("output_size") != 0)
        options.output_size = pair(c, "oh", "ow");
    else
        options.output_padding = pair(c, "oph", "opw");
    return options;
}

upconv::UpSampling2dOptions resize_options(const Case& c) {
    using upconv::Interpolation;
    static const std::map<std::string, Interpolation> modes{
        {"nearest", Interpolation::nearest},   {"nearest_exact", Interpolation::nearest_exact},
        {"bilinear", Interpolation::bilinear}, {"bicubic", Interpolation::bicubic},
        {"area", Interpolation::area},         {"lanczos3", Interpolation::lanczos3}};
    upconv::UpSampling2dOptions options;
    options.mode = modes.at(c.text("mode"));
    options.antialias = c.number("antialias") != 0;
    if (c.number("align_corners") != 0) options.coordinates = upconv::Coordinates::align_corners;
    if (c.has("coordinates")) options.coordinates = upconv::Coordinates::asymmetric;
    if (c.has("border"))
        options.border = c.text("border") == "drop" ? upconv::ResizeBorder::drop : upconv::ResizeBorder::clamp;
    if (c.text("scale") == "none") {
        options.size = pair(c, "oh", "ow");
    } else {
        const Values scale = golden::numbers(c.text("scale"));
        options.scale = upconv::Scale2(scale[0], scale[1]);
    }
    return options;
}

// --- comparing ---

/// The largest error as a fraction of its bound.
struct Worst {
    double forward = 0, gradients = 0;

    void take(const Worst& other) {
        forward = std::max(forward, other.forward);
        gradients = std::max(gradients, other.gradients);
    }
    std::string text(const char* scalar) const {
        std::ostringstream text;
        text << scalar << ' ' << std::setprecision(2) << forward << " forward, " << gradients << " gradients";
        return text.str();
    }
};

class Golden : public testing::Test {
  protected:
    static void TearDownTestSuite() {
        std::printf("golden: %d cases; largest error / bound: %s; %s\n", cases, worst<float>.text("float").c_str(),
                    worst<double>.text("double").c_str());
        for (const auto& [option, w] : by_option) std::printf("golden: %s\n", w.text(option.c_str()).c_str());
    }

    template <class T>
    static inline Worst worst;
    static inline std::map<std::string, Worst> by_option;
    static inline int cases = 0;

    template <class Check>
    static void for_each_case(const char* op, const Check& check) {
        const auto read = golden::read_cases(UPCONV_GOLDEN_FILE, op);
        EXPECT_FALSE(read.empty());
        cases += static_cast<int>(read.size());
        for (const Case& c : read) {
            try {
                check(c);
            } catch (const std::exception& e) {
                ADD_FAILURE() << c.line << '\n' << e.what();
            }
        }
    }
};

/// "1 0 2 5"
std::string position(const Shape& shape, std::size_t i) {
    std::ostringstream text;
    std::size_t size = 1;
    for (Index extent : shape) size *= static_cast<std::size_t>(extent);
    for (Index extent : shape) {
        size /= static_cast<std::size_t>(extent);
        text << i / size << ' ';
        i %= size;
    }
    return text.str();
}

/// Compares with the golden array of that name. `bounds(roundoff)` has one bound for each value.
template <class T, class Bounds>
void compare(const Case& c, const char* name, const Values& computed, const Bounds& bounds, double& worst) {
    const Array& golden = c[name];
    ASSERT_EQ(computed.size(), golden.values.size()) << name << " of " << c.line;
    const Values ours = bounds(Roundoff::of<T>()), theirs = bounds(Roundoff::of<double>());
    for (std::size_t i = 0; i < computed.size(); ++i) {
        const double error = std::abs(computed[i] - golden.values[i]), bound = ours[i] + theirs[i];
        if (error > 0) worst = std::max(worst, error / bound);
        ASSERT_LE(error, bound) << c.line << '\n'
                                << name << " at " << position(golden.shape, i) << "is " << computed[i] << " instead of "
                                << golden.values[i];
    }
}

template <class Operator>
void check_kernel(const Case& c, const golden::Linear& linear, const typename Operator::Options& options,
                  Worst& worst) {
    using T = typename Operator::Scalar;
    using Layout = typename Operator::Layout;
    Operator op(options);
    assign(op.weight(), c["weight"].values);
    if (c.has_bias()) assign(op.bias(), c["bias"].values);
    const Tensor<T> x = tensor<T, Layout>(c["x"]), gy = tensor<T, Layout>(c["gy"]), y = op(x);
    compare<T>(
        c, "y", values<Layout>(c["y"].shape, y), [&](const Roundoff& r) { return golden::output_bounds(c, linear, r); },
        worst.forward);
    const auto g = op.backward(x, gy);
    const auto check_gradient = [&](const char* name, const Values& computed) {
        compare<T>(
            c, name, computed, [&](const Roundoff& r) { return golden::gradient_bounds(c, name, linear, r); },
            worst.gradients);
    };
    check_gradient("gx", values<Layout>(c["x"].shape, g.input));
    check_gradient("gweight", values(g.weight));
    if (c.has_bias()) check_gradient("gbias", values(g.bias));
}

/// The options that differ from their defaults.
template <class Options>
std::vector<std::string> options_in_use(const Case& c, const Options& o) {
    std::vector<std::string> used;
    const auto add = [&](bool is, const std::string& name) {
        if (is) used.push_back(name);
    };
    const upconv::Size2 one(1);
    add(o.stride != one, "stride");
    add(o.dilation != one, "dilation");
    add(o.groups > 1, o.groups == o.in_channels ? "depthwise" : "groups");
    add(o.padding_mode != upconv::PaddingMode::zeros, c.text("mode"));
    add(o.activation != upconv::Activation::none, golden::named_parameters(c.text("act")).first);
    add(o.bias, "bias");
    add(o.kernel == one, "1 x 1");
    return used;
}

/// With each kernel: the cases are so small that the plan would list the products of most.
template <class Operator>
void check_convolution(const Case& c, const golden::Linear& linear, typename Operator::Options options, Worst& worst,
                       std::map<std::string, Worst>& by_option) {
    using upconv::Algorithm;
    Worst here;
    for (Algorithm algorithm : every_algorithm) {
        options.algorithm = algorithm;
        check_kernel<Operator>(c, linear, options, here);
    }
    worst.take(here);
    if (std::is_same_v<typename Operator::Scalar, float>)
        for (const std::string& option : options_in_use(c, options))
            by_option[std::string(Operator::name) + ' ' + option + " in float"].take(here);
}

template <class Operator>
void check_resizing(const Case& c, Worst& worst) {
    using T = typename Operator::Scalar;
    using Layout = typename Operator::Layout;
    const Operator op(resize_options(c));
    const Tensor<T> x = tensor<T, Layout>(c["x"]), gy = tensor<T, Layout>(c["gy"]), y = op(x);
    const auto bounds = [&](const char* name) {
        return [&c, name](const Roundoff& r) { return golden::resize_bounds(c, name, r); };
    };
    compare<T>(c, "y", values<Layout>(c["y"].shape, y), bounds("y"), worst.forward);
    const Tensor<T> gx = op.backward(x, gy).input;
    compare<T>(c, "gx", values<Layout>(c["x"].shape, gx), bounds("gx"), worst.gradients);
}

TEST_F(Golden, Conv2d) {
    for_each_case("conv2d", [](const Case& c) {
        const golden::Linear linear = golden::linear(c);
        const auto options = convolution_options<upconv::Conv2dOptions>(c);
        check_convolution<upconv::Conv2d<double>>(c, linear, options, worst<double>, by_option);
        check_convolution<upconv::Conv2d<float>>(c, linear, options, worst<float>, by_option);
        check_convolution<upconv::Conv2d<float, upconv::NHWC>>(c, linear, options, worst<float>, by_option);
    });
}

TEST_F(Golden, ConvTranspose2d) {
    for_each_case("conv_transpose2d", [](const Case& c) {
        const golden::Linear linear = golden::linear(c);
        const auto options = transposed_options(c);
        check_convolution<upconv::ConvTranspose2d<double>>(c, linear, options, worst<double>, by_option);
        check_convolution<upconv::ConvTranspose2d<float>>(c, linear, options, worst<float>, by_option);
        check_convolution<upconv::ConvTranspose2d<float, upconv::NHWC>>(c, linear, options, worst<float>, by_option);
    });
}

TEST_F(Golden, UpSampling2d) {
    for_each_case("upsampling2d", [](const Case& c) {
        const std::string mode =
            "UpSampling2d " + c.text("mode") + (c.number("antialias") != 0 ? " antialias" : "") + " in ";
        check_resizing<upconv::UpSampling2d<double>>(c, by_option[mode + "double"]);
        check_resizing<upconv::UpSampling2d<float>>(c, by_option[mode + "float"]);
        check_resizing<upconv::UpSampling2d<float, upconv::NHWC>>(c, by_option[mode + "float"]);
    });
}

}  // namespace
