// MergedWalk: the phases of one axis with their steps shifted so that as many as possible read the same inputs. They
// then are summed together, as that many more output channels:
//
//     output = first + i * output_step for i in [valid.begin, valid.end);   input = i * input_step + offset[t], for all
//     phases of a set
//
// A phase that lacks tap t (kernel not a multiple of the stride) has tap -1 there.
#pragma once

#include <vector>

#include "../geometry/integer.hpp"
#include "walk.hpp"

namespace upconv::detail {

struct MergedPhase {
    Index first = 0;  // negative where the phase was shifted
    Range valid;
    std::vector<Index> tap;
};

struct PhaseSet {
    std::vector<Index> offset;
    std::vector<MergedPhase> phases;
};

struct MergedAxis {
    Index input = 0, output = 0, input_step = 1, output_step = 1;
    Index steps = 0;
    Range reach;
    std::vector<PhaseSet> sets;

    /// Of all sets, in the order of the outputs they make.
    std::vector<MergedPhase> phases() const {
        std::vector<MergedPhase> all;
        for (const PhaseSet& set : sets) all.insert(all.end(), set.phases.begin(), set.phases.end());
        std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
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
};

/// One set of all phases, or a set for each phase.
inline MergedAxis merged_axis(const AxisWalk& walk, bool merge) {
    MergedAxis merged{walk.input, walk.output, walk.input_step, walk.output_step, 0, walk.reach(), {}};
    const WalkPhase* longest = &walk.phases.front();
    for (const WalkPhase& phase : walk.phases)
        if (phase.tap.size() > longest->tap.size()) longest = &phase;
    Index top = longest->offset.empty() ? 0 : longest->offset.front();
    if (merge)
        for (const WalkPhase& phase : walk.phases)
            if (!phase.offset.empty()) top = (std::min)(top, phase.offset.front());
    for (const WalkPhase& phase : walk.phases) {
        const Index shift = merge && !phase.offset.empty() ? phase.offset.front() - top : 0;
        if (!merge || merged.sets.empty()) {
            merged.sets.push_back({merge ? longest->offset : phase.offset, {}});
            if (merge)
                for (Index& offset : merged.sets.back().offset) offset += top - longest->offset.front();
        }
        PhaseSet& set = merged.sets.back();
        MergedPhase to{phase.first - shift * walk.output_step, {shift, shift + phase.count}, phase.tap};
        to.tap.resize(set.offset.size(), -1);
        set.phases.push_back(std::move(to));
        merged.steps = (std::max)(merged.steps, shift + phase.count);
    }
    bool any = false;
    for (const PhaseSet& set : merged.sets)
        for (Index offset : set.offset) {
            merged.reach = any ? Range{(std::min)(merged.reach.begin, offset), (std::max)(merged.reach.end, offset + 1)}
                               : Range{offset, offset + 1};
            any = true;
        }
    return merged;
}

}  // namespace upconv::detail
