// WithoutSkipped: an input as a plan without the rows and columns reads it that no filter reads: the tensor itself,
// with longer strides.
#pragma once

#include "../plan/problem.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// What problem.without_skipped() reads of the fine tensor of `problem`, which has no border.
template <class T>
View<const T> without_skipped(const FilterProblem& problem, View<const T> fine) {
    const auto thin = [&](const Axis& axis, Index& extent, Index& stride) {
        fine.data += axis.first_reached() * stride;
        extent = axis.on_reached().fine;
        if (extent > 1) stride *= axis.stride;  // strides without limit leave one
    };
    if (problem.skips_rows()) thin(problem.relation.rows, fine.shape.h, fine.stride.h);
    if (problem.skips_columns()) thin(problem.relation.columns, fine.shape.w, fine.stride.w);
    return fine;
}

}  // namespace upconv::detail
