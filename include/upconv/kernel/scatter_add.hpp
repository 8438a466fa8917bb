// Scatter-add: ConvTranspose2d forward, and the gradient of Conv2d with respect to its input. Reference, any scalar.
//
//     fine[n, fo, i sh + a dh - begin_h, j sw + b dw - begin_w] += weight[c, fo, a, b] * coarse[n, c, i, j]
//
// as it is taught: each input pixel times the whole filter, added into the output, one stride further for each pixel.
#pragma once

#include "../geometry/relation.hpp"
#include "scalar.hpp"
#include "view.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Adds into one plane: fine channel `fo` of image `n`, contiguous (fine rows, fine columns), which holds zeros before.
/// `weight` is contiguous [coarse, fine / groups, kh, kw].
template <class T>
void scatter_add_plane(const Relation& r, View<const T> coarse, const T* weight, Index n, Index fo,
                       AccumulatorOf<T>* plane) {
    using Acc = AccumulatorOf<T>;
    const Index group = fo / r.fine_per_group();
    for (Index c = group * r.coarse_per_group(); c < (group + 1) * r.coarse_per_group(); ++c) {
        const T* filter = weight + (c * r.fine_per_group() + fo % r.fine_per_group()) * r.taps();  // (kh, kw)
        for (Index i = 0; i < r.rows.coarse; ++i)
            for (Index j = 0; j < r.columns.coarse; ++j) {
                const Acc pixel = widen<Acc>(coarse(n, c, i, j));
                const Range row_taps = r.rows.tap_range(i), column_taps = r.columns.tap_range(j);
                for (Index a = row_taps.begin; a < row_taps.end; ++a)
                    for (Index b = column_taps.begin; b < column_taps.end; ++b)
                        plane[r.rows.fine_at(i, a) * r.columns.fine + r.columns.fine_at(j, b)] +=
                            widen<Acc>(filter[a * r.columns.kernel + b]) * pixel;
            }
    }
}

}  // namespace upconv::detail
