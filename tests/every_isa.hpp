// The instruction sets that this machine has, narrowest first.
#pragma once

#include <upconv/kernel/simd.hpp>
#include <vector>

inline std::vector<upconv::detail::Isa> every_isa() {
    std::vector<upconv::detail::Isa> all;
    for (int isa = 0; isa <= static_cast<int>(upconv::detail::best_isa()); ++isa)
        all.push_back(static_cast<upconv::detail::Isa>(isa));
    return all;
}

/// Those that have kernels.
inline std::vector<upconv::detail::Isa> every_isa_with_kernels() {
    std::vector<upconv::detail::Isa> all = every_isa();
    std::erase_if(all, [](upconv::detail::Isa isa) { return !has_kernels(isa); });
    return all;
}
