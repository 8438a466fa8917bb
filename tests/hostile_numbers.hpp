// Hostile numbers for options and extents, and what may be done with them. For the one unit of a program: it replaces
// operator new.
#pragma once

#include <array>
#include <cstdlib>
#include <limits>
#include <new>
#include <random>
#include <upconv/upconv.hpp>

#include "allocator.hpp"

/// Plans are made of vectors. Those of hostile sizes fail here as they would on a machine with less memory.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    void* const memory = bytes > (std::size_t(1) << 28) ? nullptr : std::malloc(bytes);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using upconv::Dims;
using upconv::Index;
using upconv::Padding;
using upconv::Size2;

/// Elements of a tensor, products of a call: above it no call is made.
inline constexpr double budget = 1 << 18;
/// Elements: from here on every call must be refused or fail to allocate; from 2^63 it must be refused.
inline constexpr double beyond_any_memory = allocator_aborts ? 1e19 : 1e14;
inline constexpr std::array<Index, 10> extremes{0,
                                                -1,
                                                Index(1) << 16,
                                                Index(1) << 31,
                                                Index(1) << 32,
                                                Index(1) << 40,
                                                Index(1) << 62,
                                                -(Index(1) << 62),
                                                std::numeric_limits<Index>::min(),
                                                std::numeric_limits<Index>::max()};

class Dice {
  public:
    explicit Dice(std::uint64_t seed, unsigned rarity = 40) : engine_(seed), rarity_(rarity) {}

    /// In [low, high]; one time in `rarity` an extreme, which is remembered.
    Index number(Index low, Index high) {
        if (engine_() % rarity_ != 0)
            return low + static_cast<Index>(engine_() % static_cast<std::uint64_t>(high - low + 1));
        tame_ = false;
        return extremes[engine_() % extremes.size()];
    }
    Size2 pair(Index low, Index high) {
        const Index h = number(low, high);
        return {h, number(low, high)};
    }
    /// An extreme, or a number near one, half of the time.
    Index hostile() {
        const auto small = static_cast<Index>(engine_() % 9) - 2;
        if (engine_() % 2 == 0) return small;
        const Index extreme = extremes[engine_() % extremes.size()];
        return extreme < 0 ? extreme + (small + 2) : extreme - (small + 2);
    }
    Size2 hostile_pair() {
        const Index h = hostile();
        return {h, hostile()};
    }
    Dims hostile_dims() {
        const Index d0 = hostile(), d1 = hostile(), d2 = hostile();
        return {d0, d1, d2, hostile()};
    }
    upconv::Region hostile_region() {
        const Size2 begin = hostile_pair(), end = hostile_pair();
        return {{begin.h, end.h}, {begin.w, end.w}};
    }
    bool tame() const { return tame_; }
    void start() { tame_ = true; }

  private:
    std::mt19937_64 engine_;
    unsigned rarity_;
    bool tame_ = true;
};

inline Padding random_padding(Dice& dice) {
    const Size2 before = dice.pair(-1, 3), after = dice.pair(-1, 3);
    return {before.h, after.h, before.w, after.w};
}

// What may be done with them: be refused, or fail to allocate. The sanitizers see to the rest.

/// Elements that are too many to be made here, and few enough that they could be.
inline bool takes_long(double elements) { return elements > budget && elements < beyond_any_memory; }

template <class Call>
bool accepts(const Call& call) {
    try {
        call();
        return true;
    } catch (const upconv::ShapeError&) {
    } catch (const std::bad_alloc&) {
    }
    return false;
}

inline double size_of(const Dims& dims) {
    double size = 1;
    for (const Index extent : dims) size *= static_cast<double>(extent);
    return size;
}
