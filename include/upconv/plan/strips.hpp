// Strips: how the output of a run is cut between threads and into pieces that fit a cache.
#pragma once

#include <algorithm>

#include "../options/size2.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// `lines` output steps over all images in `strips` of about the same height, `rows` at most; `parts` of the output
/// that are walked one after the other (tiles of columns, groups), and `splits` of its channels that threads share.
struct StripCut {
    Index lines, rows, strips, parts, splits;

    Index items() const { return parts * splits * strips; }
    Range strip(Index i) const { return {i * lines / strips, (i + 1) * lines / strips}; }
};

/// Strips of at most `most_rows`, and as many as the threads can share evenly: or threads share the `blocks` of its
/// channels, where the strips are fewer than threads and the weights, which every strip reads, more than the input.
inline StripCut cut_strips(Index lines, Index most_rows, Index parts, Index blocks, Index threads,
                           bool more_weights = false) {
    Index strips = (lines + most_rows - 1) / most_rows;
    const bool by_blocks = more_weights && parts * strips < threads && blocks >= threads;
    if (threads > 1 && lines >= threads && !by_blocks) strips = (strips + threads - 1) / threads * threads;
    return {lines, (lines + strips - 1) / strips, strips, parts,
            parts * strips >= threads ? 1 : (std::min)(blocks, threads)};
}

}  // namespace upconv::detail
