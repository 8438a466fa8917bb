// Plans: the channel, the pixel and the depthwise plan on every instruction set against the reference, and that against
// the oracle, over every tail of pixels and channels, strips, column tiles, images, groups and thousands of random
// problems. Small integers: results compare with ==.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "every_isa.hpp"
#include "oracle.hpp"
#include "problems.hpp"

namespace {

using upconv::Index;
using upconv::detail::Axis;
using upconv::detail::Direction;
using upconv::detail::FilterProblem;
using upconv::detail::Relation;

template <class T>
testing::AssertionResult same(const char* what, const std::vector<T>& computed, const std::vector<T>& expected) {
    for (std::size_t i = 0; i < expected.size(); ++i)
        if (!(computed[i] == expected[i]))
            return testing::AssertionFailure()
                   << what << ": number " << i << " is " << computed[i] << " instead of " << expected[i];
    return testing::AssertionSuccess();
}

/// Each fast plan against the reference. Layouts and the number of threads change from seed to seed.
template <class T>
testing::AssertionResult fast_plans_agree(const FilterProblem& p, std::uint64_t seed) {
    const Memory in = seed % 2 == 0 ? Memory::planes : Memory::pixels;
    const Memory out = seed / 2 % 2 == 0 ? Memory::planes : Memory::pixels;
    const PretendedThreads threads{seed % 3 == 0 ? 1 : static_cast<Index>(seed % 5) + 1};
    const auto numbers = integer_numbers<T>(p, in, seed);
    const auto reference = packed(upconv::detail::ReferencePlan<T>(p), numbers.weight);
    const auto expected = output_of(reference, p, numbers, Memory::planes).memory;
    auto result = testing::AssertionSuccess();
    for (upconv::detail::Isa isa : every_isa()) {
        for_each_kernel(p, numbers.weight, isa, [&](const char* name, const upconv::detail::FilterPlan<T>& plan) {
            if (result) result = same(name, output_of(plan, p, numbers, out, threads).planes(), expected);
        });
        if (!result) return result << "; " << to_text(isa) << ", threads " << threads.threads() << "; " << to_text(p);
    }
    return result;
}

testing::AssertionResult reference_agrees(const FilterProblem& p, std::uint64_t seed) {
    const auto axis = [](const Axis& a) {
        return oracle::Axis{a.coarse, a.fine, a.kernel, a.stride, a.dilation, a.begin};
    };
    const Relation& r = p.relation;
    const oracle::Problem problem{axis(r.rows), axis(r.columns), p.n, r.coarse_channels, r.fine_channels, r.groups};
    const auto numbers = integer_numbers<double>(p, Memory::planes, seed);
    auto sums = p.direction == Direction::to_coarse ? oracle::coarse_sums(problem, numbers.weight, numbers.input.memory)
                                                    : oracle::fine_sums(problem, numbers.weight, numbers.input.memory);
    sums.add_bias(numbers.bias, p.output_shape().h * p.output_shape().w);
    if (p.activation == upconv::Activation::relu)
        for (double& value : sums.value) value = std::max(value, 0.0);
    const auto reference = packed(upconv::detail::ReferencePlan<double>(p), numbers.weight);
    return same("reference", output_of(reference, p, numbers, Memory::planes).memory, sums.value) << "; " << to_text(p);
}

constexpr Direction both[] = {Direction::to_coarse, Direction::to_fine};

FilterProblem problem(const Axis& rows, const Axis& columns, Index coarse_channels, Index fine_channels,
                      Direction direction, Index n = 1, Index groups = 1) {
    FilterProblem p;
    p.relation = {rows, columns, coarse_channels, fine_channels, groups};
    p.direction = direction;
    p.n = n;
    return p;
}

Axis axis(const AxisOptions& options) { return options.axis(); }

TEST(Plans, EveryWidth) {
    const Axis rows = axis({3, 2});
    for (Direction direction : both)
        for (Index stride : {1, 2, 3})
            for (Index width = 1; width <= 40; ++width) {
                const Axis columns = axis({width, 3, stride, 1, 1, stride == 2 ? 0 : 1});
                for (Index outputs : {1, 3, 9})
                    ASSERT_TRUE(
                        fast_plans_agree<float>(problem(rows, columns, direction == Direction::to_coarse ? outputs : 5,
                                                        direction == Direction::to_coarse ? 5 : outputs, direction),
                                                static_cast<std::uint64_t>(width + outputs)));
            }
}

TEST(Plans, EveryCountOfChannels) {
    const Axis rows = axis({4, 3, 2, 1, 1, 0}), columns = axis({7, 3, 2, 1, 1, 0});
    for (Direction direction : both)
        for (Index channels = 1; channels <= 35; ++channels)
            for (Index others : {1, 4, 18}) {
                const auto seed = static_cast<std::uint64_t>(channels);
                ASSERT_TRUE(fast_plans_agree<float>(problem(rows, columns, channels, others, direction), seed));
                ASSERT_TRUE(fast_plans_agree<float>(problem(rows, columns, others, channels, direction), seed));
            }
}

TEST(Plans, EveryStrideKernelAndDilation) {
    std::uint64_t seed = 0;
    for (Direction direction : both)
        for (Index stride = 1; stride <= 4; ++stride)
            for (Index kernel = 1; kernel <= 5; ++kernel)
                for (Index dilation = 1; dilation <= 4; ++dilation)
                    for (Index begin : {-1, 0, 2}) {
                        const Axis rows = axis({5, kernel, stride, dilation, begin, 1 - stride});
                        const Axis columns = axis({11, kernel, stride, dilation, begin, 0});
                        ASSERT_TRUE(fast_plans_agree<float>(problem(rows, columns, 3, 2, direction), ++seed));
                    }
}

TEST(Plans, GroupsAndBatches) {
    const Axis rows = axis({5, 3, 2, 1, 1, 1}), columns = axis({9, 3, 1, 2, 2, 2});
    for (Direction direction : both)
        for (Index groups : {1, 2, 7, 20})
            for (Index coarse : {1, 3})
                for (Index fine : {1, 2, 17})
                    for (Index n : {1, 3, 16})
                        ASSERT_TRUE(fast_plans_agree<float>(
                            problem(rows, columns, groups * coarse, groups * fine, direction, n, groups),
                            static_cast<std::uint64_t>(groups + n)));
}

/// In both layouts, on one thread and on several.
template <class T>
testing::AssertionResult depthwise_agrees(const Axis& rows, const Axis& columns, Index channels, Direction direction,
                                          Index n = 1) {
    FilterProblem p = problem(rows, columns, channels, channels, direction, n, channels);
    auto result = testing::AssertionSuccess();
    for (std::uint64_t seed : {0u, 3u, 4u, 7u})  // planes or pixels to the same
        if (result) result = fast_plans_agree<T>(p, seed);
    return result;
}

TEST(Plans, Depthwise) {
    for (Direction direction : both)
        for (Index stride : {1, 2, 3}) {
            for (Index width = 1; width <= 50; ++width)
                ASSERT_TRUE(depthwise_agrees<float>(axis({4, 3, stride, 1, 1, 1}), axis({width, 3, stride, 1, 1, 0}),
                                                    17, direction));
            for (Index channels = 1; channels <= 40; ++channels)
                ASSERT_TRUE(depthwise_agrees<float>(axis({9, 3, stride, 1, 1, 1}), axis({8, 3, stride, 1, 1, 1}),
                                                    channels, direction, 2));
            for (Index kernel : {1, 2, 4, 5, 7})
                for (Index dilation : {1, 2, 3})
                    for (Index begin : {-1, 0, 3})
                        ASSERT_TRUE(depthwise_agrees<double>(axis({8, kernel, stride, dilation, begin, 1}),
                                                             axis({19, kernel, stride, dilation, begin, begin}), 9,
                                                             direction, 3));
        }
    const Axis wide = axis({300, 3, 1, 1, 1, 1}), halved = axis({112, 3, 2, 1, 1, 0});
    ASSERT_TRUE(depthwise_agrees<float>(wide, wide, 3, Direction::to_coarse));
    ASSERT_TRUE(depthwise_agrees<float>(halved, halved, 130, Direction::to_coarse));
    ASSERT_TRUE(depthwise_agrees<float>(axis({7, 3, 1, 1, 1, 1}), axis({7, 3, 1, 1, 1, 1}), 300, Direction::to_coarse));
    ASSERT_TRUE(depthwise_agrees<float>(axis({3, 5}), axis({9000, 5, 3}), 2, Direction::to_coarse));
}

TEST(Plans, RandomProblems) {
    const char* given = std::getenv("UPCONV_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
    std::printf("UPCONV_SEED=%llu\n", static_cast<unsigned long long>(seed));
    Dice dice(seed);
    for (std::uint64_t trial = 0; trial < 3000; ++trial) {
        const FilterProblem p = trial % 8 == 1 ? random_depthwise(dice) : random_problem(dice);
        ASSERT_TRUE(trial % 4 == 0 ? fast_plans_agree<double>(p, trial) : fast_plans_agree<float>(p, trial))
            << "trial " << trial << " of UPCONV_SEED=" << seed;
        if (p.n * p.relation.weight_count() > 500) continue;
        ASSERT_TRUE(reference_agrees(p, trial)) << "trial " << trial << " of UPCONV_SEED=" << seed;
    }
}

/// Several strips, several tiles of columns, a ring of rows that comes around, strips over many images, many blocks of
/// channels.
TEST(Plans, LargeProblems) {
    const Axis wide = axis({700, 3, 1, 1, 1, 1}), forty = axis({40, 3, 1, 1, 1, 1});
    const Axis very_wide = axis({3000, 3, 1, 2, 2, 2});
    const Axis three = axis({3, 3, 1, 1, 1, 1}), doubled = axis({350, 4, 2, 1, 1, 1});
    const Axis twenty = axis({20, 4, 2, 1, 1, 1}), dilated = axis({33, 3, 1, 12, 12, 12});
    const FilterProblem problems[] = {
        problem(forty, wide, 20, 20, Direction::to_coarse),
        problem(forty, wide, 2, 20, Direction::to_coarse),
        problem(twenty, doubled, 20, 20, Direction::to_fine),
        problem(twenty, doubled, 20, 1, Direction::to_fine),
        problem(twenty, doubled, 20, 20, Direction::to_coarse),
        problem(three, very_wide, 3, 2, Direction::to_coarse),
        problem(three, very_wide, 2, 3, Direction::to_fine),
        problem(three, axis({1500, 4, 2, 1, 1, 1}), 3, 2, Direction::to_coarse),
        problem(three, axis({1500, 4, 2, 1, 1, 1}), 2, 3, Direction::to_fine),
        problem(three, wide, 100, 3, Direction::to_coarse),
        problem(three, three, 40, 5, Direction::to_coarse, 50),
        problem(three, three, 5, 40, Direction::to_fine, 50),
        problem(axis({5, 2, 2}), axis({6, 2, 2}), 70, 70, Direction::to_fine, 2),
        problem(dilated, dilated, 70, 9, Direction::to_fine),
        problem(dilated, dilated, 9, 200, Direction::to_coarse),
        problem(axis({5, 64, 32, 1, 16, 16}), axis({6, 64, 32, 1, 16, 16}), 3, 3, Direction::to_fine, 1, 3),
        problem(axis({60, 5, 1, 1, 2, 2}), axis({120, 5, 1, 1, 2, 2}), 33, 33, Direction::to_coarse, 1, 33),
        problem(axis({50, 3, 7}), axis({100, 3, 7}), 6, 20, Direction::to_coarse, 2),
        problem(axis({300, 9, 1, 1, 4, 4}), axis({8, 9, 1, 1, 4, 4}), 4, 40, Direction::to_coarse, 3),
    };
    for (const FilterProblem& p : problems)
        for (std::uint64_t seed : {3u, 4u}) ASSERT_TRUE(fast_plans_agree<float>(p, seed));
}

}  // namespace
