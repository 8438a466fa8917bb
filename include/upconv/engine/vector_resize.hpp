// VectorResize: a resize row by row in vectors, with no picture between the axes; and what a PlannedResize is made of.
#pragma once

#include "resize_pass.hpp"
#include "resize_worker.hpp"
#include "run_strips.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

template <ResizedInVectors T>
class VectorResize {
  public:
    using Scalar = T;
    using C = ResizeSum<T>;

    VectorResize(Shape4 input, ResizeTable rows, ResizeTable columns, RowOf4 row)
        : VectorResize(input, rows, columns, row, best_isa(),
                       storing(input.n * input.c * rows.outputs() * columns.outputs())) {}

    /// With the instruction set and the stores that are given.
    VectorResize(Shape4 input, ResizeTable rows, ResizeTable columns, RowOf4 row, Isa isa, Storing storing)
        : input_(input),
          isa_(isa),
          storing_(storing),
          inner_(row == RowOf4::all_channels ? std::max<Index>(input.c, 1) : 1),
          rows_(std::move(rows)),
          columns_(std::move(columns), input.w, inner_, vector_bytes(isa)),
          order_(order()) {}

    Shape4 input_shape() const { return input_; }
    Shape4 output_shape() const { return {input_.n, input_.c, rows_.outputs(), columns_.table().outputs()}; }

    std::string text() const {
        constexpr const char* words[] = {"rows, then columns", "columns, then rows", "both axes at once"};
        return joined(words[static_cast<int>(order_)], "; tables of ", rows_.terms(), " row and ",
                      columns_.table().terms(), " column terms; ", to_text(isa_));
    }

    void run(View<const T> input, View<T> output, const Executor& executor) const {
        if (output.shape.size() == 0) return;
        const ResizeJob<T, C> job{rows_, columns_, isa_, order_, inner_, input, output, storing_};
        run_strips(cut_strips(job.lines(), most_lines, 1, 1, executor.threads()), cycles(job), executor,
                   [&](Arena& arena) { return ResizeWorker<T, C>(job, arena); });
    }

  private:
    static constexpr Index most_lines = 64;  // a stretch that another thread may take; it costs a ring's first rows

    /// About: a load and a multiply-add for each vector of a term, twice as much along the columns, and each number of
    /// both pictures once.
    double cycles(const ResizeJob<T, C>& job) const {
        const bool columns_first = order_ != AxisOrder::rows_first;
        const Index lines = columns_first ? input_.h : rows_.outputs();
        const Index blended = columns_first ? columns_.table().outputs() : input_.w;
        const double terms = static_cast<double>(rows_.terms()) * static_cast<double>(blended) +
                             2 * static_cast<double>(columns_.table().terms()) * static_cast<double>(lines);
        const double both = static_cast<double>(input_.size() + output_shape().size());
        return (static_cast<double>(input_.n * input_.c) * terms + 3 * both) / static_cast<double>(job.width());
    }

    /// The fewer rows are resized along their columns.
    AxisOrder order() const {
        if (rows_.outputs() <= input_.h) return AxisOrder::rows_first;
        const bool same_kind = rows_.copies() || !columns_.table().copies();
        return rows_.is_expansion() && columns_.is_expansion() && same_kind ? AxisOrder::together
                                                                            : AxisOrder::columns_first;
    }

    /// Past the caches where the output alone would not stay in them: 12 MB are made in 0.18 ms through the caches and
    /// in 0.29 past them, 50 MB in 2.5 and 1.2 (32 MiB of last-level cache).
    static Storing storing(Index numbers) {
        constexpr Index caches = Index(24) << 20;
        return numbers >= caches / static_cast<Index>(sizeof(T)) ? Storing::streamed : Storing::cached;
    }

    Shape4 input_;
    Isa isa_;
    Storing storing_;
    Index inner_;
    RoundedTable<C> rows_;
    ResizeColumns<C> columns_;
    AxisOrder order_;
};

template <ResizedInVectors T>
PlannedResize<T>::PlannedResize(const Shape4& input, ResizeTable rows, ResizeTable columns, RowOf4 row)
    : input_(input),
      output_{input.n, input.c, rows.outputs(), columns.outputs()},
      resize_(has_kernels(best_isa())
                  ? std::any(std::in_place_type<VectorResize<T>>, input, std::move(rows), std::move(columns), row)
                  : std::any(std::in_place_type<ReferenceResize<T>>, input, std::move(rows), std::move(columns))) {}

template <ResizedInVectors T>
std::string PlannedResize<T>::text() const {
    if (const auto* const resize = std::any_cast<VectorResize<T>>(&resize_)) return resize->text();
    return std::any_cast<ReferenceResize<T>>(&resize_)->text();
}

template <ResizedInVectors T>
void PlannedResize<T>::run(View<const T> input, View<T> output, const Executor& executor) const {
    if (const auto* const resize = std::any_cast<VectorResize<T>>(&resize_))
        return resize->run(input, output, executor);
    std::any_cast<ReferenceResize<T>>(&resize_)->run(input, output, executor);
}

}  // namespace upconv::detail
