// Border: which cell of the fine grid stands in a place beside it, for the padding modes.
#pragma once

#include <algorithm>

#include "../options/padding.hpp"
#include "integer.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// The cell of [0, extent) that stands at `position`, for the modes other than zeros, however far beside the grid.
/// reflect: -1 -> 1, of period 2 (extent - 1); replicate: -1 -> 0; circular: -1 -> extent - 1, of period extent.
constexpr Index border_cell(PaddingMode mode, Index position, Index extent) {
    if (position >= 0 && position < extent) return position;
    switch (mode) {
        case PaddingMode::reflect: {
            if (extent == 1) return 0;
            const Index turn = 2 * (extent - 1), within = floor_mod(position, turn);
            return within < extent ? within : turn - within;
        }
        case PaddingMode::circular:
            return floor_mod(position, extent);
        case PaddingMode::zeros:
        case PaddingMode::replicate:
            break;
    }
    return std::clamp<Index>(position, 0, extent - 1);
}

}  // namespace upconv::detail
