// Walk: one direction over a relation as a list of phases. Each phase is a small dense sum at a fixed step over the
// input:
//
//     output = first + i * output_step;   input = i * input_step + offset[t],   tap[t],   i in [0, count)
//
// To the coarse grid (a convolution) there is one phase, and the input steps by the stride. To the fine grid (a
// transposed convolution) there are stride phases, the output steps by the stride and the input by one; a phase without
// taps is the bias alone.
#pragma once

#include <algorithm>
#include <vector>

#include "../geometry/phases.hpp"
#include "../geometry/tap_line.hpp"

namespace upconv::detail {

enum class Direction { to_coarse, to_fine };

struct WalkPhase {
    Index first = 0, count = 0;
    std::vector<Index> tap, offset;
};

struct AxisWalk {
    Index input = 0, output = 0;  // extents
    Index input_step = 1, output_step = 1;
    std::vector<WalkPhase> phases;

    /// Steps of the longest phase: what is cut into strips.
    Index steps() const { return phases.empty() ? 0 : phases.front().count; }

    /// The least and the greatest offset of any tap: what a strip reads beside its own cells.
    Range reach() const {
        Range r{0, 0};
        bool any = false;
        for (const WalkPhase& phase : phases)
            for (Index offset : phase.offset) {
                r = any ? Range{(std::min)(r.begin, offset), (std::max)(r.end, offset + 1)} : Range{offset, offset + 1};
                any = true;
            }
        return any ? r : Range{0, 1};
    }
};

/// From a single step there is none to the next, and it counts as a short one: strides without limit stay cheap, and no
/// product of a step leaves 64 bits.
inline AxisWalk axis_walk(const Axis& axis, Direction direction) {
    AxisWalk walk;
    if (direction == Direction::to_coarse) {
        const Index step = axis.coarse > 1 ? axis.stride : 1;
        walk = {axis.fine, axis.coarse, step, 1, {WalkPhase{0, axis.coarse, {}, {}}}};
        for (Index tap = 0; tap < axis.kernel; ++tap) {
            walk.phases[0].tap.push_back(tap);
            walk.phases[0].offset.push_back(tap * axis.dilation - axis.begin);
        }
        return walk;
    }
    walk = {axis.coarse, axis.fine, 1, (std::min)(axis.stride, axis.fine), {}};
    for (Index first = 0; first < phase_count(axis); ++first) {
        const Phase phase = phase_of(axis, first);
        WalkPhase out{first, phase.count, {}, {}};
        for (Index t = 0; t < phase.taps; ++t) {
            out.tap.push_back(phase.first_tap + t * phase.tap_step);
            out.offset.push_back(phase.first_coarse - t * phase.coarse_step);
        }
        walk.phases.push_back(std::move(out));
    }
    return walk;
}

/// A phase's taps as a line: those of any phase are evenly spaced.
inline TapLine tap_line(const AxisWalk& walk, const WalkPhase& phase) {
    const std::vector<Index>& offset = phase.offset;
    return {.input = walk.input,
            .step = walk.input_step,
            .first = offset.empty() ? 0 : offset[0],
            .spacing = offset.size() < 2 ? 1 : offset[1] - offset[0],
            .count = static_cast<Index>(offset.size())};
}

/// Steps of a phase that have the same taps, those that do not read beside the input.
struct WalkSegment {
    Range steps, taps;
};

/// A phase cut where the taps change that reach the input: a border of a few steps, the inside, a border.
inline std::vector<WalkSegment> segments(const AxisWalk& walk, const WalkPhase& phase) {
    const auto reaching = [&](Index offset) {  // steps of a tap
        const Index begin = std::clamp<Index>(ceil_div(-offset, walk.input_step), 0, phase.count);
        return Range{begin, std::clamp<Index>(ceil_div(walk.input - offset, walk.input_step), begin, phase.count)};
    };
    std::vector<Index> cuts{0, phase.count};
    for (Index offset : phase.offset) {
        cuts.push_back(reaching(offset).begin);
        cuts.push_back(reaching(offset).end);
    }
    std::sort(cuts.begin(), cuts.end());
    std::vector<WalkSegment> result;
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
        if (cuts[i] == cuts[i + 1]) continue;
        Range taps{0, 0};  // offsets are in order, so the taps are neighbours
        for (std::size_t t = 0; t < phase.offset.size(); ++t) {
            const Range steps = reaching(phase.offset[t]);
            if (cuts[i] < steps.begin || cuts[i] >= steps.end) continue;
            const auto tap = static_cast<Index>(t);
            taps = taps.empty() ? Range{tap, tap + 1} : Range{taps.begin, tap + 1};
        }
        if (!result.empty() && result.back().taps == taps)
            result.back().steps.end = cuts[i + 1];
        else
            result.push_back({{cuts[i], cuts[i + 1]}, taps});
    }
    return result;
}

}  // namespace upconv::detail
