// Gather: Conv2d forward, and the gradient of ConvTranspose2d with respect to its input. Reference, any scalar.
//
//     coarse[n, co, i, j] = store( sum over ci, a, b of  weight[co, ci, a, b] * fine[n, g(co) + ci, i sh + a dh -
//     begin_h, j sw + b dw - begin_w] )
#pragma once

#include "../geometry/relation.hpp"
#include "store.hpp"
#include "view.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// One row `i` of one coarse channel `co` of image `n`. `weight` is contiguous [coarse, fine / groups, kh, kw].
template <class T>
void gather_row(const Relation& r, View<const T> fine, const T* weight, const Store<T>& store, Index n, Index co,
                Index i, View<T> coarse) {
    using Acc = AccumulatorOf<T>;
    const Index first_channel = co / r.coarse_per_group() * r.fine_per_group();
    const Range row_taps = r.rows.tap_range(i);
    for (Index j = 0; j < r.columns.coarse; ++j) {
        const Range column_taps = r.columns.tap_range(j);
        Acc sum = number<Acc>(0);
        for (Index ci = 0; ci < r.fine_per_group(); ++ci) {
            const T* filter = weight + (co * r.fine_per_group() + ci) * r.taps();  // (kh, kw)
            for (Index a = row_taps.begin; a < row_taps.end; ++a)
                for (Index b = column_taps.begin; b < column_taps.end; ++b)
                    sum += widen<Acc>(filter[a * r.columns.kernel + b]) *
                           widen<Acc>(fine(n, first_channel + ci, r.rows.fine_at(i, a), r.columns.fine_at(j, b)));
        }
        coarse(n, co, i, j) = store(sum, co);
    }
}

}  // namespace upconv::detail
