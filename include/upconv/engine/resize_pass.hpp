// ResizePass: one planned resize, forward or its gradient: a table for each axis, and how they are walked.
#pragma once

#include <any>

#include "../kernel/resample.hpp"
#include "../plan/resize_table.hpp"
#include "executor.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// What lies next to each other in a row of memory: the columns of one channel, or those of all channels.
enum class RowOf4 { one_channel, all_channels };

/// The definition, output by output, for any scalar, wherever its numbers lie.
template <class T>
class ReferenceResize {
  public:
    using Scalar = T;

    ReferenceResize(Shape4 input, ResizeTable rows, ResizeTable columns, RowOf4 = RowOf4::one_channel)
        : input_(input),
          rows_(std::move(rows)),
          columns_(std::move(columns)),
          copies_(rows_.copies() && columns_.copies()) {}

    Shape4 input_shape() const { return input_; }
    Shape4 output_shape() const { return {input_.n, input_.c, rows_.outputs(), columns_.outputs()}; }

    std::string text() const { return "cell by cell, the definition"; }

    void run(View<const T> input, View<T> output, const Executor& executor) const {
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

/// For scalars with vectors: row by row in vectors, behind one type. Defined in vector_resize.hpp, whose kernels take
/// most of the time to compile, so that a program can have them compiled once (UPCONV_COMPILED, upconv::compiled).
template <ResizedInVectors T>
class PlannedResize {
  public:
    using Scalar = T;

    PlannedResize(const Shape4& input, ResizeTable rows, ResizeTable columns, RowOf4 row);

    Shape4 input_shape() const { return input_; }
    Shape4 output_shape() const { return output_; }
    std::string text() const;
    void run(View<const T> input, View<T> output, const Executor& executor) const;

  private:
    Shape4 input_, output_;
    std::any resize_;
};

template <class T>
struct ResizePassOf {
    using type = ReferenceResize<T>;
};
template <ResizedInVectors T>
struct ResizePassOf<T> {
    using type = PlannedResize<T>;
};

/// The pass for scalars of type T.
template <class T>
using ResizePass = typename ResizePassOf<T>::type;

}  // namespace upconv::detail
