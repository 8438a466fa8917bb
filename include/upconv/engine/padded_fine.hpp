// PaddedFine: padding modes other than zeros as a copy of the input with its border drawn around it.
#pragma once

#include "../kernel/border.hpp"
#include "../plan/problem.hpp"
#include "executor.hpp"
#include "scratch.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// The fine tensor extended by its border as the mode says, contiguous, in memory that the next one on this thread
/// takes over.
template <class T>
class PaddedFine {
  public:
    PaddedFine(const FilterProblem& problem, View<const T> fine, const Executor& executor) {
        const Relation extended = problem.relation.with_overhang();
        shape_ = {problem.n, extended.fine_channels, extended.rows.fine, extended.columns.fine};
        data_ = border_scratch<T>(shape_.size());
        const Index plane = shape_.h * shape_.w;
        executor(shape_.n * shape_.c, static_cast<double>(plane), [&](Index item) {
            pad_plane(problem.relation, problem.mode, fine, item / shape_.c, item % shape_.c, data_ + item * plane);
        });
    }
    View<const T> view() const { return {data_, shape_, contiguous(shape_)}; }

  private:
    Shape4 shape_;
    T* data_;
};

}  // namespace upconv::detail
