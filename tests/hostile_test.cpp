// Hostile numbers: random options with extreme values are refused or computed as the oracle does, never anything else;
// NaN and infinity go where the taps carry them and nowhere else.
#include <cstdio>

#include "against_oracle.hpp"
#include "every_algorithm.hpp"
#include "hostile_numbers.hpp"

namespace {

using upconv::PaddingMode;

// Random options.

constexpr int trials = 40000;

template <class Op>
typename Op::Options random_options(Dice& dice) {
    typename Op::Options options;
    options.in_channels = dice.number(1, 4), options.out_channels = dice.number(1, 4);
    options.groups = dice.number(1, 2);
    options.kernel = dice.pair(1, 4), options.stride = dice.pair(1, 4), options.dilation = dice.pair(1, 3);
    options.padding = random_padding(dice);
    if (dice.number(0, 4) == 0) options.padding_mode = PaddingMode::replicate;
    options.algorithm = every_algorithm[static_cast<std::size_t>(
        std::abs(dice.hostile() % static_cast<Index>(every_algorithm.size())))];
    if constexpr (!is_conv<Op>) options.output_padding = dice.pair(0, 2);
    return options;
}

oracle::Request request(Index n, Index k, Index s, Index d, Index before, Index after) {
    return {n, k, s, d, before, after};
}

/// All that an operator says and plans of a call, without the tensors.
template <class Op>
void ask(const Op& op, const Dims& dims, Dice& dice) {
    const upconv::Region region = dice.hostile_region();
    for (const bool of_input : {true, false})
        for (const bool with_dims : {true, false})
            accepts([&] {
                const auto part = of_input ? (with_dims ? op.input_region(region, dims) : op.input_region(region))
                                           : (with_dims ? op.output_region(region, dims) : op.output_region(region));
                EXPECT_TRUE(part.rows.size() >= 0 && part.columns.size() >= 0);
                if (!with_dims) return;
                const Dims grid = of_input ? dims : op.output_shape(dims);
                EXPECT_TRUE(part.rows.begin >= 0 && part.rows.end <= grid[2]);
                EXPECT_TRUE(part.columns.begin >= 0 && part.columns.end <= grid[3]);
            });
    const bool planned = accepts([&] { EXPECT_FALSE(op.plan(dims).text().empty()); });
    const bool explained = accepts([&] { EXPECT_FALSE(upconv::explain(op, dims).empty()); });
    EXPECT_TRUE(explained || !planned);
    accepts([&] { EXPECT_GE(op.flops(dims), 0); });
    accepts([&] { upconv::summary(dims, op); });
}

/// The initialisers and what reads the weights.
template <class Op>
void initialise(Op& op) {
    upconv::init::kaiming_uniform(op), upconv::init::glorot_uniform(op), upconv::init::ones(op);
    accepts([&] { upconv::init::bilinear(op); });
    accepts([&] { upconv::init::icnr(op); });
    if constexpr (!is_conv<Op>) {
        EXPECT_GE(upconv::checkerboard_index(op), 0);
    }
}

/// For numbers that are all small: the axes by the formulas.
template <class Op>
std::array<std::optional<oracle::Axis>, 2> axes_of(const typename Op::Options& o, Size2 input) {
    const auto rows = request(input.h, o.kernel.h, o.stride.h, o.dilation.h, o.padding.top, o.padding.bottom);
    const auto columns = request(input.w, o.kernel.w, o.stride.w, o.dilation.w, o.padding.left, o.padding.right);
    if constexpr (is_conv<Op>)
        return {oracle::conv_axis(rows), oracle::conv_axis(columns)};
    else
        return {oracle::transposed_axis(rows, o.output_padding.h),
                oracle::transposed_axis(columns, o.output_padding.w)};
}

/// For any numbers: does m fit the formula? In long double, whose 64 bits of mantissa hold these sums exactly.
template <class Op>
bool extent_fits(const oracle::Request& r, Index output, Index output_padding) {
    using Wide = long double;
    const Wide span = Wide(r.kernel - 1) * r.dilation + 1, m = output;
    if (is_conv<Op>) {
        const Wide room = Wide(r.n) + r.before + r.after - span;
        return (m - 1) * r.stride <= room && room < m * r.stride;
    }
    return m == Wide(r.n - 1) * r.stride + span - r.before - r.after + output_padding;
}

/// An operator of options that are accepted with none or some inputs.
template <class Op>
void explore(const typename Op::Options& o, const Dims& dims, Dice& dice) {
    accepts([&] {
        Op op(o);
        initialise(op);
        ask(op, dims, dice);
        ask(op, {1, o.in_channels, dice.hostile(), dice.hostile()}, dice);
        ask(op, dice.hostile_dims(), dice);
    });
}

struct Tally {
    int refused = 0, accepted = 0, computed = 0, computed_with_extremes = 0;
};

template <class Op>
void attempt(const typename Op::Options& o, const Dims& dims, Dice& dice, Tally& tally) {
    const bool tame = dice.tame();
    const double weights = static_cast<double>(o.in_channels) * static_cast<double>(o.out_channels) *
                           static_cast<double>(o.kernel.h) * static_cast<double>(o.kernel.w) /
                           std::max(static_cast<double>(o.groups), 1.0);
    if (takes_long(std::abs(weights))) return;
    const Size2 input(dims[2], dims[3]);
    Dims out;
    if (!tame && std::abs(weights) <= budget) explore<Op>(o, dims, dice);
    const bool divides = o.groups == 1 || (o.in_channels % 2 == 0 && o.out_channels % 2 == 0);
    try {
        out = Op(o).output_shape(dims);
    } catch (const upconv::ShapeError& error) {
        ++tally.refused;
        EXPECT_EQ(std::string(error.what()).find(Op::name), 0u) << error.what();
        if (tame && divides) {
            const auto axes = axes_of<Op>(o, input);
            EXPECT_FALSE(axes[0] && axes[1]) << "refused: " << error.what();
        }
        return;
    } catch (const std::bad_alloc&) {
        EXPECT_GE(weights, beyond_any_memory);
        return;
    }
    ++tally.accepted;
    if (tame) {
        EXPECT_TRUE(divides);
    }
    Size2 output_padding;
    if constexpr (!is_conv<Op>) output_padding = o.output_padding;
    const auto rows = request(input.h, o.kernel.h, o.stride.h, o.dilation.h, o.padding.top, o.padding.bottom);
    const auto columns = request(input.w, o.kernel.w, o.stride.w, o.dilation.w, o.padding.left, o.padding.right);
    EXPECT_TRUE(extent_fits<Op>(rows, out[2], output_padding.h))
        << oracle::to_text(oracle::Axis{input.h, out[2], o.kernel.h, o.stride.h, o.dilation.h, o.padding.top});
    EXPECT_TRUE(extent_fits<Op>(columns, out[3], output_padding.w))
        << oracle::to_text(oracle::Axis{input.w, out[3], o.kernel.w, o.stride.w, o.dilation.w, o.padding.left});

    const oracle::Axis r{is_conv<Op> ? out[2] : input.h,
                         is_conv<Op> ? input.h : out[2],
                         o.kernel.h,
                         o.stride.h,
                         o.dilation.h,
                         o.padding.top};
    const oracle::Axis c{is_conv<Op> ? out[3] : input.w,
                         is_conv<Op> ? input.w : out[3],
                         o.kernel.w,
                         o.stride.w,
                         o.dilation.w,
                         o.padding.left};
    const auto lines = [](const oracle::Axis& a) {  // on the larger grid, with the border that a padding mode adds
        const double span = static_cast<double>(a.kernel - 1) * static_cast<double>(a.dilation) + 1;
        const double natural = static_cast<double>(a.coarse - 1) * static_cast<double>(a.stride) + span;
        return std::max(std::abs(natural) + std::abs(static_cast<double>(a.begin)), static_cast<double>(a.fine));
    };
    const auto size = [&](const oracle::Axis& a) {
        return o.padding_mode == PaddingMode::zeros ? static_cast<double>(std::max(a.coarse, a.fine)) : lines(a);
    };
    const auto products = [](const oracle::Axis& a) {
        return static_cast<double>(a.coarse) * static_cast<double>(a.kernel);
    };
    const double channels = static_cast<double>(o.in_channels) * static_cast<double>(o.out_channels);
    if (channels > budget || channels * size(r) * size(c) > budget || channels * products(r) * products(c) > budget)
        return;
    Op op(o);
    oracle::Problem problem{
        r,       c, dims[0], is_conv<Op> ? o.out_channels : o.in_channels, is_conv<Op> ? o.in_channels : o.out_channels,
        o.groups};
    problem.border = static_cast<oracle::Border>(o.padding_mode);
    EXPECT_TRUE(agrees_with_oracle(op, problem, Numbers::integers));
    ++tally.computed;
    tally.computed_with_extremes += !tame;
}

template <class Op>
void run_trials() {
    const char* given = std::getenv("UPCONV_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
    Dice dice(seed);
    Tally tally;
    for (int trial = 0; trial < trials && !testing::Test::HasFailure(); ++trial) {
        SCOPED_TRACE("trial " + std::to_string(trial) + " of UPCONV_SEED=" + std::to_string(seed));
        dice.start();
        const auto options = random_options<Op>(dice);
        const Index h = dice.number(1, 5), w = dice.number(1, 5);
        attempt<Op>(options, {1, options.in_channels, h, w}, dice, tally);
    }
    std::printf("%s, seed %llu: %d refused, %d accepted, %d computed, %d of them with extremes\n", Op::name,
                static_cast<unsigned long long>(seed), tally.refused, tally.accepted, tally.computed,
                tally.computed_with_extremes);
    EXPECT_GT(tally.refused, trials / 10);
    EXPECT_GT(tally.computed, trials / 10);
    EXPECT_GT(tally.computed_with_extremes, trials / 100);
}

TEST(Hostile, RandomOptionsOfConv2d) { run_trials<upconv::Conv2d<float>>(); }
TEST(Hostile, RandomOptionsOfConvTranspose2d) { run_trials<upconv::ConvTranspose2d<float>>(); }

// NaN and infinity.

/// One pixel of the input is special: the outputs that are not finite are those that the relation carries it to.
template <class Op>
void check_special(const Op& op, const Dims& dims, const oracle::Problem& p, float special) {
    for (Index at = 0; at < dims[1] * dims[2] * dims[3]; ++at) {
        upconv::Tensor4<float> x(dims);
        x.setConstant(1);
        x.data()[at] = special;
        const upconv::Tensor4<float> y = op(x);
        std::vector<bool> reached(static_cast<std::size_t>(y.size()), false);
        oracle::visit(p, [&](std::size_t coarse, std::size_t fine, std::size_t) {
            const std::size_t from = is_conv<Op> ? fine : coarse, to = is_conv<Op> ? coarse : fine;
            if (from == static_cast<std::size_t>(at)) reached[to] = true;
        });
        for (std::size_t i = 0; i < reached.size(); ++i) {
            EXPECT_EQ(std::isfinite(y.data()[i]), !reached[i]) << "input " << at << ", output " << i;
            if (reached[i] && !std::isnan(special)) {
                EXPECT_EQ(y.data()[i], special) << "the weights are positive";
            }
        }
    }
}

TEST(Hostile, NanAndInfinityReachTheOutputsWhoseTapsReadThem) {
    upconv::Conv2d<float> conv(
        {.in_channels = 2, .out_channels = 4, .kernel = {3, 2}, .stride = {2, 1}, .padding = 1, .groups = 2});
    upconv::ConvTranspose2d<float> up(
        {.in_channels = 4, .out_channels = 2, .kernel = {3, 2}, .stride = {2, 1}, .padding = 1, .groups = 2});
    upconv::init::ones(conv), upconv::init::ones(up);
    const oracle::Problem problem{{3, 5, 3, 2, 1, 1}, {7, 6, 2, 1, 1, 1}, 1, 4, 2, 2};
    for (const float special : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                                -std::numeric_limits<float>::infinity()}) {
        check_special(conv, {1, 2, 5, 6}, problem, special);
        check_special(up, {1, 4, 3, 7}, problem, special);
    }
}

TEST(Hostile, DenormalsAreWithinTheBound) {
    upconv::ConvTranspose2d<float> up({.in_channels = 3, .out_channels = 1, .kernel = 2, .bias = false});
    up.weight().setConstant(0.75f);
    upconv::Tensor4<float> x(1, 3, 1, 1);
    x.setConstant(0x1p-140f);
    const auto y = up(x);
    for (Index i = 0; i < 4; ++i) EXPECT_NEAR(y.data()[i], 3 * 0.75 * 0x1p-140, 4 * 0x1p-149);
}

}  // namespace
