// Gradient: of the weights, and of what an activation lets through.
#pragma once

#include "../kernel/correlate.hpp"
#include "padded_fine.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// grad * f'(x) into `x`: how a gradient passes an activation.
template <class T>
void apply_derivative(const Activation& f, View<const T> grad, View<T> x) {
    using Acc = AccumulatorOf<T>;
    if constexpr (Ordered<Acc>)
        for (Index n = 0; n < x.shape.n; ++n)
            for (Index c = 0; c < x.shape.c; ++c)
                for (Index i = 0; i < x.shape.h; ++i)
                    for (Index j = 0; j < x.shape.w; ++j) {
                        const Acc slope = derivative(f, Acc(widen<Acc>(x(n, c, i, j))));
                        x(n, c, i, j) = narrow<T>(Acc(widen<Acc>(grad(n, c, i, j)) * slope));
                    }
}

/// The gradient of the weights, contiguous [coarse, fine / groups, kh, kw]. An empty batch gives zeros.
template <class T>
void correlate(const FilterProblem& problem, View<const T> coarse, View<const T> fine, T* weight,
               const Executor& executor) {
    const auto filters = [&](const Relation& r, View<const T> fine_view) {
        const double cycles =
            problem.flops() / static_cast<double>(r.coarse_channels * r.fine_per_group() * r.rows.kernel);
        executor(r.coarse_channels * r.fine_per_group() * r.rows.kernel, cycles, [&](Index item) {
            const Index filter = item / r.rows.kernel;
            correlate_row(r, coarse, fine_view, filter / r.fine_per_group(), filter % r.fine_per_group(),
                          item % r.rows.kernel, weight);
        });
    };
    if (!problem.has_border()) return filters(problem.relation, fine);
    const PaddedFine<T> padded(problem, fine, executor);
    filters(problem.relation.with_overhang(), padded.view());
}

}  // namespace upconv::detail
