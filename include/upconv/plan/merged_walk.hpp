// MergedWalk: the phases of one axis with their steps shifted so that as many as possible read the same inputs. They
// then are summed together, as that many more output channels:
//
//     output = first + step * output_step for step in [valid.begin, valid.end)
//     input  = step * input_step + offset(t), for all phases of a set
//
// A phase that lacks tap t (kernel not a multiple of the stride) has tap -1 there.
#pragma once

#include <vector>

#include "../geometry/integer.hpp"
#include "walk.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// A phase whose first step is number `shift` of its set.
struct MergedPhase {
    Phase phase;
    Index shift = 0;

    Index first() const { return phase.first_output - shift * phase.output_step; }  // negative where it was shifted
    Range valid() const { return {shift, shift + phase.steps}; }
    Index tap(Index t) const { return t < phase.taps ? phase.tap(t) : -1; }

    friend bool operator==(const MergedPhase&, const MergedPhase&) = default;
};

struct PhaseSet {
    Index first_input = 0, spacing = 1, taps = 0;
    std::vector<MergedPhase> phases;

    Index offset(Index t) const { return first_input + t * spacing; }

    friend bool operator==(const PhaseSet&, const PhaseSet&) = default;
};

struct MergedAxis {
    Index input = 0, output = 0, input_step = 1, output_step = 1;
    Index steps = 0;
    Range reach;
    std::vector<PhaseSet> sets;

    /// Of all sets, in the order of the outputs they make.
    std::vector<MergedPhase> phases() const {
        std::vector<MergedPhase> all;
        for (const PhaseSet& set : sets)
            for (const MergedPhase& phase : set.phases) {
                auto at = all.end();  // a few, mostly in order: std::sort is 4 KB of an object
                while (at != all.begin() && (at - 1)->first() > phase.first()) --at;
                all.insert(at, phase);
            }
        return all;
    }
    /// The first input that is packed: line 0 of the picture is then one of phase 0.
    Index first_input() const { return floor_div(reach.begin, input_step) * input_step; }
    /// By how many steps the taps reach beyond the last one.
    Index reach_steps() const { return (reach.end - 1 - first_input()) / input_step; }
    /// Lines of zeros, of every phase, both before the picture and behind it: they can be the same.
    Index shared_zeros() const {
        const Index before = std::max<Index>(-first_input() / input_step, 0);
        const Index inside = ceil_div(input - first_input(), input_step);
        return (std::min)({before, std::max<Index>(steps + reach_steps() - inside, 0), reach_steps()});
    }

    friend bool operator==(const MergedAxis&, const MergedAxis&) = default;
};

/// One set of all phases, which begins with the least first input of any; or a set for each phase.
inline MergedAxis merged_axis(const AxisWalk& walk, bool merge) {
    MergedAxis merged{walk.input, walk.output, walk.input_step, walk.output_step, 0, walk.reach(), {}};
    const Phase& longest = *std::max_element(walk.phases.begin(), walk.phases.end(),
                                             [](const Phase& a, const Phase& b) { return a.taps < b.taps; });
    Index first = longest.first_input;
    for (const Phase& phase : walk.phases)
        if (phase.taps > 0) first = (std::min)(first, phase.first_input);
    if (merge) merged.sets.push_back({first, longest.spacing, longest.taps, {}});
    for (const Phase& phase : walk.phases) {
        if (!merge) merged.sets.push_back({phase.first_input, phase.spacing, phase.taps, {}});
        const Index shift = merge && phase.taps > 0 ? phase.first_input - first : 0;
        merged.sets.back().phases.push_back({phase, shift});
        merged.steps = (std::max)(merged.steps, shift + phase.steps);
    }
    if (merge && longest.taps > 0) {
        const auto [least, most] = std::minmax({first, merged.sets[0].offset(longest.taps - 1)});
        merged.reach = {least, most + 1};
    }
    return merged;
}

}  // namespace upconv::detail
