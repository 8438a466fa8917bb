// Arena: what a worker's construction takes is counted first and given then, to each worker apart from the others.
#include <gtest/gtest.h>

#include <set>
#include <upconv/engine/run_strips.hpp>

#include "pretended_threads.hpp"

namespace {

using upconv::Index;
using upconv::Range;
using upconv::detail::Arena;

TEST(Arena, CountsWhatItThenGives) {
    alignas(64) std::byte memory[256];
    std::fill(std::begin(memory), std::end(memory), std::byte(1));
    Arena counting, giving(memory);
    EXPECT_EQ(counting.take<char>(65), nullptr);
    EXPECT_EQ(counting.take_zeros<double>(3), nullptr);
    EXPECT_EQ(counting.take<float>(0), nullptr);
    EXPECT_EQ(counting.take_zeros<int>(1), nullptr);
    EXPECT_EQ(counting.bytes(), 256);
    EXPECT_EQ(static_cast<void*>(giving.take<char>(65)), memory);
    EXPECT_EQ(static_cast<void*>(giving.take_zeros<double>(3)), memory + 128);
    giving.take<float>(0);
    EXPECT_EQ(static_cast<void*>(giving.take_zeros<int>(1)), memory + 192);
    EXPECT_EQ(giving.bytes(), counting.bytes());
    EXPECT_EQ(memory[127], std::byte(1));
    EXPECT_EQ(memory[128 + 3 * sizeof(double) - 1], std::byte(0));
    EXPECT_EQ(memory[128 + 3 * sizeof(double)], std::byte(1));
}

/// Writes all that it took, and reads it again after each strip.
struct Worker {
    std::set<Index>& seen;
    Index *first, *second;

    explicit Worker(std::set<Index>& all, Arena& arena)
        : seen(all), first(arena.take<Index>(9)), second(arena.take_zeros<Index>(1)) {
        if (arena.gives()) std::fill(first, first + 9, *second);
    }

    void run(Index part, Range lines, Index split) {
        for (Index i = 0; i < 9; ++i) EXPECT_EQ(first[i], *second);
        std::fill(first, first + 9, ++*second);
        for (Index line = lines.begin; line < lines.end; ++line)
            EXPECT_TRUE(seen.insert((part * 2 + split) * 7 + line).second);
    }
};

TEST(Arena, EachWorkerHasItsOwn) {
    for (Index threads = 1; threads <= 5; ++threads) {
        std::set<Index> seen;
        run_strips({7, 2, 4, 3, 2}, 1, PretendedThreads{threads}, [&](Arena& arena) { return Worker(seen, arena); });
        EXPECT_EQ(seen.size(), 42u);
    }
}

}  // namespace
