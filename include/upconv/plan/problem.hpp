// FilterProblem: what a pass over a relation needs to know before any numbers come.
#pragma once

#include "../geometry/relation.hpp"
#include "../kernel/activation.hpp"
#include "../kernel/scalar.hpp"
#include "../kernel/view.hpp"
#include "../options/algorithm.hpp"
#include "walk.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// What lies side by side in memory, as far as the layout tells: decides which kernel is fastest, never a result.
enum class Neighbours { columns, channels };

struct FilterProblem {
    Relation relation;
    Direction direction = Direction::to_coarse;
    Index n = 0;
    PaddingMode mode = PaddingMode::zeros;
    Activation activation = Activation::none;
    Algorithm algorithm = Algorithm::automatic;
    Neighbours neighbours = Neighbours::columns;
    Index apart = 1;  // columns of the input lie so far from each other, counted in neighbours

    constexpr Shape4 coarse_shape() const {
        return {n, relation.coarse_channels, relation.rows.coarse, relation.columns.coarse};
    }
    constexpr Shape4 fine_shape() const {
        return {n, relation.fine_channels, relation.rows.fine, relation.columns.fine};
    }
    constexpr Shape4 input_shape() const { return direction == Direction::to_coarse ? fine_shape() : coarse_shape(); }
    constexpr Shape4 output_shape() const { return direction == Direction::to_coarse ? coarse_shape() : fine_shape(); }

    constexpr Index inputs_per_group() const { return input_shape().c / relation.groups; }
    constexpr Index outputs_per_group() const { return output_shape().c / relation.groups; }
    /// One input and one output channel a group.
    constexpr bool depthwise() const { return inputs_per_group() == 1 && outputs_per_group() == 1; }

    /// Where the weight from input channel `in` to output channel `out`, both within group `g`, stands in
    /// [coarse, fine / groups, kh, kw], for tap (a, b).
    constexpr Index weight_index(Index g, Index out, Index in, Index a, Index b) const {
        const Relation& r = relation;
        const bool to_coarse = direction == Direction::to_coarse;
        const Index coarse = g * r.coarse_per_group() + (to_coarse ? out : in), fine = to_coarse ? in : out;
        return ((coarse * r.fine_per_group() + fine) * r.rows.kernel + a) * r.columns.kernel + b;
    }

    /// From the weight of an output channel to that of the next.
    constexpr Index weight_step() const { return weight_index(0, 1, 0, 0, 0); }

    /// Multiply-adds of the definition, those that fall into the padding too, as floating-point operations (two each).
    constexpr double flops() const {
        return 2.0 * static_cast<double>(n) * static_cast<double>(relation.weight_count()) *
               static_cast<double>(relation.rows.coarse) * static_cast<double>(relation.columns.coarse);
    }

    /// Output pixels for each step of the two axes, and input pixels from one step to the next.
    constexpr Index phases() const {
        return phase_count(relation.rows, direction) * phase_count(relation.columns, direction);
    }
    constexpr double input_pixels_a_step() const {  // strides without limit are legal, and only a cost needs it
        return direction == Direction::to_coarse
                   ? static_cast<double>(relation.rows.stride) * static_cast<double>(relation.columns.stride)
                   : 1;
    }
    /// Each output pixel is made of the input pixel at the same place.
    constexpr bool is_pointwise() const {
        return relation.taps() == 1 && relation.rows.stride == 1 && relation.columns.stride == 1 &&
               input_shape().h == output_shape().h && input_shape().w == output_shape().w && relation.rows.begin == 0 &&
               relation.columns.begin == 0;
    }

    friend constexpr bool operator==(const FilterProblem&, const FilterProblem&) = default;

    /// A border that is not zeros, and that the filters reach.
    constexpr bool has_border() const { return mode != PaddingMode::zeros && relation.with_overhang() != relation; }
    /// Whether rows or columns of the input lie between those that are read, which a filter of one of them leaves out.
    /// Every second of columns that are neighbours is taken in vectors.
    constexpr bool skips(const Axis& axis, Index least) const {
        return direction == Direction::to_coarse && axis.kernel == 1 && axis.stride >= least &&
               axis.first_reached() < axis.fine;
    }
    constexpr bool skips_rows() const { return skips(relation.rows, 2); }
    constexpr bool skips_columns() const { return neighbours == Neighbours::columns && skips(relation.columns, 3); }
    /// The same sums over an input of the others. For problems without a border.
    constexpr FilterProblem without_skipped() const {
        FilterProblem problem = *this;
        if (skips_rows()) problem.relation.rows = relation.rows.on_reached();
        if (skips_columns()) {
            problem.relation.columns = relation.columns.on_reached();
            problem.apart = relation.columns.stride;
        }
        return problem;
    }

    /// The problem on the fine grid that its border extends.
    constexpr FilterProblem without_border() const {
        FilterProblem problem = *this;
        if (has_border()) problem.relation = relation.with_overhang();
        problem.mode = PaddingMode::zeros;
        return problem;
    }
};

/// Refuses sizes whose outputs or extended planes leave 64 bits in bytes of T or of its sums.
template <class T>
constexpr void check_workspace(const char* op, const FilterProblem& problem) {
    const Relation extended = problem.has_border() ? problem.relation.with_overhang() : problem.relation;
    const Checked plane = Checked(extended.rows.fine) * extended.columns.fine * sizeof(AccumulatorOf<T>);
    const Checked images = std::max<Index>(problem.n, 1);
    const Checked fine = plane * extended.fine_channels * images;
    const Checked coarse =
        Checked(extended.rows.coarse) * extended.columns.coarse * extended.coarse_channels * images * sizeof(T);
    if (fine.overflow() || coarse.overflow())
        refuse(op, ": an output of ", problem.output_shape().h, " x ", problem.output_shape().w, " and ",
               problem.output_shape().c, " channels, batch ", problem.n, ", leaves ", index_width,
               " sizes; use smaller ones");
}

}  // namespace upconv::detail
