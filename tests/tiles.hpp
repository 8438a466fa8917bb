// What the tests of the two tiles share: the ways to run a tile, and rows of sums with canaries. A tile runs through
// run_on() and as plain code of 16 bytes, the vectors that every build has.
#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <random>
#include <string>
#include <upconv/kernel/channel_tile.hpp>

#include "every_isa.hpp"

using upconv::Index;
using upconv::detail::channel_block;

/// With an instruction set run_on() is called, without one run<bytes>().
struct Way {
    int bytes;
    std::optional<upconv::detail::Isa> isa;
};

/// Sums of double take the same plain code as those of float, and it is long in compiling.
template <class C>
constexpr bool has_plain_ways = std::is_same_v<C, float>;

template <class C>
std::vector<Way> every_way() {
    std::vector<Way> ways;
    if (has_plain_ways<C>) ways = {{16, {}}};
    for (upconv::detail::Isa isa : every_isa_with_kernels()) ways.push_back({upconv::detail::vector_bytes(isa), isa});
    return ways;
}

inline std::string to_text(const Way& way) {
    return std::to_string(way.bytes) + " bytes, " + (way.isa ? to_text(*way.isa) : "plain");
}

template <class Work>
__attribute__((noinline)) void run_plain(const Work& work) {
    work.template run<16>();
}

template <class C, class Work>
void run(const Way& way, const Work& work) {
    if (way.isa) return run_on(*way.isa, work);
    if constexpr (has_plain_ways<C>) run_plain(work);
}

// Numbers. What no tile may read is NaN, what none may write is a canary.

template <class C>
constexpr C unread = std::numeric_limits<C>::quiet_NaN();
template <class C>
constexpr C canary = 12345;
constexpr Index gap = 5;  // canaries between rows of sums: rows are aligned for C and no more

template <class C>
std::vector<C> filled(Index size, C value) {
    return std::vector<C>(static_cast<std::size_t>(size), value);
}

template <class C>
C small_integer(std::mt19937& engine) {
    return static_cast<C>(static_cast<int>(engine() % 7) - 3);
}

/// Rows of sums as a tile gets them: NaN, as nothing has been summed yet, with canaries before, between and after.
template <class C>
struct SumRows {
    SumRows(Index count, Index width) : row_width(width), memory(filled(gap + count * (width + gap), canary<C>)) {
        for (Index i = 0; i < count; ++i) rows.push_back(memory.data() + gap + i * (width + gap));
        for (C* row : rows) std::fill(row, row + width, unread<C>);
    }

    bool canaries_live() const {
        for (std::size_t i = 0; i < memory.size(); ++i)
            if (static_cast<Index>(i) % (row_width + gap) < gap && memory[i] != canary<C>) return false;
        return true;
    }

    Index row_width;
    std::vector<C> memory;
    std::vector<C*> rows;
};
