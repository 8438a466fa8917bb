// TapLine: the taps of one phase of an axis, evenly spaced:
//
//     input = output * step + first + tap * spacing,   tap in [0, count)
//
// `output` is a step of the phase. Taps that fall beside the input are left out.
#pragma once

#include <algorithm>

#include "integer.hpp"
#include "size2.hpp"

namespace upconv {

struct TapLine {
    Index input = 0;  // extent
    Index step = 1, first = 0, spacing = 1, count = 0;

    constexpr Index at(Index output, Index tap) const { return output * step + first + tap * spacing; }

    /// The taps that reach the input from an output step.
    constexpr Range taps(Index output) const {
        const auto outside = [&](Index tap) { return at(output, tap) < 0 || at(output, tap) >= input; };
        Range reach{0, count};
        while (!reach.empty() && outside(reach.begin)) ++reach.begin;
        while (!reach.empty() && outside(reach.end - 1)) --reach.end;
        return reach;
    }

    /// The output steps among `outputs` whose taps fall all between -margin and input + margin.
    constexpr Range inside(Range outputs, Index margin = 0) const {
        if (count == 0) return outputs;
        const Index least = (std::min)(at(0, 0), at(0, count - 1)), most = (std::max)(at(0, 0), at(0, count - 1));
        const Index begin = std::clamp(ceil_div(-margin - least, step), outputs.begin, outputs.end);
        return {begin, std::clamp(floor_div(input + margin - 1 - most, step) + 1, begin, outputs.end)};
    }
};

}  // namespace upconv
