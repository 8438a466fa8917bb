// Border: which cell of the fine grid stands in a place beside it, for the padding modes.
#pragma once

#include "padding.hpp"
#include "relation.hpp"

namespace upconv {

/// The cell of [0, extent) that stands at `position`, for the modes other than zeros. Positions reach at most extent -
/// 1 beyond the grid for reflect, extent for circular (check_border). reflect: -1 -> 1; replicate: -1 -> 0; circular:
/// -1 -> extent - 1.
constexpr Index border_cell(PaddingMode mode, Index position, Index extent) {
    switch (mode) {
        case PaddingMode::reflect:
            if (position < 0) return -position;
            return position < extent ? position : 2 * (extent - 1) - position;
        case PaddingMode::circular:
            if (position < 0) return position + extent;
            return position < extent ? position : position - extent;
        case PaddingMode::zeros:
        case PaddingMode::replicate:
            break;
    }
    return std::clamp<Index>(position, 0, extent - 1);
}

constexpr void check_border(const Filter& filter, PaddingMode mode, const AxisRequest& request, const Axis& axis) {
    const bool reflect = mode == PaddingMode::reflect, circular = mode == PaddingMode::circular;
    if (!reflect && !circular) return;
    const Index most = reflect ? axis.fine - 1 : axis.fine;
    const Index reach = (std::max)(axis.overhang_before(), axis.overhang_after());
    if (reach > most)
        refuse(filter.op, ": padding_mode ", reflect ? "reflect" : "circular", " can fill at most ", most, " ",
               request.name.lines, " beside ", axis.fine, ", but the filter reaches ", reach,
               " beyond; pad less, or use PaddingMode::replicate");
}

/// Refuses a relation whose filters reach further beyond the fine grid than the mode can fill.
constexpr void check_border(const Filter& filter, PaddingMode mode, const Relation& relation) {
    check_border(filter, mode, filter.rows(1), relation.rows);
    check_border(filter, mode, filter.columns(1), relation.columns);
}

}  // namespace upconv
