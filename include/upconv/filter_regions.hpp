// The regions of a FilterOperator: which part of the input a part of the output needs, and the other way round.
#pragma once

#include "filter_operator.hpp"

namespace upconv {

template <class Kind, class S, LayoutName L>
Region FilterOperator<Kind, S, L>::input_region(const Region& output) const {
    const auto [rows, columns] = Kind::unbounded_axes(filter(), options_);
    return input_region(rows, columns, output);
}

template <class Kind, class S, LayoutName L>
Region FilterOperator<Kind, S, L>::output_region(const Region& input) const {
    const auto [rows, columns] = Kind::unbounded_axes(filter(), options_);
    return output_region(rows, columns, input);
}

template <class Kind, class S, LayoutName L>
Region FilterOperator<Kind, S, L>::input_region(const Region& output, const Dims& input) const {
    const detail::FilterProblem shapes = problem(input);
    const Region inside = detail::clip(output, extent(shapes.output_shape()));
    return detail::clip(input_region(shapes.relation.rows, shapes.relation.columns, inside),
                        extent(shapes.input_shape()));
}

template <class Kind, class S, LayoutName L>
Region FilterOperator<Kind, S, L>::output_region(const Region& part, const Dims& input) const {
    const detail::FilterProblem shapes = problem(input);
    const Region inside = detail::clip(part, extent(shapes.input_shape()));
    return detail::clip(output_region(shapes.relation.rows, shapes.relation.columns, inside),
                        extent(shapes.output_shape()));
}

}  // namespace upconv
