// No kernel computes with what it finds in old memory.
#include <gtest/gtest.h>
#if defined(__SSE2__)
#include <xmmintrin.h>

#include <cstring>

#include "every_isa.hpp"
#include "grids.hpp"

namespace {

using namespace upconv::detail;
using upconv::Index;

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

}  // namespace
#endif
