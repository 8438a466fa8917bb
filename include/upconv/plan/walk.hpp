// Walk: all phases of an axis, and each cut where its taps change.
#pragma once

#include <algorithm>
#include <vector>

#include "../geometry/phases.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

struct AxisWalk {
    Index input = 0, output = 0;  // extents
    Index input_step = 1, output_step = 1;
    std::vector<Phase> phases;

    /// Steps of the longest phase: what is cut into strips.
    Index steps() const { return phases.empty() ? 0 : phases.front().steps; }

    Index taps() const {
        return std::accumulate(phases.begin(), phases.end(), Index(0),
                               [](Index sum, const Phase& phase) { return sum + phase.taps; });
    }

    /// The least and the greatest offset of any tap: what a strip reads beside its own cells.
    Range reach() const {
        Range r{0, 0};
        for (const Phase& phase : phases) {
            if (phase.taps == 0) continue;
            const auto [least, most] = std::minmax({phase.offset(0), phase.offset(phase.taps - 1)});
            r = r.empty() ? Range{least, most + 1} : Range{(std::min)(r.begin, least), (std::max)(r.end, most + 1)};
        }
        return r.empty() ? Range{0, 1} : r;
    }

    friend bool operator==(const AxisWalk&, const AxisWalk&) = default;
};

inline AxisWalk axis_walk(const Axis& axis, Direction direction) {
    const bool to_coarse = direction == Direction::to_coarse;
    AxisWalk walk{to_coarse ? axis.fine : axis.coarse, to_coarse ? axis.coarse : axis.fine, 1, 1, {}};
    for (Index p = 0; p < phase_count(axis, direction); ++p) walk.phases.push_back(phase_of(axis, direction, p));
    walk.input_step = walk.phases.front().input_step;
    walk.output_step = walk.phases.front().output_step;
    return walk;
}

/// Steps of a phase that have the same taps, those that do not read beside the input.
struct Segment {
    Range steps, taps;

    friend constexpr bool operator==(const Segment&, const Segment&) = default;
};

/// A phase cut where the taps change that reach the input: a border of a few steps, the inside, a border.
inline std::vector<Segment> segments(const Phase& phase) {
    std::vector<Index> cuts{0, phase.steps};
    for (Index t = 0; t < phase.taps; ++t) {
        cuts.push_back(phase.steps_of(t).begin);
        cuts.push_back(phase.steps_of(t).end);
    }
    std::sort(cuts.begin(), cuts.end());
    std::vector<Segment> result;
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
        if (cuts[i] == cuts[i + 1]) continue;
        const Range reaching = phase.taps_at(cuts[i]), taps = reaching.empty() ? Range{0, 0} : reaching;
        if (!result.empty() && result.back().taps == taps)
            result.back().steps.end = cuts[i + 1];
        else
            result.push_back({{cuts[i], cuts[i + 1]}, taps});
    }
    return result;
}

}  // namespace upconv::detail
