// ResizePass: one planned resize, forward or its gradient: a table for each axis, and how they are walked.
#pragma once

#include "../kernel/resample.hpp"
#include "resize_worker.hpp"

namespace upconv {

/// The definition, output by output, for any scalar.
template <class T>
class ReferenceResize {
  public:
    using Scalar = T;

    ReferenceResize(Shape4 input, ResizeTable rows, ResizeTable columns)
        : input_(input),
          rows_(std::move(rows)),
          columns_(std::move(columns)),
          copies_(rows_.copies() && columns_.copies()) {}

    Shape4 input_shape() const { return input_; }
    Shape4 output_shape() const { return {input_.n, input_.c, rows_.outputs(), columns_.outputs()}; }

    std::string text() const { return "cell by cell, the definition"; }

    template <Executor E>
    void run(View<const T> input, View<T> output, const E& executor) const {
        const Shape4 shape = output.shape;
        const double cycles = static_cast<double>(shape.w) * static_cast<double>(rows_.weight.size()) /
                              static_cast<double>(rows_.outputs()) * 4;
        executor(shape.n * shape.c * shape.h, cycles, [&](Index item) {
            const Index i = item % shape.h, c = item / shape.h % shape.c, n = item / shape.h / shape.c;
            for (Index j = 0; j < shape.w; ++j)
                output(n, c, i, j) = copies_ ? input(n, c, *terms(rows_, i).source, *terms(columns_, j).source)
                                             : resample_cell(input, n, c, terms(rows_, i), terms(columns_, j));
        });
    }

  private:
    static Terms terms(const ResizeTable& table, Index output) {
        const auto o = static_cast<std::size_t>(output);
        return {table.source.data() + table.first[o], table.weight.data() + table.first[o],
                table.first[o + 1] - table.first[o]};
    }

    Shape4 input_;
    ResizeTable rows_, columns_;
    bool copies_;
};

/// Whether the sums of a resize of T have vectors: float and double, and what is summed in them; whole numbers that are
/// copied, if they are as wide.
template <class T>
concept ResizedInVectors = (std::floating_point<ResizeSum<T>> && sizeof(ResizeSum<T>) <= 8) ||
                           (std::integral<T> && std::same_as<T, ResizeSum<T>> && sizeof(T) >= 4);

/// What lies next to each other in a row of memory: the columns of one channel, or those of all channels.
enum class RowOf4 { one_channel, all_channels };

/// Row by row, in vectors, with no picture between the axes.
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

    template <Executor E>
    void run(View<const T> input, View<T> output, const E& executor) const {
        if (output.shape.size() == 0) return;
        const ResizeJob<T, C> job{rows_, columns_, isa_, order_, inner_, input, output, storing_};
        run_strips(cut_strips(job.lines(), most_lines, 1, 1, executor.threads()), job.bytes(), cycles(job), executor,
                   [&](std::byte* memory) { return ResizeWorker<T, C>(job, memory); });
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

template <class T>
struct ResizePassOf {
    using type = ReferenceResize<T>;
    static type make(const Shape4& input, ResizeTable rows, ResizeTable columns, RowOf4) {
        return {input, std::move(rows), std::move(columns)};
    }
};
template <ResizedInVectors T>
struct ResizePassOf<T> {
    using type = VectorResize<T>;
    static type make(const Shape4& input, ResizeTable rows, ResizeTable columns, RowOf4 row) {
        return {input, std::move(rows), std::move(columns), row};
    }
};

/// The pass for scalars of type T.
template <class T>
using ResizePass = typename ResizePassOf<T>::type;

}  // namespace upconv
