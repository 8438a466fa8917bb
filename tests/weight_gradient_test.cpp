// The gradient of the weights against its definition, exactly on small integers: every option, tail, layout, block and
// strip; its bits for any number of threads; and the gradient plan.
#include <gtest/gtest.h>

#include <cstring>
#include <upconv/engine/gradient_kernels.hpp>
#include <upconv/engine/weight_gradient_kernels.hpp>
#include <upconv/upconv.hpp>

#include "every_isa.hpp"
#include "problems.hpp"
#include "random_tensors.hpp"
#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace {

using namespace upconv::detail;
using upconv::Activation;
using upconv::Algorithm;
using upconv::Dims;
using upconv::GradientOptions;
using upconv::Gradients;
using upconv::Index;
using upconv::NCHW;
using upconv::NHWC;
using upconv::PaddingMode;
using Tensor = upconv::Tensor4<float, Eigen::RowMajor>;

/// Both tensors of a problem, the same numbers whatever the order in memory.
template <class T>
struct Grids {
    TensorOf<T> coarse, fine;

    template <class Next>
    Grids(const FilterProblem& p, Memory order, const Next& next)
        : coarse(p.coarse_shape(), order, T(0)), fine(p.fine_shape(), order, T(0)) {
        for (TensorOf<T>* tensor : {&coarse, &fine}) {
            const Shape4& s = tensor->shape;
            for (Index n = 0; n < s.n; ++n)
                for (Index c = 0; c < s.c; ++c)
                    for (Index h = 0; h < s.h; ++h)
                        for (Index w = 0; w < s.w; ++w) tensor->view()(n, c, h, w) = static_cast<T>(next());
        }
    }
    View<const T> coarse_view() const { return coarse.view(); }
    View<const T> fine_view() const { return fine.view(); }
};

template <class T>
Grids<T> integers(const FilterProblem& p, Memory order, std::uint64_t seed = 1) {
    std::mt19937_64 engine(seed);
    return {p, order, [&] { return static_cast<float>(engine() % 7) - 3; }};
}
template <class T>
Grids<T> normals(const FilterProblem& p, Memory order, std::uint64_t seed = 1) {
    std::mt19937_64 engine(seed);
    std::normal_distribution<double> normal;
    return {p, order, [&] { return normal(engine); }};
}

template <class T>
std::vector<T> run(const WeightGradient<T>& gradient, const FilterProblem& p, const Grids<T>& grids,
                   GradientSum how = GradientSum::replaces, const PretendedThreads& threads = {}) {
    std::vector<T> weight(static_cast<std::size_t>(p.relation.weight_count()), T(5.0f));
    gradient.run(grids.coarse_view(), grids.fine_view(), weight.data(), how, threads);
    return weight;
}

template <class T>
std::vector<T> definition(const FilterProblem& p, const Grids<T>& grids, GradientSum how = GradientSum::replaces) {
    std::vector<T> weight(static_cast<std::size_t>(p.relation.weight_count()), T(5.0f));
    correlate(p.relation, grids.coarse_view(), grids.fine_view(), weight.data(), how, Executor());
    return weight;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// With blocks, strips and chunks of any size.
WeightGradientPlan another_plan(WeightGradientPlan plan, Dice& dice) {
    plan.coarse_block = dice(1, plan.coarse);
    plan.fine_block = plan.depthwise() ? 1 : dice(1, plan.fine);
    plan.tap_rows = dice(1, plan.rows.kernel);
    plan.strip_rows = dice(1, plan.rows.coarse);
    plan.strip_columns = dice(1, plan.columns.coarse);
    const bool whole = plan.strip_rows == plan.rows.coarse && plan.strip_columns == plan.columns.coarse;
    plan.images = whole ? dice(1, plan.problem.n) : 1;
    plan.chunks = dice(1, (std::min<Index>)(plan.strips(), 5));
    return plan;
}

template <class T>
void check(const FilterProblem& p, Isa isa, Dice& dice) {
    for (const Memory order : {Memory::planes, Memory::pixels}) {
        const Grids<T> grids = integers<T>(p, order);
        const std::vector<T> expected = definition(p, grids);
        const WeightGradient<T> gradient(p, isa);
        ASSERT_TRUE(same_bits(run(gradient, p, grids), expected)) << to_text(p) << "; " << gradient.text();
        for (int i = 0; i < 2; ++i) {
            const WeightGradient<T> another(another_plan(gradient.plan(), dice));
            ASSERT_TRUE(same_bits(run(another, p, grids), expected)) << to_text(p) << "; " << another.text();
        }
    }
}

FilterProblem problem(const AxisOptions& rows, const AxisOptions& columns, Index coarse, Index fine, Index groups = 1,
                      Index n = 1) {
    FilterProblem p;
    p.relation = {rows.axis(), columns.axis(), coarse, fine, groups};
    p.direction = Direction::to_coarse;
    p.n = n;
    return p;
}

TEST(WeightGradient, EqualsTheDefinitionOnRandomProblems) {
    for (const Isa isa : every_isa()) {
        Dice dice(11);
        for (int i = 0; i < 400 && !HasFatalFailure(); ++i) {
            const FilterProblem p = i % 4 == 0 ? random_depthwise(dice) : random_problem(dice);
            check<float>(p, isa, dice);
            if (i % 8 == 0) check<double>(p, isa, dice);
            if (i % 8 == 4) check<Eigen::half>(p, isa, dice);
        }
    }
}

/// Each number of broadcast channels against each number of vectors, on either side.
TEST(WeightGradient, EveryTail) {
    for (const Isa isa : every_isa_with_kernels()) {
        Dice dice(5);
        for (const Index many : {1, 15, 16, 17, 33, 48, 64, 81})
            for (Index few = 1; few <= 27 && !HasFatalFailure(); ++few) {
                const AxisOptions rows{3, 2}, columns{5, 3, 1, 1, 1, 1}, apart{5, 3, 2, 1, 1, 0};
                check<float>(problem(rows, columns, many, few), isa, dice);
                check<float>(problem(rows, columns, few, many), isa, dice);
                check<float>(problem(rows, apart, many, few), isa, dice);
                check<float>(problem(rows, apart, few, many), isa, dice);
            }
    }
}

/// Strips of part of a row, of rows and of images; taps and channels in blocks; pixels in chunks.
TEST(WeightGradient, LargerThanABlock) {
    for (const Isa isa : every_isa_with_kernels()) {
        Dice dice(3);
        for (const FilterProblem& p :
             {problem({3, 3, 1, 1, 1, 1}, {1500, 3, 1, 1, 1, 1}, 40, 33),
              problem({70, 3, 1, 1, 1, 1}, {70, 3, 1, 1, 1, 1}, 16, 32, 2, 2),
              problem({7, 3, 1, 1, 1, 1}, {7, 3, 1, 1, 1, 1}, 200, 130, 1, 5), problem({2, 60, 3}, {2, 60, 3}, 20, 70),
              problem({9, 1, 2}, {9, 1, 2}, 130, 70), problem({90, 2, 2}, {90, 2, 2}, 3, 64),
              problem({80, 3, 1, 1, 1, 1}, {80, 3, 1, 1, 1, 1}, 300, 300, 300)})
            if (!HasFatalFailure()) check<float>(p, isa, dice);
    }
}

#if defined(__SSE2__)
/// Whether work() computes with numbers that it finds in old memory: the processor says so of the least ones, which
/// take it 50 times as long.
template <class Work>
bool computes_with_old_memory(const Work& work) {
    constexpr Index bytes = 1 << 21;
    const std::uint32_t least = 5;
    std::byte* const memory = scratch().at_least(bytes);
    for (Index i = 0; i < bytes; i += 4) std::memcpy(memory + i, &least, 4);
    constexpr unsigned flags = 0x3f, denormal = 2;
    _mm_setcsr(_mm_getcsr() & ~flags);
    work();
    return (_mm_getcsr() & denormal) != 0;
}

TEST(OldMemory, IsNotComputedWith) {
    for (const Isa isa : every_isa_with_kernels()) {
        Dice dice(21);
        for (int i = 0; i < 300; ++i) {
            FilterProblem p = i % 4 == 0 ? random_depthwise(dice) : random_problem(dice);
            if (i % 3 == 0) p = problem({20, 3, 2, 1, 1, 1}, {33, 3, 2, 1, 1, 1}, dice(1, 80), dice(1, 5));
            const Memory order = i % 2 == 0 ? Memory::planes : Memory::pixels;
            const Grids<float> grids = integers<float>(p, order);
            const WeightGradient<float> gradient(p, isa);
            EXPECT_FALSE(computes_with_old_memory([&] { run(gradient, p, grids); }))
                << to_text(p) << "; " << gradient.text();
            const Numbers4<float> numbers = integer_numbers<float>(p, order, 1);
            for_each_kernel(p, numbers.weight, isa, [&](const char* name, const FilterPlan<float>& plan) {
                EXPECT_FALSE(computes_with_old_memory([&] { output_of(plan, p, numbers, order); }))
                    << name << ": " << to_text(p);
            });
        }
    }
}
#endif

TEST(WeightGradient, BitsDependOnNeitherThreadsNorLayout) {
    for (const Isa isa : every_isa()) {
        Dice dice(8);
        for (int i = 0; i < 60; ++i) {
            FilterProblem p = i % 4 == 0 ? random_depthwise(dice) : random_problem(dice);
            if (i % 5 == 0) p = problem({64, 3, 1, 1, 1, 1}, {65, 3, 1, 1, 1, 1}, dice(1, 20), dice(1, 40));
            const WeightGradient<float> gradient(p, isa);
            const auto expected = run(gradient, p, normals<float>(p, Memory::planes));
            for (const Index threads : {1, 2, 3, 16})
                for (const Memory order : {Memory::planes, Memory::pixels})
                    ASSERT_TRUE(
                        same_bits(run(gradient, p, normals<float>(p, order), GradientSum::replaces, threads), expected))
                        << to_text(p) << "; " << gradient.text() << ", " << threads << " threads";
        }
    }
}

TEST(WeightGradient, AddsToWhatIsThere) {
    Dice dice(2);
    for (int i = 0; i < 30; ++i) {
        const FilterProblem p = random_problem(dice);
        const auto grids = integers<float>(p, Memory::pixels);
        EXPECT_EQ(run(WeightGradient<float>(p), p, grids, GradientSum::adds), definition(p, grids, GradientSum::adds));
        const auto halves = integers<Eigen::half>(p, Memory::planes);
        EXPECT_TRUE(same_bits(run(WeightGradient<Eigen::half>(p), p, halves, GradientSum::adds),
                              definition(p, halves, GradientSum::adds)));
    }
}

/// A tap that falls beside the picture multiplies nothing: infinity does not become NaN there, nor what memory held.
TEST(WeightGradient, NothingComesFromBesideThePicture) {
    const float infinity = std::numeric_limits<float>::infinity();
    for (const Isa isa : every_isa())
        for (const auto& [coarse, fine] : {std::pair<Index, Index>{20, 3}, {3, 20}, {32, 32}, {1, 1}})
            for (const Memory order : {Memory::planes, Memory::pixels}) {
                const FilterProblem p = problem({4, 3, 1, 1, 1, 1}, {4, 3, 1, 1, 1, 1}, coarse, fine);
                auto grids = integers<float>(p, order);
                std::fill(grids.fine.memory.begin(), grids.fine.memory.end(), 1.0f);
                for (float& x : grids.coarse.memory) x = 1;
                for (Index c = 0; c < coarse; ++c) grids.coarse.view()(0, c, 0, 0) = infinity;
                const auto weight = run(WeightGradient<float>(p, isa), p, grids);
                for (Index filter = 0; filter < coarse * fine; ++filter)
                    for (Index tap = 0; tap < 9; ++tap)
                        EXPECT_EQ(weight[static_cast<std::size_t>(filter * 9 + tap)],
                                  tap / 3 == 0 || tap % 3 == 0
                                      ? static_cast<float>((4 - (tap / 3 != 1)) * (4 - (tap % 3 != 1)))
                                      : infinity);
            }
}

TEST(WeightGradient, ThePlanIsDataAndSaysSo) {
    const FilterProblem p = problem({56, 3, 1, 1, 1, 1}, {56, 3, 1, 1, 1, 1}, 64, 64, 1, 8);
    const WeightGradientPlan plan(p, Isa::avx512, 4);
    EXPECT_EQ(plan, WeightGradientPlan(p, Isa::avx512, 4));
    EXPECT_NE(plan, WeightGradientPlan(p, Isa::avx2, 4));
    EXPECT_NE(plan.text().find("lanes over fine channels; blocks of 64 x 64 channels"), std::string::npos)
        << plan.text();
    const WeightGradientPlan few(problem({112, 7, 2, 1, 3, 3}, {112, 7, 2, 1, 3, 3}, 64, 3), Isa::avx512, 4);
    EXPECT_EQ(few.lanes_over, WeightLanes::coarse);
    EXPECT_EQ(few.run, 7);
    EXPECT_TRUE(WeightGradientPlan(problem({30, 3, 1, 1, 1, 1}, {30, 3, 1, 1, 1, 1}, 3, 64), Isa::avx512, 4).swapped);
}

// The gradient of the bias, and slopes.

TEST(Gradient, OfTheBiasHasTheSameBitsInEveryLayout) {
    for (const Dims& d :
         {Dims(2, 3, 4, 5), Dims(3, 70, 9, 11), Dims(1, 2, 100, 90), Dims(0, 3, 2, 2), Dims(70, 5, 65, 66)}) {
        Tensor x(d);
        fill_normals(x, 4);
        const auto of = [&](const auto& tensor, auto layout, Index threads) {
            std::vector<float> bias(static_cast<std::size_t>(d[1]), 7);
            Gradient<float>::bias(view_of<decltype(layout)>("test", "the gradient", tensor), bias.data(),
                                  GradientSum::replaces, PretendedThreads(threads));
            return bias;
        };
        const std::vector<float> expected = of(std::as_const(x), NCHW(), 1);
        const Tensor pixels = x.shuffle(Eigen::array<int, 4>{0, 2, 3, 1});
        const upconv::Tensor4<float, Eigen::ColMajor> reversed =
            x.swap_layout().shuffle(Eigen::array<int, 4>{3, 2, 1, 0});
        for (const Index threads : {1, 2, 7}) {
            EXPECT_TRUE(same_bits(of(std::as_const(x), NCHW(), threads), expected));
            EXPECT_TRUE(same_bits(of(pixels, NHWC(), threads), expected));
            EXPECT_TRUE(same_bits(of(reversed, NCHW(), threads), expected));
        }
        for (Index c = 0; c < d[1]; ++c) {
            double sum = 0, magnitude = 0;
            for (Index n = 0; n < d[0]; ++n)
                for (Index i = 0; i < d[2]; ++i)
                    for (Index j = 0; j < d[3]; ++j) sum += x(n, c, i, j), magnitude += std::abs(x(n, c, i, j));
            EXPECT_NEAR(expected[static_cast<std::size_t>(c)], sum, 1e-5 * magnitude);
        }
    }
}

/// What the vectors give is what the function of one number gives, before the activation and after it.
TEST(Gradient, PassesAnActivation) {
    for (const Activation& f : {Activation::relu, Activation::leaky_relu(0.25), Activation::sigmoid, Activation::tanh,
                                Activation::clamp(-0.5, 0.5)}) {
        Tensor grad(2, 3, 5, 7), x(2, 3, 5, 7), y(2, 3, 5, 7), gx(2, 3, 5, 7), gy(2, 3, 5, 7);
        fill_normals(grad, 1), fill_normals(x, 2);
        x(0, 0, 0, 0) = 0, x(0, 0, 0, 1) = 0.5f;
        for (Index i = 0; i < x.size(); ++i) y.data()[i] = activate(f, x.data()[i]);
        const auto view = [](auto& t) { return view_of<NCHW>("test", "a tensor", t); };
        Gradient<float>::through(f, SlopeFrom::input, view(grad), view(x), view(gx), Executor());
        Gradient<float>::through(f, SlopeFrom::output, view(grad), view(y), view(gy), Executor());
        for (Index i = 0; i < x.size(); ++i) {
            const float slope = derivative(f, x.data()[i]), wanted = grad.data()[i] * slope;
            EXPECT_EQ(gx.data()[i], wanted);
            const bool on_kink = i == 1 && f.kind == Activation::Kind::clamp;
            EXPECT_NEAR(gy.data()[i], on_kink ? 0 : wanted, 1e-6 * std::abs(grad.data()[i]));
        }
    }
}

// The plan.

template <class Op>
class GradientPlans : public testing::Test {};
using Operators =
    testing::Types<upconv::Conv2d<float, NCHW>, upconv::Conv2d<float, NHWC>, upconv::ConvTranspose2d<float, NCHW>,
                   upconv::ConvTranspose2d<double, NHWC>, upconv::ConvTranspose2d<Eigen::half, NCHW>>;
TYPED_TEST_SUITE(GradientPlans, Operators, );

template <class G>
bool equal(const G& a, const G& b) {
    const auto same = [](const auto& s, const auto& t) {
        return s.size() == t.size() &&
               std::memcmp(s.data(), t.data(), static_cast<std::size_t>(s.size()) * sizeof(*s.data())) == 0;
    };
    return same(a.input, b.input) && same(a.weight, b.weight) && same(a.bias, b.bias);
}

/// One plan, whatever the weights are now and however often; with y as without; added to what is there.
TYPED_TEST(GradientPlans, GiveWhatBackwardGives) {
    using T = typename TypeParam::Scalar;
    using Result = Gradients<T, Eigen::RowMajor>;
    const bool last = std::is_same_v<typename TypeParam::Layout, NHWC>;
    for (const PaddingMode mode : {PaddingMode::zeros, PaddingMode::reflect})
        for (const Activation& f : {Activation::none, Activation::relu}) {
            TypeParam op({.in_channels = 6,
                          .out_channels = 9,
                          .kernel = 3,
                          .stride = 2,
                          .padding = 1,
                          .groups = 3,
                          .padding_mode = mode,
                          .activation = f});
            upconv::Tensor4<T> x(last ? Dims(2, 7, 8, 6) : Dims(2, 6, 7, 8)), gy(op.output_shape(x.dimensions()));
            fill_integers(x, 1), fill_integers(gy, 2);
            auto plan = op.gradient_plan(x.dimensions());
            auto adding = op.gradient_plan(x.dimensions(), {.accumulate = true});
            Result g, with_y, sum;
            for (const std::uint64_t seed : {3u, 4u}) {
                fill_integers(op.weight(), seed), fill_integers(op.bias(), seed);
                const Result expected = op.backward(x, gy);
                plan(x, gy, op, g);
                EXPECT_TRUE(equal(g, expected));
                plan(x, op(x), gy, op, with_y);
                EXPECT_TRUE(equal(with_y, expected));
                sum = Result();
                adding(x, gy, op, sum), adding(x, op(x), gy, op, sum);
                for (Index i = 0; i < sum.input.size(); ++i)
                    ASSERT_EQ(sum.input.data()[i], T(expected.input.data()[i] + expected.input.data()[i]));
                for (Index i = 0; i < sum.weight.size(); ++i)
                    ASSERT_EQ(sum.weight.data()[i], T(expected.weight.data()[i] + expected.weight.data()[i]));
                for (Index i = 0; i < sum.bias.size(); ++i)
                    ASSERT_EQ(sum.bias.data()[i], T(expected.bias.data()[i] + expected.bias.data()[i]));
            }
        }
}

TYPED_TEST(GradientPlans, GiveOnlyWhatIsWanted) {
    using T = typename TypeParam::Scalar;
    const bool last = std::is_same_v<typename TypeParam::Layout, NHWC>;
    const TypeParam op({.in_channels = 2, .out_channels = 3, .kernel = 3});
    upconv::Tensor4<T> x(last ? Dims(1, 5, 5, 2) : Dims(1, 2, 5, 5)), gy(op.output_shape(x.dimensions()));
    fill_integers(x, 1), fill_integers(gy, 2);
    const auto all = op.backward(x, gy);
    for (const GradientOptions& wanted :
         {GradientOptions{.input = false, .bias = false}, GradientOptions{.weight = false},
          GradientOptions{.input = false, .weight = false, .bias = false}}) {
        Gradients<T, Eigen::RowMajor> g;
        op.gradient_plan(x.dimensions(), wanted)(x, gy, op, g);
        EXPECT_EQ(g.input.size(), wanted.input ? all.input.size() : 0);
        EXPECT_EQ(g.weight.size(), wanted.weight ? all.weight.size() : 0);
        EXPECT_EQ(g.bias.size(), wanted.bias ? all.bias.size() : 0);
    }
}

template <class F>
std::string refusal(const F& f) {
    try {
        f();
    } catch (const upconv::ShapeError& error) {
        return error.what();
    }
    return "nothing was refused";
}

TEST(GradientPlan, RefusesWhatDoesNotFit) {
    using Up = upconv::ConvTranspose2d<float>;
    const Up up({.in_channels = 2, .out_channels = 3, .kernel = 3, .activation = Activation::leaky_relu(-0.5)});
    const Up other({.in_channels = 2, .out_channels = 3, .kernel = 3, .stride = 2});
    Tensor x(1, 2, 5, 5), gy(up.output_shape(x.dimensions())), wrong(1, 3, 4, 4);
    x.setZero(), gy.setZero(), wrong.setZero();
    auto plan = up.gradient_plan(x.dimensions());
    Gradients<float, Eigen::RowMajor> g;
    const auto expect = [](const std::string& message, const std::string& part) {
        EXPECT_NE(message.find(part), std::string::npos) << message;
    };
    expect(refusal([&] { plan(x, wrong, up, g); }),
           "the output's gradient has the shape (1, 3, 4, 4) but must have (1, 3, 7, 7)");
    expect(refusal([&] { plan(x, wrong, gy, up, g); }), "the output has the shape (1, 3, 4, 4)");
    expect(refusal([&] { plan(gy, gy, up, g); }), "the input has the shape (1, 3, 7, 7)");
    expect(refusal([&] { plan(x, gy, other, g); }), "make one with this operator's gradient_plan()");
    expect(refusal([&] { plan(x, gy, gy, up, g); }), "the slope -0.5 of leaky_relu is negative");
    EXPECT_EQ(g.input.size() + g.weight.size() + g.bias.size(), 0) << "nothing is made before all of it is checked";
    auto adding = other.gradient_plan(x.dimensions(), {.accumulate = true});
    Tensor gz(other.output_shape(x.dimensions()));
    gz.setZero();
    g.weight.resize(1, 2, 3, 3);
    g.weight.setZero();
    Gradients<float, Eigen::RowMajor> late;  // the last that is looked at
    late.input.resize(1, 1, 1, 1);
    late.input.setZero();
    expect(refusal([&] { adding(x, gz, other, g); }),
           "the weights' gradient, to which is added, has 18 numbers but must have 54");
    EXPECT_EQ(g.input.size(), 0);
    expect(refusal([&] { adding(x, gz, other, late); }), "the input's gradient, to which is added, has 1 numbers");
    EXPECT_EQ(late.weight.size() + late.bias.size(), 0) << "nothing is made before all of it is checked";
}

/// A chain of operators hands on g.input: not into the tensors that it lies in.
TEST(GradientPlan, RefusesResultsThatLieInWhatIsRead) {
    const upconv::Conv2d<float> conv({.in_channels = 3, .out_channels = 3, .kernel = 3, .padding = 1});
    Tensor x(1, 3, 5, 5);
    fill_integers(x, 1);
    auto plan = conv.gradient_plan(x.dimensions());
    Gradients<float, Eigen::RowMajor> g;
    g.input = x;
    const std::string part = "the input's gradient overlaps in memory what it is computed from";
    EXPECT_NE(refusal([&] { plan(x, g.input, conv, g); }).find(part), std::string::npos);
    EXPECT_NE(refusal([&] { plan(g.input, x, conv, g); }).find(part), std::string::npos);
    EXPECT_NE(refusal([&] { plan(x, g.input, x, conv, g); }).find(part), std::string::npos);
    EXPECT_NE(refusal([&] { plan.input_gradient(g.input, conv, g.input); }).find(part), std::string::npos);
    EXPECT_EQ(g.weight.size(), 0);
}

}  // namespace
