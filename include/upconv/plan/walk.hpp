// Walk: one direction over a relation as a list of phases. Each phase is a small dense sum at a fixed step over the
// input:
//
//     output = first + i * output_step;   input = i * input_step + offset[t],   tap[t],   i in [0, count)
//
// To the coarse grid (a convolution) there is one phase, and the input steps by the stride. To the fine grid (a
// transposed convolution) there are stride phases, the output steps by the stride and the input by one; a phase without
// taps is the bias alone.
#pragma once

#include <vector>

#include "../geometry/phases.hpp"

namespace upconv {

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
                r = any ? Range{std::min(r.begin, offset), std::max(r.end, offset + 1)} : Range{offset, offset + 1};
                any = true;
            }
        return any ? r : Range{0, 1};
    }
};

inline AxisWalk axis_walk(const Axis& axis, Direction direction) {
    AxisWalk walk;
    if (direction == Direction::to_coarse) {
        const Index step =
            axis.coarse > 1 ? axis.stride : 1;  // a single step has none: strides without limit stay cheap
        walk = {axis.fine, axis.coarse, step, 1, {WalkPhase{0, axis.coarse, {}, {}}}};
        for (Index tap = 0; tap < axis.kernel; ++tap) {
            walk.phases[0].tap.push_back(tap);
            walk.phases[0].offset.push_back(tap * axis.dilation - axis.begin);
        }
        return walk;
    }
    walk = {axis.coarse, axis.fine, 1, axis.stride, {}};
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

/// Where most taps of an axis read padding (a filter larger than its input), each output is a phase of its own, with
/// the taps that reach the input: 100 -> 512 channels from 1 x 1 to 4 x 4 sums one tap an output in place of 16.
inline AxisWalk without_idle_taps(AxisWalk walk) {
    constexpr Index most_outputs = 16;
    Index all = 0, idle = 0;
    if (walk.output > most_outputs) return walk;
    AxisWalk single{walk.input, walk.output, 1, walk.output,
                    std::vector<WalkPhase>(static_cast<std::size_t>(walk.output))};
    for (const WalkPhase& phase : walk.phases)
        for (Index i = 0; i < phase.count; ++i) {
            const Index output = phase.first + i * walk.output_step;
            WalkPhase& of_output = single.phases[static_cast<std::size_t>(output)];
            of_output.first = output;
            of_output.count = 1;
            for (std::size_t t = 0; t < phase.tap.size(); ++t) {
                const Index input = i * walk.input_step + phase.offset[t];
                const bool reaches = input >= 0 && input < walk.input;
                ++all;
                idle += !reaches;
                if (!reaches) continue;
                of_output.tap.push_back(phase.tap[t]);
                of_output.offset.push_back(input);
            }
        }
    return 2 * idle > all ? single : walk;
}

}  // namespace upconv
