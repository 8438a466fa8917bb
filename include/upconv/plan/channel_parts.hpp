// ChannelParts: the pixels of a channel plan cut into rectangles in which all have the same taps, so that no tap in the
// padding is summed; or not cut, where that would leave tiles too small to be worth it.
#pragma once

#include <array>

#include "walk.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Of each phase of an axis, its steps in segments.
using AxisSegments = std::vector<std::vector<Segment>>;

enum class Cut { whole, where_taps_change };

/// Large filters at the border of a picture change taps at each step: above this many segments a phase is left whole.
constexpr std::size_t most_segments = 16;

inline AxisSegments axis_segments(const AxisWalk& walk, Cut cut) {
    AxisSegments result;
    for (const Phase& phase : walk.phases) {
        std::vector<Segment> of_phase;
        if (cut == Cut::where_taps_change) of_phase = segments(phase);
        if (of_phase.empty() || of_phase.size() > most_segments) of_phase = {{{0, phase.steps}, {0, phase.taps}}};
        result.push_back(std::move(of_phase));
    }
    return result;
}

/// Whether no tap of any segment reads beside the input.
inline bool all_inside(const AxisWalk& walk, const AxisSegments& axis) {
    for (std::size_t p = 0; p < axis.size(); ++p)
        for (const Segment& s : axis[p])
            for (Index t = s.taps.begin; t < s.taps.end; ++t) {
                const Index offset = walk.phases[p].offset(t);
                if (s.steps.begin * walk.input_step + offset < 0 ||
                    (s.steps.end - 1) * walk.input_step + offset >= walk.input)
                    return false;
            }
    return true;
}

struct ChannelParts {
    AxisSegments rows, columns;
    double cost = 0;  // pixels times taps of all images, empty places of tiles counted

    friend bool operator==(const ChannelParts&, const ChannelParts&) = default;

    /// Rectangles, and lists of the columns' taps.
    Index count() const { return segment_count(rows) * segment_count(columns); }
    static Index segment_count(const AxisSegments& axis) {
        Index count = 0;
        for (const auto& phase : axis) count += static_cast<Index>(phase.size());
        return count;
    }
};

/// Pixels that the tiles for `pixels` of them take: even ones, and a tile below 4 waits for its own sums as long as one
/// of 4.
constexpr Index tiled_pixels(Index pixels) {
    constexpr Index most = 12, least = 4;
    const Index rest = pixels % most, whole = pixels - rest;
    if (rest == 0) return pixels;
    return whole > 0 ? whole + rest + rest % 2 : (std::max)(rest + rest % 2, least);
}

/// `strips` is how many pieces the images' rows come in.
inline double cost_of(const ChannelParts& parts, Index images, Index strips) {
    double cost = 0;
    for (const auto& row_phase : parts.rows)
        for (const Segment& rows : row_phase) {
            const Index lines = rows.steps.size() * images, pieces = std::clamp<Index>(lines, 1, strips);
            for (const auto& column_phase : parts.columns)
                for (const Segment& columns : column_phase)
                    cost += static_cast<double>(tiled_pixels(lines * columns.steps.size() / pieces) * pieces) *
                            static_cast<double>(rows.taps.size() * columns.taps.size());
        }
    return cost;
}

inline ChannelParts channel_parts(const AxisWalk& rows, const AxisWalk& columns, Cut row_cut, Cut column_cut,
                                  Index images, Index strips) {
    ChannelParts parts{axis_segments(rows, row_cut), axis_segments(columns, column_cut), 0};
    parts.cost = cost_of(parts, images, strips);
    return parts;
}

/// The cheapest of the four ways to cut, for rows that are packed with their padding.
inline ChannelParts cheapest_parts(const AxisWalk& rows, const AxisWalk& columns, Index images, Index strips) {
    constexpr std::array ways{Cut::whole, Cut::where_taps_change};
    ChannelParts best;
    for (Cut row_cut : ways)
        for (Cut column_cut : ways) {
            ChannelParts way = channel_parts(rows, columns, row_cut, column_cut, images, strips);
            if (best.rows.empty() || way.cost < best.cost) best = std::move(way);
        }
    return best;
}

}  // namespace upconv::detail
