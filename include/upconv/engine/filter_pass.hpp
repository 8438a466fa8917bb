// FilterPass: one planned walk over a relation, in one of its two directions. Conv2d forward and ConvTranspose2d's
// input gradient go to the coarse grid (gather); ConvTranspose2d forward and Conv2d's input gradient go to the fine
// grid (scatter-add). Here it is decided which kernel does it.
#pragma once

#include <optional>

#include "filter_plan.hpp"
#include "padded_fine.hpp"
#include "without_skipped.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Weights and bias are copied: later changes to the operator's do not reach the pass, unless it is packed again.
template <class T>
class FilterPass {
  public:
    using Scalar = T;

    /// To be packed before the first run.
    explicit FilterPass(const FilterProblem& problem);
    FilterPass(const FilterProblem& problem, const T* weight, const T* bias, const Executor& executor = {})
        : FilterPass(problem) {
        pack(weight, bias, executor);
    }

    /// `weight` is contiguous [coarse, fine / groups, kh, kw]; `bias` has one number an output channel, or is null.
    /// Allocates nothing when called again. Not while a copy of this pass is in use, which has the same weights.
    void pack(const T* weight, const T* bias, const Executor& executor = {});

    const FilterProblem& problem() const { return problem_; }
    Shape4 input_shape() const { return problem_.input_shape(); }
    Shape4 output_shape() const { return problem_.output_shape(); }

    /// The kernel, the instruction set and why, on one line.
    std::string text() const { return text(problem_); }
    static std::string text(const FilterProblem& problem) { return FilterPlan<T>::text(planned(problem)); }

    void run(View<const T> input, View<T> output, const Executor& executor) const;

  private:
    using Acc = AccumulatorOf<T>;

    static FilterProblem planned(const FilterProblem& problem) { return problem.without_border().without_skipped(); }

    /// Whether the sums of an extended grid are added up in its border: in full precision, before they are stored.
    bool folds() const { return problem_.has_border() && problem_.direction == Direction::to_fine; }

    /// The adjoint of a padded convolution: the extended grid is summed, then its border is added to the cells it
    /// stands for.
    void fold(View<const T> coarse, View<T> fine, const Store<T>& store, const Executor& executor) const;

    /// The weights themselves where their scalar is that of the sums, or a copy.
    const Acc* widened(const T* weight) {
        if constexpr (std::is_same_v<T, Acc>) {
            return weight;
        } else {
            wide_weight_.resize(static_cast<std::size_t>(problem_.relation.weight_count()));
            for (Acc& w : wide_weight_) w = widen<Acc>(*weight++);
            return wide_weight_.data();
        }
    }

    /// The tensor itself where its scalar is that of the sums, or a copy in `wide`.
    static View<const Acc> wide_view(View<const T> x, Acc* wide) {
        if constexpr (std::is_same_v<T, Acc>) {
            return x;
        } else {
            Acc* to = wide;
            for (Index n = 0; n < x.shape.n; ++n)
                for (Index c = 0; c < x.shape.c; ++c)
                    for (Index i = 0; i < x.shape.h; ++i)
                        for (Index j = 0; j < x.shape.w; ++j) *to++ = widen<Acc>(x(n, c, i, j));
            return {wide, x.shape, contiguous(x.shape)};
        }
    }

    FilterProblem problem_;
    std::optional<FilterPlan<T>> plan_;  // or, if it folds,
    std::optional<FilterPlan<Acc>> folding_;
    std::vector<Acc> wide_weight_;  // for packing, where the border of narrow numbers folds
    std::vector<T> bias_;           // (output channels), or empty
};

template <class T>
FilterPass<T>::FilterPass(const FilterProblem& problem) : problem_(problem) {
    if (folds())
        folding_.emplace(problem.without_border());
    else
        plan_.emplace(planned(problem));
}

template <class T>
void FilterPass<T>::pack(const T* weight, const T* bias, const Executor& executor) {
    if (folds())
        folding_->pack(widened(weight), executor);
    else
        plan_->pack(weight, executor);
    if (bias != nullptr) bias_.assign(bias, bias + problem_.output_shape().c);
    if constexpr (HasVectors<T>)
        for (T& b : bias_) b = b == T(0) ? T(0) : b;  // no -0: store.hpp
}

template <class T>
void FilterPass<T>::run(View<const T> input, View<T> output, const Executor& executor) const {
    if (output.shape.n == 0) return;
    const Store<T> store{bias_.empty() ? nullptr : bias_.data(), problem_.activation};
    if (!problem_.has_border()) return plan_->run(without_skipped(problem_, input), output, store, executor);
    if (folds()) return fold(input, output, store, executor);
    const PaddedFine<T> padded(problem_, input, executor);
    plan_->run(without_skipped(problem_.without_border(), padded.view()), output, store, executor);
}

template <class T>
void FilterPass<T>::fold(View<const T> coarse, View<T> fine, const Store<T>& store, const Executor& executor) const {
    const Relation& r = problem_.relation;
    const Shape4 shape = problem_.without_border().fine_shape();
    const bool widens = !std::is_same_v<T, Acc>;
    Acc* const memory = border_scratch<Acc>(shape.size() + (widens ? coarse.shape.size() : 0));
    const View<Acc> sums{memory, shape, contiguous(shape)};
    folding_->run(wide_view(coarse, memory + shape.size()), sums, Store<Acc>{}, executor);
    const Index plane = shape.h * shape.w, above = r.rows.overhang_before(), left = r.columns.overhang_before();
    executor(shape.n * shape.c, static_cast<double>(plane) * 4, [&](Index item) {
        const Index n = item / shape.c, c = item % shape.c;
        fold_plane(r, problem_.mode, sums.data + item * plane);
        for (Index i = 0; i < fine.shape.h; ++i)
            for (Index j = 0; j < fine.shape.w; ++j) fine(n, c, i, j) = store(sums(n, c, i + above, j + left), c);
    });
}

#if defined(UPCONV_COMPILED)
extern template class FilterPass<float>;
extern template class FilterPass<double>;
#endif

}  // namespace upconv::detail
