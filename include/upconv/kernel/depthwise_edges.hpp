// DepthwiseEdges: which outputs of a row the depthwise kernel over channels sums alone, because a tap of theirs falls
// beside the picture.
#pragma once

#include <array>

#include "../geometry/phases.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Pixels of a tile.
inline constexpr Index depthwise_pixels = 7;

/// Some outputs of a row, of the vector of channels that begins at `channel`.
struct RowEdge {
    Index channel = 0;
    Range outputs;
};
/// The outputs of a vector that miss no tap, and the others.
struct RowEdges {
    Range inside;
    std::array<RowEdge, 4> edges;
};

/// Whether the taps of an output are neighbours, and those of the next output are among them.
constexpr bool reuses_loads(const Phase& columns) {
    const bool neighbours = columns.spacing == 1 || (columns.spacing == -1 && columns.input_step == 1);
    return neighbours && columns.input_step < columns.taps && (columns.taps == 2 || columns.taps == 3);
}

inline RowEdges edges_of_vector(const Phase& columns, Range outputs) {
    const Range inside = columns.inside(outputs, reuses_loads(columns) ? 1 : 0);
    if (inside.size() < depthwise_pixels) return {{}, {{{0, outputs}}}};
    return {inside, {{{0, {outputs.begin, inside.begin}}, {0, {inside.end, outputs.end}}}}};
}

/// The vector of `width` that holds the last `shift` of the `channels` of a pixel and the first ones of the next: its
/// lanes before `shift` form the sums of the pixel before.
struct WrappedVector {
    Index shift, channels, width;
};

/// Where one of the two pixels misses a tap, straight vectors at either end of the channels stand in. `all`: outputs of
/// the row.
inline RowEdges edges_of_wrapped(const Phase& columns, Range outputs, Range all, const WrappedVector& vector) {
    const Index shift = vector.shift, to_last = shift + vector.channels - vector.width;
    if (columns.input_step > 1) {
        RowEdges cut = edges_of_vector(columns, outputs);
        cut.edges[2] = cut.edges[0], cut.edges[3] = cut.edges[1];
        cut.edges[0].channel = cut.edges[1].channel = shift;
        cut.edges[2].channel = cut.edges[3].channel = to_last;
        if (cut.inside.size() < depthwise_pixels) cut = {{}, {{{shift, outputs}, {to_last, outputs}}}};
        return cut;
    }
    const Range inside = columns.inside(all);
    const auto within = [&](Index begin, Index end) {
        const Index first = std::clamp(begin, outputs.begin, outputs.end);
        return Range{first, std::clamp(end, first, outputs.end)};
    };
    const Range both = within(inside.begin + 1, inside.end);
    if (both.size() < depthwise_pixels) return {{}, {{{shift, outputs}, {to_last, outputs}}}};
    return {both,
            {{{shift, {outputs.begin, both.begin}},
              {shift, {both.end, outputs.end}},
              {to_last, within(0, inside.begin)},
              {to_last, within((std::max)(inside.end - 1, inside.begin), outputs.end)}}}};
}

}  // namespace upconv::detail
