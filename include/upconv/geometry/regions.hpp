// Regions: what part of one grid a part of the other needs or touches, per axis. Half open; negative positions and
// those beyond the extent lie in the padding until clip() removes them.
#pragma once

#include "axis.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// [begin, end) without what lies outside [0, extent).
constexpr Range clip(Range range, Index extent) {
    const Index begin = std::clamp<Index>(range.begin, 0, extent);
    return {begin, (std::max)(begin, std::clamp<Index>(range.end, 0, extent))};
}

/// [begin, end), computed from `from`. Refuses one that leaves 64 bits, or whose size does.
constexpr Range checked_region(const char* op, Range from, Checked begin, Checked end) {
    if (begin.overflow() || (end - begin).overflow())
        refuse(op, ": the region that belongs to ", from, " leaves ", index_width,
               " integers; give a smaller one, or the input's dimensions, to which it is clipped");
    return {begin.value(), end.value()};
}

/// The fine positions that the taps of coarse [begin, end) cover: read by a convolution, written by a transposed one.
constexpr Range fine_region(const char* op, const Axis& axis, Range coarse) {
    if (coarse.empty()) return {};
    const Checked first = Checked(coarse.begin) * axis.stride - axis.begin;
    const Checked last = (Checked(coarse.end) - 1) * axis.stride + (axis.span() - 1) - axis.begin;
    return checked_region(op, coarse, first, last + 1);
}

/// The coarse positions whose filters reach fine [begin, end): read by a transposed convolution, written by a
/// convolution. Exact for dilation 1 and stride <= kernel, else the smallest stretch that is sure to hold them.
constexpr Range coarse_region(const char* op, const Axis& axis, Range fine) {
    if (fine.empty()) return {};
    const Checked first = Checked(fine.begin) + axis.begin - (axis.span() - 1);
    const Checked last = Checked(fine.end) - 1 + axis.begin;
    return checked_region(op, fine, first.then(ceil_div(first.value(), axis.stride)),
                          last.then(floor_div(last.value(), axis.stride)) + 1);
}

constexpr Region fine_region(const char* op, const Axis& rows, const Axis& columns, const Region& coarse) {
    return {fine_region(op, rows, coarse.rows), fine_region(op, columns, coarse.columns)};
}
constexpr Region coarse_region(const char* op, const Axis& rows, const Axis& columns, const Region& fine) {
    return {coarse_region(op, rows, fine.rows), coarse_region(op, columns, fine.columns)};
}
constexpr Region clip(const Region& region, Size2 extent) {
    return {clip(region.rows, extent.h), clip(region.columns, extent.w)};
}

}  // namespace upconv::detail
