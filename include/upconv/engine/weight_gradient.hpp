// WeightGradient: the gradient of the weights over whole tensors. For scalars with vectors by the kernels of
// weight_gradient_kernels.hpp, for others by the definition.
#pragma once

#include "../kernel/correlate.hpp"
#include "../plan/weight_gradient_plan.hpp"
#include "filter_plan.hpp"
#include "padded_fine.hpp"
#include "without_skipped.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// By the definition, a row of the taps of one filter after the other.
template <class T>
void correlate(const Relation& r, View<const T> coarse, View<const T> fine, T* weight, GradientSum how,
               const Executor& executor) {
    const Index rows = r.weight_count() / r.columns.kernel;
    const double cycles = 2.0 * static_cast<double>(coarse.shape.n * r.rows.coarse) *
                          static_cast<double>(r.columns.coarse * r.columns.kernel);
    executor(rows, cycles, [&](Index item) {
        const Index filter = item / r.rows.kernel;
        correlate_row(r, coarse, fine, filter / r.fine_per_group(), filter % r.fine_per_group(), item % r.rows.kernel,
                      weight, how);
    });
}

/// run(fine), with the border of `problem` drawn around it, if it has one.
template <class T, class Run>
void with_border(const FilterProblem& problem, View<const T> fine, const Executor& executor, const Run& run) {
    if (!problem.has_border()) return run(fine);
    const PaddedFine<T> padded(problem, fine, executor);
    run(padded.view());
}

/// Any scalar.
template <class T>
class DefinedWeightGradient {
  public:
    explicit DefinedWeightGradient(const FilterProblem& problem) : problem_(problem) {}

    /// `weight` is contiguous [coarse, fine / groups, kh, kw]. An empty batch gives zeros.
    void run(View<const T> coarse, View<const T> fine, T* weight, GradientSum how, const Executor& executor) const {
        with_border(problem_, fine, executor, [&](View<const T> whole) {
            correlate(problem_.without_border().relation, coarse, whole, weight, how, executor);
        });
    }
    std::string text() const { return "weight gradient (any scalar): the definition"; }

  private:
    FilterProblem problem_;
};

/// Scalars with vectors. How it is done is a plan; run_inside() is defined in weight_gradient_kernels.hpp.
template <class T>
class PlannedWeightGradient {
  public:
    explicit PlannedWeightGradient(const FilterProblem& problem, Isa isa = best_isa())
        : problem_(gathering(problem)),
          plan_(problem_.without_border().without_skipped(), isa, sizeof(AccumulatorOf<T>)) {}
    /// As another plan says, of what plan() is for.
    PlannedWeightGradient(const FilterProblem& problem, const WeightGradientPlan& plan)
        : problem_(gathering(problem)), plan_(plan) {}

    void run(View<const T> coarse, View<const T> fine, T* weight, GradientSum how, const Executor& executor) const {
        with_border(problem_, fine, executor, [&](View<const T> whole) {
            run_inside(coarse, without_skipped(problem_.without_border(), whole), weight, how, executor);
        });
    }
    const WeightGradientPlan& plan() const { return plan_; }
    std::string text() const {
        return has_kernels(plan_.isa) ? plan_.text()
                                      : "weight gradient (no kernels for this processor): the definition";
    }

  private:
    /// The fine grid is read, whichever way the operator goes.
    static FilterProblem gathering(FilterProblem problem) {
        problem.direction = Direction::to_coarse;
        return problem;
    }

    void run_inside(View<const T> coarse, View<const T> fine, T* weight, GradientSum how,
                    const Executor& executor) const;

    FilterProblem problem_;
    WeightGradientPlan plan_;
};

template <class T>
using WeightGradient = std::conditional_t<HasVectors<T>, PlannedWeightGradient<T>, DefinedWeightGradient<T>>;

}  // namespace upconv::detail
