// Border: padding modes other than zeros, on one plane. pad_plane extends the fine grid by the overhang before a gather
// or a correlate; fold_plane is its adjoint and follows a scatter-add: what fell beside the grid is added to the cell
// it stands for.
//
//     pad:   extended[i, j] = plane[cell(i - before_h), cell(j - before_w)]
//     fold:  plane[cell(i - before_h), cell(j - before_w)] += extended[i, j]
#pragma once

#include "../geometry/border.hpp"
#include "../geometry/relation.hpp"
#include "scalar.hpp"
#include "view.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// `extended` is contiguous (r.rows.fine + overhang, r.columns.fine + overhang).
template <class T>
void pad_plane(const Relation& r, PaddingMode mode, View<const T> fine, Index n, Index c, T* extended) {
    const Axis rows = r.rows.with_overhang(), columns = r.columns.with_overhang();
    for (Index i = 0; i < rows.fine; ++i)
        for (Index j = 0; j < columns.fine; ++j)
            extended[i * columns.fine + j] = fine(n, c, border_cell(mode, i - r.rows.overhang_before(), r.rows.fine),
                                                  border_cell(mode, j - r.columns.overhang_before(), r.columns.fine));
}

/// Adds the overhang of `extended` into its own inside: rows first, then columns, which takes the corners along.
template <class Acc>
void fold_plane(const Relation& r, PaddingMode mode, Acc* extended) {
    const Axis rows = r.rows.with_overhang(), columns = r.columns.with_overhang();
    const Index above = r.rows.overhang_before(), left = r.columns.overhang_before();
    const auto outside = [](Index position, Index extent) { return position < 0 || position >= extent; };
    for (Index i = 0; i < rows.fine; ++i) {
        if (!outside(i - above, r.rows.fine)) continue;
        const Index target = above + border_cell(mode, i - above, r.rows.fine);
        for (Index j = 0; j < columns.fine; ++j) extended[target * columns.fine + j] += extended[i * columns.fine + j];
    }
    for (Index j = 0; j < columns.fine; ++j) {
        if (!outside(j - left, r.columns.fine)) continue;
        const Index target = left + border_cell(mode, j - left, r.columns.fine);
        for (Index i = 0; i < rows.fine; ++i) extended[i * columns.fine + target] += extended[i * columns.fine + j];
    }
}

}  // namespace upconv::detail
