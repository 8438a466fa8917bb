// FilterPass: one planned walk over a relation, in one of its two directions. Conv2d forward and ConvTranspose2d's
// input gradient go to the coarse grid (gather); ConvTranspose2d forward and Conv2d's input gradient go to the fine
// grid (scatter-add).
#pragma once

#include <algorithm>
#include <vector>

#include "../geometry/border.hpp"
#include "../kernel/border.hpp"
#include "../kernel/correlate.hpp"
#include "../kernel/gather.hpp"
#include "../kernel/scatter_add.hpp"
#include "algorithm.hpp"
#include "executor.hpp"

namespace upconv {

enum class Direction { to_coarse, to_fine };

/// What a pass needs to know before any numbers come.
struct FilterProblem {
    Relation relation;
    Direction direction = Direction::to_coarse;
    Index n = 0;
    PaddingMode mode = PaddingMode::zeros;
    Activation activation = Activation::none;
    Algorithm algorithm = Algorithm::automatic;

    constexpr Shape4 coarse_shape() const {
        return {n, relation.coarse_channels, relation.rows.coarse, relation.columns.coarse};
    }
    constexpr Shape4 fine_shape() const {
        return {n, relation.fine_channels, relation.rows.fine, relation.columns.fine};
    }
    constexpr Shape4 input_shape() const { return direction == Direction::to_coarse ? fine_shape() : coarse_shape(); }
    constexpr Shape4 output_shape() const { return direction == Direction::to_coarse ? coarse_shape() : fine_shape(); }

    /// Multiply-adds of the definition, those that fall into the padding too, as floating-point operations (two each).
    constexpr double flops() const {
        return 2.0 * static_cast<double>(n) * static_cast<double>(relation.weight_count()) *
               static_cast<double>(relation.rows.coarse) * static_cast<double>(relation.columns.coarse);
    }

    constexpr bool folds() const { return mode != PaddingMode::zeros && relation.with_overhang() != relation; }
};

/// Refuses sizes whose outputs or extended planes leave 64 bits in bytes of T or of its sums.
template <class T>
constexpr void check_workspace(const char* op, const FilterProblem& problem) {
    const Relation extended = problem.folds() ? problem.relation.with_overhang() : problem.relation;
    const Checked plane = Checked(extended.rows.fine) * extended.columns.fine * sizeof(AccumulatorOf<T>);
    const Checked images = std::max<Index>(problem.n, 1);
    const Checked fine = plane * extended.fine_channels * images;
    const Checked coarse =
        Checked(extended.rows.coarse) * extended.columns.coarse * extended.coarse_channels * images * sizeof(T);
    if (fine.overflow() || coarse.overflow())
        refuse(op, ": an output of ", problem.output_shape().h, " x ", problem.output_shape().w, " and ",
               problem.output_shape().c, " channels, batch ", problem.n, ", leaves 64-bit sizes; use smaller ones");
}

/// The fine tensor extended by its border as the mode says, contiguous.
template <class T>
class PaddedFine {
  public:
    template <Executor E>
    PaddedFine(const FilterProblem& problem, View<const T> fine, const E& executor) {
        const Relation extended = problem.relation.with_overhang();
        shape_ = {problem.n, extended.fine_channels, extended.rows.fine, extended.columns.fine};
        data_.resize(static_cast<std::size_t>(shape_.size()));
        const Index plane = shape_.h * shape_.w;
        executor(shape_.n * shape_.c, static_cast<double>(plane), [&](Index item) {
            pad_plane(problem.relation, problem.mode, fine, item / shape_.c, item % shape_.c,
                      &data_[static_cast<std::size_t>(item * plane)]);
        });
    }
    View<const T> view() const { return {data_.data(), shape_, contiguous(shape_)}; }

  private:
    Shape4 shape_;
    std::vector<T> data_;
};

/// Weights and bias are copied: later changes to the operator's do not reach the pass.
template <class T>
class FilterPass {
  public:
    using Scalar = T;

    /// `weight` is contiguous [coarse, fine / groups, kh, kw]; `bias` has one number an output channel, or is null.
    FilterPass(const FilterProblem& problem, const T* weight, const T* bias)
        : problem_(problem), weight_(weight, weight + problem.relation.weight_count()) {
        if (bias != nullptr) bias_.assign(bias, bias + problem.output_shape().c);
    }

    const FilterProblem& problem() const { return problem_; }
    Shape4 input_shape() const { return problem_.input_shape(); }
    Shape4 output_shape() const { return problem_.output_shape(); }

    template <Executor E>
    void run(View<const T> input, View<T> output, const E& executor) const {
        if (output.shape.n == 0) return;
        if (problem_.direction == Direction::to_fine) return scatter_add(input, output, executor);
        if (!problem_.folds()) return gather(problem_.relation, input, output, executor);
        const PaddedFine<T> padded(problem_, input, executor);
        gather(problem_.relation.with_overhang(), padded.view(), output, executor);
    }

  private:
    using Acc = AccumulatorOf<T>;

    Store<T> store() const { return {bias_.empty() ? nullptr : bias_.data(), problem_.activation}; }

    template <class E>
    void gather(const Relation& r, View<const T> fine, View<T> coarse, const E& executor) const {
        const double cycles = problem_.flops() / static_cast<double>(problem_.n * r.coarse_channels * r.rows.coarse);
        executor(problem_.n * r.coarse_channels * r.rows.coarse, cycles, [&](Index item) {
            const Index row = item % r.rows.coarse, channel = item / r.rows.coarse % r.coarse_channels;
            gather_row(r, fine, weight_.data(), store(), item / r.rows.coarse / r.coarse_channels, channel, row,
                       coarse);
        });
    }

    /// Sums a plane at a time in a buffer of its own, one for each worker, and stores it from there: the only writes to
    /// the output.
    template <class E>
    void scatter_add(View<const T> coarse, View<T> fine, const E& executor) const {
        const bool folds = problem_.folds();
        const Relation r = folds ? problem_.relation.with_overhang() : problem_.relation;
        const Index above = folds ? problem_.relation.rows.overhang_before() : 0;
        const Index left = folds ? problem_.relation.columns.overhang_before() : 0;
        const Index plane_size = r.rows.fine * r.columns.fine, planes = problem_.n * r.fine_channels;
        const Index workers = std::min(planes, executor.threads());
        std::vector<Acc> buffer(static_cast<std::size_t>(workers * plane_size), number<Acc>(0));
        executor(workers, problem_.flops() / static_cast<double>(workers), [&](Index worker) {
            Acc* plane = buffer.data() + worker * plane_size;  // (fine rows, fine columns)
            for (Index item = worker; item < planes; item += workers) {
                const Index n = item / r.fine_channels, channel = item % r.fine_channels;
                std::fill(plane, plane + plane_size, number<Acc>(0));
                scatter_add_plane(r, coarse, weight_.data(), n, channel, plane);
                if (folds) fold_plane(problem_.relation, problem_.mode, plane);
                for (Index i = 0; i < fine.shape.h; ++i)
                    for (Index j = 0; j < fine.shape.w; ++j)
                        fine(n, channel, i, j) = store()(plane[(i + above) * r.columns.fine + j + left], channel);
            }
        });
    }

    FilterProblem problem_;
    std::vector<T> weight_;  // (coarse, fine / groups, kh, kw)
    std::vector<T> bias_;    // (output channels), or empty
};

/// grad * f'(x) into `x`: how a gradient passes an activation.
template <class T>
void apply_derivative(const Activation& f, View<const T> grad, View<T> x) {
    using Acc = AccumulatorOf<T>;
    if constexpr (Ordered<Acc>)
        for (Index n = 0; n < x.shape.n; ++n)
            for (Index c = 0; c < x.shape.c; ++c)
                for (Index i = 0; i < x.shape.h; ++i)
                    for (Index j = 0; j < x.shape.w; ++j) {
                        const Acc slope = derivative(f, Acc(widen<Acc>(x(n, c, i, j))));
                        x(n, c, i, j) = narrow<T>(Acc(widen<Acc>(grad(n, c, i, j)) * slope));
                    }
}

/// The gradient of the weights, contiguous [coarse, fine / groups, kh, kw]. An empty batch gives zeros.
template <class T, Executor E>
void correlate(const FilterProblem& problem, View<const T> coarse, View<const T> fine, T* weight, const E& executor) {
    const auto filters = [&](const Relation& r, View<const T> fine_view) {
        const double cycles =
            problem.flops() / static_cast<double>(r.coarse_channels * r.fine_per_group() * r.rows.kernel);
        executor(r.coarse_channels * r.fine_per_group() * r.rows.kernel, cycles, [&](Index item) {
            const Index filter = item / r.rows.kernel;
            correlate_row(r, coarse, fine_view, filter / r.fine_per_group(), filter % r.fine_per_group(),
                          item % r.rows.kernel, weight);
        });
    };
    if (!problem.folds()) return filters(problem.relation, fine);
    const PaddedFine<T> padded(problem, fine, executor);
    filters(problem.relation.with_overhang(), padded.view());
}

}  // namespace upconv
