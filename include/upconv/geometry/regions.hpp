// Regions: what part of one grid a part of the other needs or touches, per axis. Half open; negative positions and
// those beyond the extent lie in the padding until clip() removes them.
#pragma once

#include "axis.hpp"

namespace upconv {

/// [begin, end) without what lies outside [0, extent).
constexpr Range clip(Range range, Index extent) {
    const Index begin = std::clamp<Index>(range.begin, 0, extent);
    return {begin, (std::max)(begin, std::clamp<Index>(range.end, 0, extent))};
}

/// The fine positions that the taps of coarse [begin, end) cover: read by a convolution, written by a transposed one.
constexpr Range fine_region(const Axis& axis, Range coarse) {
    if (coarse.empty()) return {};
    return {axis.fine_at(coarse.begin, 0), axis.fine_at(coarse.end - 1, axis.kernel - 1) + 1};
}

/// The coarse positions whose filters reach fine [begin, end): read by a transposed convolution, written by a
/// convolution. Exact for dilation 1 and stride <= kernel, else the smallest stretch that is sure to hold them.
constexpr Range coarse_region(const Axis& axis, Range fine) {
    if (fine.empty()) return {};
    return {ceil_div(fine.begin + axis.begin - (axis.kernel - 1) * axis.dilation, axis.stride),
            floor_div(fine.end - 1 + axis.begin, axis.stride) + 1};
}

constexpr Region fine_region(const Axis& rows, const Axis& columns, const Region& coarse) {
    return {fine_region(rows, coarse.rows), fine_region(columns, coarse.columns)};
}
constexpr Region coarse_region(const Axis& rows, const Axis& columns, const Region& fine) {
    return {coarse_region(rows, fine.rows), coarse_region(columns, fine.columns)};
}
constexpr Region clip(const Region& region, Size2 extent) {
    return {clip(region.rows, extent.h), clip(region.columns, extent.w)};
}

}  // namespace upconv
