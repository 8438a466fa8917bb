// Phases: the fine positions of one axis sorted by their remainder modulo the stride. All fine positions of one phase
// are reached by the same taps, and as the fine position moves on by one stride, each tap's coarse position moves on by
// one:
//
//     fine   = first_fine + i * stride
//     tap    = first_tap + a * tap_step,                a in [0, taps)
//     coarse = first_coarse + i - a * coarse_step       (may lie outside the grid: such a term is absent)
//
// A phase with no tap is legal (kernel < stride, or gcd(stride, dilation) > 1): its outputs are the bias alone.
#pragma once

#include <numeric>

#include "axis.hpp"

namespace upconv::detail {

struct Phase {
    Index first_fine = 0;
    Index count = 0;  // fine positions of this phase
    Index first_tap = 0, tap_step = 1, taps = 0;
    Index first_coarse = 0, coarse_step = 1;
};

/// A phase for each remainder that occurs on the fine grid: min(stride, fine) of them.
constexpr Index phase_count(const Axis& axis) { return (std::min)(axis.stride, axis.fine); }

/// The phase whose first fine position is `first_fine`, in [0, phase_count).
constexpr Phase phase_of(const Axis& axis, Index first_fine) {
    const Index common = std::gcd(axis.stride, axis.dilation);
    Phase phase{.first_fine = first_fine,
                .count = (axis.fine - 1 - first_fine) / axis.stride + 1,
                .first_tap = 0,
                .tap_step = axis.stride / common,
                .taps = 0,
                .first_coarse = 0,
                .coarse_step = axis.dilation / common};
    const Index position = first_fine + axis.begin;  // = coarse * stride + tap * dilation
    const Index first = axis.dilation == 1 ? floor_mod(position, axis.stride) : 0;  // then there is only this one
    for (Index tap = first; tap < (std::min)(axis.kernel, phase.tap_step); ++tap) {
        if ((position - tap * axis.dilation) % axis.stride != 0) continue;
        phase.first_tap = tap;
        phase.taps = (axis.kernel - 1 - tap) / phase.tap_step + 1;
        phase.first_coarse = (position - tap * axis.dilation) / axis.stride;
        break;
    }
    return phase;
}

/// The numbers i of `range` for which position - i * step is a multiple of `other`: every (other / gcd)-th.
constexpr Index count_hits(Index position, Range range, Index step, Index other) {
    for (Index i = range.begin; i < range.end; ++i)
        if (floor_mod(position - i * step, other) == 0)
            return (range.end - 1 - i) / (other / std::gcd(step, other)) + 1;
    return 0;
}

/// How many taps reach fine position `fine`: the overlap that shows as a checkerboard where it is uneven. Taps and
/// coarse positions come in pairs, so those are counted of which fewer are in reach.
constexpr Index overlap(const Axis& axis, Index fine) {
    const Index position = fine + axis.begin;  // = coarse * stride + tap * dilation
    const auto in_reach = [&](Index step, Index count, Index other_most) {
        return Range{std::max<Index>(ceil_div(position - other_most, step), 0),
                     (std::min)(floor_div(position, step) + 1, count)};
    };
    const Range taps = in_reach(axis.dilation, axis.kernel, (axis.coarse - 1) * axis.stride);
    const Range coarse = in_reach(axis.stride, axis.coarse, axis.span() - 1);
    return taps.size() < coarse.size() ? count_hits(position, taps, axis.dilation, axis.stride)
                                       : count_hits(position, coarse, axis.stride, axis.dilation);
}

}  // namespace upconv::detail
