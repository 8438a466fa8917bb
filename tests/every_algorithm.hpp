// Every way to compute that an operator can be asked for: whatever is fastest, the definition, and each kernel of the
// library's list.
#pragma once

#include <algorithm>
#include <array>
#include <upconv/engine/filter_plan.hpp>

inline constexpr auto every_algorithm = [] {
    std::array<upconv::Algorithm, 2 + std::size(upconv::detail::every_kernel)> all{upconv::Algorithm::automatic,
                                                                                 upconv::Algorithm::reference};
    std::copy(std::begin(upconv::detail::every_kernel), std::end(upconv::detail::every_kernel), all.begin() + 2);
    return all;
}();
