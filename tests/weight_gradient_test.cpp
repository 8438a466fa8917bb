// The gradient of the weights against its definition, exactly on small integers: every option, tail, layout, block and
// strip; and its bits for any number of threads.
#include <gtest/gtest.h>

#include <upconv/upconv.hpp>

#include "every_isa.hpp"
#include "grids.hpp"

namespace {

using namespace upconv::detail;
using upconv::Index;

template <class T>
Grids<T> normals(const FilterProblem& p, Memory order, std::uint64_t seed = 1) {
    std::mt19937_64 engine(seed);
    std::normal_distribution<double> normal;
    return {p, order, [&] { return normal(engine); }};
}

template <class T>
std::vector<T> definition(const FilterProblem& p, const Grids<T>& grids, GradientSum how = GradientSum::replaces) {
    std::vector<T> weight(static_cast<std::size_t>(p.relation.weight_count()), T(5.0f));
    correlate(p.relation, grids.coarse_view(), grids.fine_view(), weight.data(), how, Executor());
    return weight;
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
            const WeightGradient<T> another(p, another_plan(gradient.plan(), dice));
            ASSERT_TRUE(same_bits(run(another, p, grids), expected)) << to_text(p) << "; " << another.text();
        }
    }
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
              problem({14, 3, 1, 1, 1, 1}, {14, 3, 1, 1, 1, 1}, 64, 64, 1, 6), problem({9, 1, 2}, {9, 1, 2}, 130, 70),
              problem({90, 2, 2}, {90, 2, 2}, 3, 64), problem({80, 3, 1, 1, 1, 1}, {80, 3, 1, 1, 1, 1}, 300, 300, 300)})
            if (!HasFatalFailure()) check<float>(p, isa, dice);
    }
}

TEST(WeightGradient, BitsDependOnNeitherThreadsNorLayout) {
    for (const Isa isa : every_isa()) {
        Dice dice(8);
        for (int i = 0; i < 60; ++i) {
            FilterProblem p = i % 4 == 0 ? random_depthwise(dice) : random_problem(dice);
            if (i % 5 == 0) p = problem({64, 3, 1, 1, 1, 1}, {65, 3, 1, 1, 1, 1}, dice(1, 70), dice(1, 40));
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

/// Products that are too small for a number are zeros without a sign, wherever the weights of a filter lie.
TEST(WeightGradient, AZeroHasNoSign) {
    for (const Isa isa : every_isa())
        for (const auto& [coarse, fine] : {std::pair<Index, Index>{20, 3}, {3, 20}, {32, 32}, {1, 1}, {5, 64}})
            for (const Index kernel : {1, 3, 4})
                for (const Memory order : {Memory::planes, Memory::pixels}) {
                    const FilterProblem p = problem({1, kernel}, {1, kernel}, coarse, fine);
                    auto grids = integers<float>(p, order);
                    std::fill(grids.fine.memory.begin(), grids.fine.memory.end(), 1e-30f);
                    std::fill(grids.coarse.memory.begin(), grids.coarse.memory.end(), -1e-30f);
                    for (const float w : run(WeightGradient<float>(p, isa), p, grids))
                        ASSERT_TRUE(w == 0 && !std::signbit(w)) << to_text(p);
                }
}

TEST(WeightGradient, ThePlanIsDataAndSaysSo) {
    const FilterProblem p = problem({56, 3, 1, 1, 1, 1}, {56, 3, 1, 1, 1, 1}, 64, 64, 1, 8);
    const WeightGradientPlan plan(p, Isa::avx512, 4);
    EXPECT_EQ(plan, WeightGradientPlan(p, Isa::avx512, 4));
    EXPECT_NE(plan, WeightGradientPlan(p, Isa::avx2, 4));
    EXPECT_NE(plan.text().find("lanes over fine channels; blocks of 64 x 64 channels"), std::string::npos)
        << plan.text();
    const WeightGradientPlan shared = plan.for_threads(16);
    EXPECT_GE(shared.items(), 16) << shared.text();
    EXPECT_EQ(shared.strips(), plan.strips());
    EXPECT_EQ(shared.chunks, plan.chunks);
    EXPECT_EQ(plan.for_threads(1), plan);
    const WeightGradientPlan images(problem({14, 3, 1, 1, 1, 1}, {14, 3, 1, 1, 1, 1}, 64, 64, 1, 6), Isa::avx512, 4);
    EXPECT_TRUE(images.images > 1 && images.chunks > 1 && images.strip_rows == 14) << images.text();
    const WeightGradientPlan few(problem({112, 7, 2, 1, 3, 3}, {112, 7, 2, 1, 3, 3}, 64, 3), Isa::avx512, 4);
    EXPECT_EQ(few.lanes_over, WeightLanes::coarse);
    EXPECT_EQ(few.run, 7);
    EXPECT_TRUE(WeightGradientPlan(problem({30, 3, 1, 1, 1, 1}, {30, 3, 1, 1, 1, 1}, 3, 64), Isa::avx512, 4).swapped);
}

}  // namespace
