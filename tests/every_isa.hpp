// The instruction sets that this machine has, narrowest first.
#pragma once

#include <upconv/kernel/simd.hpp>
#include <vector>

inline std::vector<upconv::Isa> every_isa() {
    using upconv::Isa;
    const Isa best = upconv::best_isa();
    if (best == Isa::avx512) return {Isa::baseline, Isa::avx2, Isa::avx512};
    if (best == Isa::avx2) return {Isa::baseline, Isa::avx2};
    return {Isa::baseline};
}
