// ResizePass: one planned resize, forward or its gradient: a table for each axis and the walk over the outputs.
#pragma once

#include <utility>

#include "../kernel/resample.hpp"
#include "executor.hpp"
#include "resize_table.hpp"

namespace upconv {

template <class T>
class ResizePass {
  public:
    using Scalar = T;

    ResizePass(Shape4 input, ResizeTable rows, ResizeTable columns)
        : input_(input), rows_(std::move(rows)), columns_(std::move(columns)) {}

    Shape4 input_shape() const { return input_; }
    Shape4 output_shape() const { return {input_.n, input_.c, rows_.outputs(), columns_.outputs()}; }

    std::string text() const {
        return joined("tables of ", static_cast<Index>(rows_.weight.size()), " row and ",
                      static_cast<Index>(columns_.weight.size()), " column terms");
    }

    template <Executor E>
    void run(View<const T> input, View<T> output, const E& executor) const {
        const Shape4 shape = output.shape;
        const double cycles = static_cast<double>(shape.w) * static_cast<double>(rows_.weight.size()) /
                              static_cast<double>(rows_.outputs()) * 4;
        executor(shape.n * shape.c * shape.h, cycles, [&](Index item) {
            const Index i = item % shape.h, c = item / shape.h % shape.c, n = item / shape.h / shape.c;
            for (Index j = 0; j < shape.w; ++j)
                output(n, c, i, j) = resample_cell(input, n, c, terms(rows_, i), terms(columns_, j));
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
};

}  // namespace upconv
