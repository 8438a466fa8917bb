// Correlate: the gradient of the weights, of both operators. Reference, any scalar.
//
//     weight[c, f, a, b] = sum over n, i, j of  coarse[n, c, i, j] * fine[n, g(c) + f, i sh + a dh - begin_h, j sw + b
//     dw - begin_w]
#pragma once

#include "../geometry/relation.hpp"
#include "scalar.hpp"
#include "view.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// What a gradient does to what was there.
enum class GradientSum { replaces, adds };

/// Row `a` of the taps of one filter: coarse channel `c`, fine channel `f` of c's group. `weight` is contiguous
/// [coarse, fine / groups, kh, kw].
template <class T>
void correlate_row(const Relation& r, View<const T> coarse, View<const T> fine, Index c, Index f, Index a, T* weight,
                   GradientSum how = GradientSum::replaces) {
    using Acc = AccumulatorOf<T>;
    const Index fine_channel = c / r.coarse_per_group() * r.fine_per_group() + f;
    T* taps = weight + (c * r.fine_per_group() + f) * r.taps() + a * r.columns.kernel;  // (kw)
    const Range rows = r.rows.coarse_range(a);
    for (Index b = 0; b < r.columns.kernel; ++b) {
        const Range columns = r.columns.coarse_range(b);
        Acc sum = number<Acc>(0);
        for (Index n = 0; n < coarse.shape.n; ++n)
            for (Index i = rows.begin; i < rows.end; ++i)
                for (Index j = columns.begin; j < columns.end; ++j)
                    sum += widen<Acc>(coarse(n, c, i, j)) *
                           widen<Acc>(fine(n, fine_channel, r.rows.fine_at(i, a), r.columns.fine_at(j, b)));
        if (how == GradientSum::adds) sum += widen<Acc>(taps[b]);
        taps[b] = narrow<T>(without_sign_of_zero(sum));
    }
}

/// The gradient of the bias of one channel: `sum` and that of `grad` over images, rows and columns.
template <class T>
T sum_channel(View<const T> grad, Index c, const T& start) {
    using Acc = AccumulatorOf<T>;
    Acc sum = widen<Acc>(start);
    for (Index n = 0; n < grad.shape.n; ++n)
        for (Index i = 0; i < grad.shape.h; ++i)
            for (Index j = 0; j < grad.shape.w; ++j) sum += widen<Acc>(grad(n, c, i, j));
    return narrow<T>(without_sign_of_zero(sum));
}

}  // namespace upconv::detail
