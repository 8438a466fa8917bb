// Phases: one direction along one axis as small dense sums, each at a fixed step over the input:
//
//     output = first_output + step * output_step,       step in [0, steps)
//     tap    = first_tap + t * tap_step,                t in [0, taps)
//     input  = first_input + step * input_step + t * spacing      (may lie beside the input: such a term is absent)
//
// To the coarse grid (a convolution) there is one phase, and the input steps by the stride. To the fine grid (a
// transposed convolution) the outputs are sorted by their remainder modulo the stride: each is a phase, whose outputs
// are reached by the same taps, and the input steps by one. A phase with no tap is legal (kernel < stride, or
// gcd(stride, dilation) > 1): its outputs are the bias alone.
#pragma once

#include <numeric>

#include "axis.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

enum class Direction { to_coarse, to_fine };

struct Phase {
    Index first_output = 0, output_step = 1, steps = 0;
    Index first_tap = 0, tap_step = 1, taps = 0;
    Index input = 0;  // extent
    Index first_input = 0, input_step = 1, spacing = 1;

    constexpr Index tap(Index t) const { return first_tap + t * tap_step; }
    /// Of tap `t` beside the first input of a step.
    constexpr Index offset(Index t) const { return first_input + t * spacing; }
    constexpr Index at(Index step, Index t) const { return step * input_step + offset(t); }

    /// The taps that reach the input from a step.
    constexpr Range taps_at(Index step) const {
        constexpr Index few =
            16;  // are tried one by one: the two divisions cost as much as 14 pixels of a depthwise row
        if (taps <= few) {
            const auto outside = [&](Index t) { return at(step, t) < 0 || at(step, t) >= input; };
            Range reach{0, taps};
            while (!reach.empty() && outside(reach.begin)) ++reach.begin;
            while (!reach.empty() && outside(reach.end - 1)) --reach.end;
            return reach;
        }
        const Index start = at(step, 0), apart = spacing < 0 ? -spacing : spacing;
        const Index before = spacing < 0 ? start - (input - 1) : -start;  // cells from the first tap to the input
        const Index through = spacing < 0 ? start : input - 1 - start;    // and to its far end
        const Index begin = std::clamp<Index>(ceil_div(before, apart), 0, taps);
        return {begin, std::clamp<Index>(floor_div(through, apart) + 1, begin, taps)};
    }

    /// The steps from which tap `t` reaches the input.
    constexpr Range steps_of(Index t) const {
        const Index begin = std::clamp<Index>(ceil_div(-offset(t), input_step), 0, steps);
        return {begin, std::clamp<Index>(ceil_div(input - offset(t), input_step), begin, steps)};
    }

    /// The steps among `range` whose taps fall all between -margin and input + margin.
    constexpr Range inside(Range range, Index margin = 0) const {
        if (taps == 0) return range;
        const Index least = (std::min)(at(0, 0), at(0, taps - 1)), most = (std::max)(at(0, 0), at(0, taps - 1));
        const Index begin = std::clamp(ceil_div(-margin - least, input_step), range.begin, range.end);
        return {begin, std::clamp(floor_div(input + margin - 1 - most, input_step) + 1, begin, range.end)};
    }

    friend constexpr bool operator==(const Phase&, const Phase&) = default;
};

/// To the fine grid one for each remainder that occurs there: min(stride, fine) of them.
constexpr Index phase_count(const Axis& axis, Direction direction) {
    return direction == Direction::to_coarse ? 1 : (std::min)(axis.stride, axis.fine);
}

/// The only one to the coarse grid. From a single step there is none to the next, and it counts as a short one: strides
/// without limit stay cheap, and no product of a step leaves the range of Index.
constexpr Phase coarse_phase(const Axis& axis) {
    return {.steps = axis.coarse,
            .taps = axis.kernel,
            .input = axis.fine,
            .first_input = -axis.begin,
            .input_step = axis.coarse > 1 ? axis.stride : 1,
            .spacing = axis.dilation};
}

/// The one whose first output is fine position `first`, in [0, phase_count).
constexpr Phase fine_phase(const Axis& axis, Index first) {
    const Index common = std::gcd(axis.stride, axis.dilation);
    Phase phase{.first_output = first,
                .output_step = (std::min)(axis.stride, axis.fine),
                .steps = (axis.fine - 1 - first) / axis.stride + 1,
                .tap_step = axis.stride / common,
                .input = axis.coarse,
                .spacing = -axis.dilation / common};
    const Index position = first + axis.begin;  // = coarse * stride + tap * dilation
    const Index least = axis.dilation == 1 ? floor_mod(position, axis.stride) : 0;  // then there is only this one
    for (Index tap = least; tap < (std::min)(axis.kernel, phase.tap_step); ++tap) {
        if ((position - tap * axis.dilation) % axis.stride != 0) continue;
        phase.first_tap = tap;
        phase.taps = (axis.kernel - 1 - tap) / phase.tap_step + 1;
        phase.first_input = (position - tap * axis.dilation) / axis.stride;
        break;
    }
    return phase;
}

constexpr Phase phase_of(const Axis& axis, Direction direction, Index number) {
    return direction == Direction::to_coarse ? coarse_phase(axis) : fine_phase(axis, number);
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
