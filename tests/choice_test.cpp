// Choice: which kernel each problem gets, whatever machine it is asked for, and what a plan says of it.
#include <gtest/gtest.h>

#include <upconv/plan/choice.hpp>

#include "problems.hpp"

namespace {

using upconv::Algorithm;
using upconv::Index;
using upconv::detail::Axis;
using upconv::detail::Direction;
using upconv::detail::FilterProblem;
using upconv::detail::Isa;
using upconv::detail::Neighbours;

constexpr Isa every_set[] = {Isa::baseline, Isa::avx2, Isa::avx512};

/// Up to 60 times as large as those that are run, and with strides that no tile takes.
FilterProblem any_problem(Dice& dice) {
    FilterProblem p = dice(0, 2) == 0 ? random_depthwise(dice) : random_problem(dice);
    const Index more = dice(0, 3) == 0 ? dice(0, 60) : 0;
    for (Axis* axis : {&p.relation.rows, &p.relation.columns}) {
        axis->coarse += more;
        axis->fine += more * axis->stride;
    }
    if (dice(0, 9) == 0) p.relation.columns.stride = dice(60, 70);
    p.neighbours = dice(0, 1) == 0 ? Neighbours::columns : Neighbours::channels;
    p.algorithm = static_cast<Algorithm>(dice(0, 6));
    return p;
}

Algorithm by_the_rules(const FilterProblem& p, Isa isa, Index element) {
    const Algorithm asked = p.algorithm;
    if (asked == Algorithm::reference || asked == Algorithm::canonical) return asked;
    const bool free = asked == Algorithm::automatic || asked == Algorithm::listed;
    if (free && can_be_listed(p)) return Algorithm::listed;
    if (!has_kernels(isa) || not_for_tiles(p) != nullptr) return Algorithm::canonical;
    if (asked == Algorithm::channels || asked == Algorithm::pixels) return asked;
    if (asked == Algorithm::depthwise && p.depthwise()) return asked;
    const Index width = vector_bytes(isa) / element;
    const double pixels = pixels_cost(p, width, isa).total(), channels = channels_cost(p, width, isa).total();
    const upconv::detail::DepthwiseWay way = depthwise_way(p, isa, element, false);
    if (p.depthwise() && way != upconv::detail::DepthwiseWay::over_pixels) {
        const auto cost = [](const auto& plan) { return plan.cost().total(); };
        if (with_depthwise_plan(p, isa, element, way, cost) < std::min(pixels, channels)) return Algorithm::depthwise;
    }
    return pixels < channels ? Algorithm::pixels : Algorithm::channels;
}

TEST(Choice, FollowsItsRules) {
    Dice dice(3);
    for (int trial = 0; trial < 20000; ++trial) {
        const FilterProblem p = any_problem(dice);
        for (Isa isa : every_set)
            for (Index element : {4, 8})
                ASSERT_EQ(choose(p, isa, element, false).algorithm, by_the_rules(p, isa, element))
                    << to_text(isa) << ", asked for " << to_text(p.algorithm) << ": " << to_text(p);
    }
}

/// Channels of 56 x 56 pixels alone, each with a filter of kernel x kernel.
FilterProblem depthwise_problem(Index channels, Index kernel, Index stride, Direction direction,
                                Neighbours neighbours) {
    const Index padding = (kernel - stride + 1) / 2;
    FilterProblem p;
    p.relation.rows = p.relation.columns = AxisOptions{56, kernel, stride, 1, padding, padding}.axis();
    p.relation.coarse_channels = p.relation.fine_channels = p.relation.groups = channels;
    p.n = 1;
    p.direction = direction;
    p.neighbours = neighbours;
    return p;
}

/// On the shapes that networks have it is the fastest (measured: 1.1 to 6 times), but where a row of a plane takes
/// three taps of a stride (0.85).
TEST(Choice, DepthwiseWhereNetworksHaveIt) {
    for (Isa isa : {Isa::avx2, Isa::avx512})
        for (Direction direction : {Direction::to_coarse, Direction::to_fine})
            for (Neighbours neighbours : {Neighbours::columns, Neighbours::channels})
                for (Index stride : {1, 2})
                    for (Index kernel : {3, 4, 5}) {
                        const FilterProblem p = depthwise_problem(64, kernel, stride, direction, neighbours);
                        const bool three_of_stride = direction == Direction::to_fine && stride == 2 && kernel == 5 &&
                                                     neighbours == Neighbours::columns;
                        EXPECT_EQ(choose(p, isa, 4, false).algorithm,
                                  three_of_stride ? Algorithm::pixels : Algorithm::depthwise)
                            << to_text(isa) << ", " << estimates(p, isa, 4, false).text() << ": " << to_text(p);
                    }
}

TEST(Choice, NamesTheTwoBest) {
    if (!has_kernels(Isa::avx2)) GTEST_SKIP() << "no kernels of AVX2 are made";
    const auto says = [](const FilterProblem& p, const std::vector<const char*>& words) {
        const std::string text = upconv::detail::KernelPlan<float>::text(p, Isa::avx2);
        for (const char* word : words) EXPECT_NE(text.find(word), std::string::npos) << text << " lacks: " << word;
    };
    constexpr Direction down = Direction::to_coarse, up = Direction::to_fine;
    const char* const why = "depthwise (AVX2), because: estimated ";
    says(depthwise_problem(64, 3, 1, down, Neighbours::columns), {why, " times as fast as pixels; over padded planes"});
    says(depthwise_problem(64, 4, 2, up, Neighbours::columns),
         {why, " times as fast as pixels; over planes whose rows"});
    says(depthwise_problem(64, 3, 1, down, Neighbours::channels), {why, " times as fast as pixels; over channels"});
    says(depthwise_problem(3, 3, 1, down, Neighbours::channels),
         {"pixels (AVX2), because: estimated ", " times as fast as channels; tiles of 1 channel"});
    FilterProblem p = depthwise_problem(64, 3, 1, down, Neighbours::columns);
    p.relation.groups = 1;
    says(p, {"channels (AVX2), because: estimated ", " times as fast as pixels; tiles of "});
    p.relation.coarse_channels = 1;
    says(p, {"pixels (AVX2), because: estimated ", " times as fast as channels; tiles of "});
}

}  // namespace
