// Scalars: float has the sweeps; here double, half, bfloat16, the integers, complex numbers and automatic
// differentiation.
#include <Eigen/Core>
#include <complex>
#include <unsupported/Eigen/AutoDiff>

#include "against_oracle.hpp"

namespace {

using upconv::Dims;
using upconv::Index;
using AutoDiff = Eigen::AutoDiffScalar<Eigen::VectorXd>;
using Complex = std::complex<float>;

const upconv::Conv2dOptions conv_options{
    .in_channels = 4, .out_channels = 6, .kernel = {3, 2}, .stride = {2, 1}, .padding = 1, .groups = 2};
const upconv::ConvTranspose2dOptions transposed_options{
    .in_channels = 6, .out_channels = 4, .kernel = {3, 2}, .stride = {2, 1}, .padding = 1, .groups = 2};

/// The geometry of both: 5 x 6 fine, 3 x 7 coarse.
const oracle::Problem problem{{3, 5, 3, 2, 1, 1}, {7, 6, 2, 1, 1, 1}, 2, 6, 4, 2};

template <class T>
class Exact : public testing::Test {};
using ExactScalars = testing::Types<double, Eigen::half, Eigen::bfloat16, int, std::int8_t, std::int64_t>;
TYPED_TEST_SUITE(Exact, ExactScalars);

/// Within what each scalar holds exactly: half whole numbers up to 2048, bfloat16 to 256, int8 to 127.
template <class T>
constexpr double largest_whole() {
    if (std::is_same_v<T, Eigen::bfloat16>) return 256;
    if (std::is_same_v<T, Eigen::half>) return 2048;
    return std::is_same_v<T, std::int8_t> ? 127 : 1e9;
}

template <class Op, class X>
void expect_exact(const Op& op, const X& y, const oracle::Sums& sums) {
    using T = typename X::Scalar;
    ASSERT_EQ(static_cast<std::size_t>(y.size()), sums.value.size());
    for (std::size_t i = 0; i < sums.value.size(); ++i) {
        ASSERT_LE(std::abs(sums.value[i]), largest_whole<T>()) << "the test's own numbers are too large";
        EXPECT_EQ(static_cast<double>(y.data()[i]), sums.value[i]) << op.name << " number " << i;
    }
}

TYPED_TEST(Exact, IntegersInEveryScalar) {
    using T = TypeParam;
    upconv::Conv2d<T> conv(conv_options);
    upconv::ConvTranspose2d<T> transposed(transposed_options);
    fill_integers(conv.weight(), 1, 1), fill_integers(conv.bias(), 2);
    fill_integers(transposed.weight(), 1, 1), fill_integers(transposed.bias(), 3);
    const auto fine = integers<T>({2, 4, 5, 6}, 4, 2), coarse = integers<T>({2, 6, 3, 7}, 5, 2);
    const oracle::Values w = values_of(conv.weight()), f = values_of(fine), c = values_of(coarse);

    const oracle::Sums coarse_sums = oracle::coarse_sums(problem, w, f), fine_sums = oracle::fine_sums(problem, w, c);
    oracle::Sums forward = coarse_sums;
    forward.add_bias(values_of(conv.bias()), 21);
    expect_exact(conv, conv(fine), forward);
    forward = fine_sums;
    forward.add_bias(values_of(transposed.bias()), 30);
    expect_exact(transposed, transposed(coarse), forward);

    const auto gc = conv.backward(fine, coarse);
    const auto gt = transposed.backward(coarse, fine);
    expect_exact(conv, gc.input, fine_sums);
    expect_exact(transposed, gt.input, coarse_sums);
    const oracle::Sums weight_sums = oracle::weight_sums(problem, c, f);
    expect_exact(conv, gc.weight, weight_sums);
    expect_exact(transposed, gt.weight, weight_sums);
    expect_exact(conv, gc.bias, oracle::channel_sums(c, 6, 21));
    expect_exact(transposed, gt.bias, oracle::channel_sums(f, 4, 30));
}

/// Narrow scalars are summed in float and rounded once: an unrounded sum is within the bound of float.
template <class T>
void check_rounded_once(double unit_roundoff) {
    upconv::ConvTranspose2d<T> up(transposed_options);
    fill_normals(up.weight(), 1), fill_normals(up.bias(), 2);
    const auto x = normals<T>({2, 6, 3, 7}, 3), y = up(x);
    oracle::Sums sums = oracle::fine_sums(problem, values_of(up.weight()), values_of(x));
    sums.add_bias(values_of(up.bias()), 30);
    for (std::size_t i = 0; i < sums.value.size(); ++i) {
        const double bound = oracle::error_bound(sums.terms[i], sums.magnitude[i], sums.bias[i], 0x1p-24, 0x1p-149);
        const double stored = static_cast<double>(y.data()[i]);
        EXPECT_LE(std::abs(stored - sums.value[i]), bound + unit_roundoff * (std::abs(sums.value[i]) + bound));
    }
}

TEST(Scalars, HalfIsSummedInFloat) { check_rounded_once<Eigen::half>(0x1p-11); }
TEST(Scalars, Bfloat16IsSummedInFloat) { check_rounded_once<Eigen::bfloat16>(0x1p-8); }

/// A border is added up before the sums are rounded to the scalar: half computes what float does, rounded once.
template <class T>
void check_border_is_rounded_once() {
    for (upconv::PaddingMode mode :
         {upconv::PaddingMode::reflect, upconv::PaddingMode::replicate, upconv::PaddingMode::circular}) {
        upconv::ConvTranspose2dOptions options{.in_channels = 3, .out_channels = 2, .kernel = 5, .padding = 2};
        options.padding_mode = mode;
        upconv::ConvTranspose2d<T> narrow(options);
        upconv::ConvTranspose2d<float> wide(options);
        fill_normals(narrow.weight(), 1), fill_normals(narrow.bias(), 2);
        wide.weight() = narrow.weight().template cast<float>();
        wide.bias() = narrow.bias().template cast<float>();
        const auto x = normals<T>({1, 3, 6, 7}, 3);
        const upconv::Tensor4<float> wide_x = x.template cast<float>();
        const auto y = narrow(x);
        const auto expected = wide(wide_x);
        ASSERT_EQ(y.size(), expected.size());
        for (Index i = 0; i < y.size(); ++i) EXPECT_EQ(y.data()[i], static_cast<T>(expected.data()[i])) << i;
    }
}
TEST(Scalars, BorderOfHalfIsRoundedOnce) { check_border_is_rounded_once<Eigen::half>(); }
TEST(Scalars, BorderOfBfloat16IsRoundedOnce) { check_border_is_rounded_once<Eigen::bfloat16>(); }

TEST(Scalars, DoubleIsWithinItsOwnBound) {
    upconv::Conv2d<double> conv(conv_options);
    EXPECT_TRUE(agrees_with_oracle(conv, problem, Numbers::normals));
    upconv::ConvTranspose2d<double> transposed(transposed_options);
    EXPECT_TRUE(agrees_with_oracle(transposed, problem, Numbers::normals));
}

// Complex numbers: real and imaginary part by the oracle, without conjugation.

oracle::Values part_of(const upconv::Tensor4<Complex>& x, bool imaginary) {
    oracle::Values values;
    for (Index i = 0; i < x.size(); ++i) values.push_back(imaginary ? x.data()[i].imag() : x.data()[i].real());
    return values;
}

template <class X>
void fill_complex(X& x, unsigned seed) {
    std::mt19937_64 engine(seed);
    const auto next = [&] { return static_cast<float>(engine() % 7) - 3; };
    for (Index i = 0; i < x.size(); ++i) x.data()[i] = {next(), next()};
}

TEST(Scalars, Complex) {
    upconv::ConvTranspose2d<Complex> up(transposed_options);
    up.bias().setZero();
    fill_complex(up.weight(), 1);
    upconv::Tensor4<Complex> x(2, 6, 3, 7);
    fill_complex(x, 2);
    const upconv::Tensor4<Complex> y = up(x);
    const auto sums = [&](bool imaginary_weight, bool imaginary_x) {
        return oracle::fine_sums(problem, part_of(up.weight(), imaginary_weight), part_of(x, imaginary_x)).value;
    };
    const auto rr = sums(false, false), ii = sums(true, true), ri = sums(false, true), ir = sums(true, false);
    for (std::size_t i = 0; i < rr.size(); ++i) {
        EXPECT_EQ(y.data()[i].real(), rr[i] - ii[i]);
        EXPECT_EQ(y.data()[i].imag(), ri[i] + ir[i]);
    }
    EXPECT_THROW(upconv::ConvTranspose2d<Complex>(
                     {.in_channels = 1, .out_channels = 1, .kernel = 1, .activation = upconv::Activation::relu}),
                 upconv::ShapeError);
}

TEST(Scalars, IntegersTakeNoSmoothActivationAndNoInterpolation) {
    EXPECT_THROW(
        upconv::Conv2d<int>({.in_channels = 1, .out_channels = 1, .kernel = 1, .activation = upconv::Activation::tanh}),
        upconv::ShapeError);
    EXPECT_THROW(upconv::UpSampling2d<int>({.scale = 2, .mode = upconv::Interpolation::bilinear}), upconv::ShapeError);
    const upconv::UpSampling2d<int> nearest({.scale = 2});
    EXPECT_EQ(nearest(integers<int>({1, 1, 2, 2}, 1))(0, 0, 3, 3), integers<int>({1, 1, 2, 2}, 1)(0, 0, 1, 1));
}

// Whole numbers, and parameters in double that they cannot hold.

template <class T>
class Whole : public testing::Test {};
using WholeScalars = testing::Types<int, unsigned, std::int8_t, std::uint8_t, std::int64_t, std::uint64_t>;
TYPED_TEST_SUITE(Whole, WholeScalars);

const std::vector<double> hostile_bounds{-INFINITY, -1e300, -0x1p64, -0x1p63, -1e10,  -0x1p31, -129,    -128,
                                         -5,        -1,     0,       1,       7,      127,     128,     255,
                                         256,       0x1p31, 0x1p32,  1e10,    0x1p63, 0x1p64,  INFINITY};

TYPED_TEST(Whole, ClampTakesAnyBounds) {
    using T = TypeParam;
    using Wide = long double;  // whose 64 bits of mantissa hold every T
    using Limits = std::numeric_limits<T>;
    const auto stored = [](Wide x) {
        return std::clamp<Wide>(x, static_cast<Wide>(Limits::lowest()), static_cast<Wide>(Limits::max()));
    };
    for (const double low : hostile_bounds)
        for (const double high : hostile_bounds) {
            if (!(low <= high)) continue;
            const auto clamp = upconv::Activation::clamp(low, high);
            for (const T x : {Limits::lowest(), static_cast<T>(-5), T(0), T(1), T(7), T(100), Limits::max()}) {
                SCOPED_TRACE(upconv::detail::joined("clamp(", low, ", ", high, ") of ") + std::to_string(x));
                const auto wide = static_cast<Wide>(x);
                EXPECT_EQ(static_cast<Wide>(upconv::detail::activate(clamp, x)),
                          stored(std::clamp<Wide>(wide, low, high)));
                EXPECT_EQ(upconv::detail::derivative(clamp, x), wide < low || high < wide ? T(0) : T(1));
            }
        }
    EXPECT_EQ(upconv::detail::number<T>(std::numeric_limits<double>::quiet_NaN()), T(0));
}

/// Bounds too low and too high, and what is neither.
TYPED_TEST(Whole, InitialisersRefuseWhatTheScalarCannotHold) {
    using T = TypeParam;
    using Limits = std::numeric_limits<T>;
    upconv::Conv2d<T> conv({.in_channels = 1, .out_channels = 2, .kernel = 1, .stride = 3});
    EXPECT_EQ(conv.weight()(1, 0, 0, 0), T(0)) << "whole numbers start at 0";
    upconv::init::constant(conv, 100);
    const auto check = [&](const auto& call) {
        EXPECT_THROW(call(), upconv::ShapeError);
        EXPECT_EQ(conv.weight()(0, 0, 0, 0), T(100)) << "written before the refusal";
    };
    const double below = static_cast<double>(Limits::lowest()) * (Limits::is_signed ? 2 : 1) - 1;
    const double above = static_cast<double>(Limits::max()) + 1;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const double bad : std::vector<double>{below, above, -INFINITY, INFINITY, nan, 1e300}) {
        check([&] { upconv::init::constant(conv, bad); });
        check([&] { upconv::init::uniform(conv, {.low = (std::min)(bad, 0.0), .high = (std::max)(0.0, bad)}); });
    }
    check([&] { upconv::init::constant(conv, 0.5); });
    upconv::init::uniform(conv, {.low = static_cast<double>(Limits::lowest()), .high = 100});
    upconv::init::constant(conv, static_cast<double>(Limits::lowest()));
    EXPECT_EQ(conv.weight()(1, 0, 0, 0), Limits::lowest());
}

/// From the options to the output and the gradient.
template <class T>
void check_clamp_beyond() {
    upconv::Conv2d<T> conv(
        {.in_channels = 1, .out_channels = 1, .kernel = 1, .activation = upconv::Activation::clamp(0, 1e10)});
    upconv::init::ones(conv);
    upconv::Tensor4<T> x(1, 1, 1, 3);
    x.setValues({{{{T(-5), T(7), T(100)}}}});
    const auto y = conv(x);
    const auto g = conv.backward(x, x).input;
    for (Index j = 0; j < 3; ++j) {
        EXPECT_EQ(y(0, 0, 0, j), j == 0 ? T(0) : x(0, 0, 0, j));
        EXPECT_EQ(g(0, 0, 0, j), j == 0 ? T(0) : x(0, 0, 0, j));
    }
}
TEST(Scalars, ClampBeyondTheRangeOfWholeNumbers) { check_clamp_beyond<int>(), check_clamp_beyond<std::int8_t>(); }

TEST(Scalars, WholeNumbersNeedWholeBoundsAndAFilterWithoutFractions) {
    using Up = upconv::ConvTranspose2d<int>;
    upconv::ConvTranspose2dOptions options{.in_channels = 1, .out_channels = 1, .kernel = 4, .stride = 2};
    for (const auto& clamp : {upconv::Activation::clamp(0.5, 7), upconv::Activation::clamp(0, 6.5)}) {
        options.activation = clamp;
        EXPECT_THROW(Up{options}, upconv::ShapeError);
    }
    options.activation = upconv::Activation::clamp(0, INFINITY);
    Up up(options);
    EXPECT_THROW(upconv::init::bilinear(up), upconv::ShapeError);
    options.kernel = options.stride = 1;
    Up identity(options);
    upconv::init::bilinear(identity);
    EXPECT_EQ(identity.weight()(0, 0, 0, 0), 1);
}

// Automatic differentiation through an operator: the derivatives of sum(gy * y) are what backward() gives.

template <template <class, class> class Operator, class Options>
void check_autodiff(Options options, const Dims& dims) {
    options.activation = upconv::Activation::tanh;
    Operator<double, upconv::NCHW> op(options);
    fill_normals(op.weight(), 1), fill_normals(op.bias(), 2);
    const auto x = normals<double>(dims, 3), gy = normals<double>(op.output_shape(dims), 4);
    const auto g = op.backward(x, gy);

    Operator<AutoDiff, upconv::NCHW> tracked(options);
    const Index inputs = x.size(), weights = op.weight().size();
    const auto all = static_cast<int>(inputs + weights + op.bias().size());
    upconv::Tensor4<AutoDiff> tx(dims);
    int variable = 0;
    const auto track = [&](auto& to, const auto& from) {
        for (Index i = 0; i < from.size(); ++i) to.data()[i] = AutoDiff(from.data()[i], all, variable++);
    };
    track(tx, x), track(tracked.weight(), op.weight()), track(tracked.bias(), op.bias());
    const upconv::Tensor4<AutoDiff> y = tracked(tx);
    Eigen::VectorXd derivative = Eigen::VectorXd::Zero(all), magnitude = derivative;
    for (Index i = 0; i < y.size(); ++i) {
        derivative += gy.data()[i] * y.data()[i].derivatives();
        magnitude += (gy.data()[i] * y.data()[i].derivatives()).cwiseAbs();
    }
    // Both are sums of at most gy.size() products, whose factor f'(sum) has the error of a sum and a tanh.
    const auto compare = [&](const auto& gradient, Index from) {
        for (Index i = 0; i < gradient.size(); ++i)
            EXPECT_NEAR(gradient.data()[i], derivative(from + i), 1e-13 * (1 + magnitude(from + i)));
    };
    compare(g.input, 0), compare(g.weight, inputs), compare(g.bias, inputs + weights);
}

TEST(Scalars, AutomaticDifferentiationAgreesWithBackward) {
    check_autodiff<upconv::Conv2d>(conv_options, {1, 4, 5, 6});
    check_autodiff<upconv::ConvTranspose2d>(transposed_options, {1, 6, 3, 4});
}

}  // namespace
