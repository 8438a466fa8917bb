// TapLine: the taps of one phase of an axis, evenly spaced:
//
//     input = output * step + first + tap * spacing,   tap in [0, count)
//
// `output` is a step of the phase. Taps that fall beside the input are left out.
#pragma once

#include <algorithm>

#include "../options/size2.hpp"
#include "integer.hpp"

namespace upconv::detail {

struct TapLine {
    Index input = 0;  // extent
    Index step = 1, first = 0, spacing = 1, count = 0;

    constexpr Index at(Index output, Index tap) const { return output * step + first + tap * spacing; }

    /// The taps that reach the input from an output step.
    constexpr Range taps(Index output) const {
        const Index start = at(output, 0), apart = spacing < 0 ? -spacing : spacing;
        const Index before = spacing < 0 ? start - (input - 1) : -start;  // cells from the first tap to the input
        const Index through = spacing < 0 ? start : input - 1 - start;    // and to its far end
        const Index begin = std::clamp<Index>(ceil_div(before, apart), 0, count);
        return {begin, std::clamp<Index>(floor_div(through, apart) + 1, begin, count)};
    }

    /// The output steps among `outputs` whose taps fall all between -margin and input + margin.
    constexpr Range inside(Range outputs, Index margin = 0) const {
        if (count == 0) return outputs;
        const Index least = (std::min)(at(0, 0), at(0, count - 1)), most = (std::max)(at(0, 0), at(0, count - 1));
        const Index begin = std::clamp(ceil_div(-margin - least, step), outputs.begin, outputs.end);
        return {begin, std::clamp(floor_div(input + margin - 1 - most, step) + 1, begin, outputs.end)};
    }
};

}  // namespace upconv::detail
