// RowNumbers: which input rows the output steps of a strip read.
#pragma once

#include "strips.hpp"
#include "walk.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Rows of a batch of images as numbers: n * height + row. Steps of the output likewise: n * steps + step.
struct RowNumbers {
    Index steps, step, height;  // output steps an image, input rows a step, input rows an image
    Range reach;                // offsets of the first and past the last input row of a step

    /// The input rows that the output steps [begin, end) read, within their images.
    Range read(Range lines) const {
        const auto number = [&](Index line, Index offset) {
            return line / steps * height + std::clamp<Index>(line % steps * step + offset, 0, height);
        };
        return {number(lines.begin, reach.begin), number(lines.end - 1, reach.end)};
    }

    /// The most rows that any strip reads.
    Index most_read(const StripCut& cut) const {
        Index most = 1;
        for (Index i = 0; i < cut.strips; ++i) most = (std::max)(most, read(cut.strip(i)).size());
        return most;
    }
};

}  // namespace upconv::detail
