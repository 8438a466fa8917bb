// FilterPlan: a planned walk over a relation without borders. For scalars with vectors it is one of many plans, whose
// kernels take most of the time to compile: they stand in filter_plan_kernels.hpp, so that a program can have them
// compiled once (UPCONV_COMPILED, upconv::compiled).
#pragma once

#include <memory>

#include "../kernel/simd.hpp"
#include "reference_plan.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Scalars whose sums are float or double, and have vectors.
template <class T>
concept HasVectors = std::same_as < AccumulatorOf<T>,
float > || std::same_as<AccumulatorOf<T>, double>;

/// The kernels of scalars with vectors, each to be had by name: what tests and benchmarks go over. All give the same
/// bits.
inline constexpr Algorithm every_kernel[] = {Algorithm::canonical, Algorithm::listed, Algorithm::channels,
                                             Algorithm::pixels, Algorithm::depthwise};

/// A kernel over a whole problem, whichever it is.
template <class T>
struct KernelPass {
    KernelPass() = default;
    KernelPass(const KernelPass&) = delete;
    KernelPass& operator=(const KernelPass&) = delete;
    virtual ~KernelPass() = default;
    virtual void pack(const T* weight, const Executor& executor) = 0;
    virtual void run(View<const T> input, View<T> output, const Store<T>& store, const Executor& executor) const = 0;
};

/// One of many plans, behind one type, for scalars with vectors. Copies share it, and its weights. Defined in
/// filter_plan_kernels.hpp.
template <class T>
class KernelPlan {
  public:
    /// `problem` has no border.
    explicit KernelPlan(const FilterProblem& problem, Isa isa = best_isa());
    /// `weight` is contiguous [coarse, fine / groups, kh, kw] and is copied, in the order in which it is read. To be
    /// called before the first run; once more for other weights, which allocates nothing.
    void pack(const T* weight, const Executor& executor = {});
    void run(View<const T> input, View<T> output, const Store<T>& store, const Executor& executor) const;
    /// The kernel, the instruction set and why, on one line.
    static std::string text(const FilterProblem& problem, Isa isa = best_isa());
    /// Which kernel the problem gets: the one that it names, where that can be had.
    static Algorithm chosen(const FilterProblem& problem, Isa isa = best_isa());

  private:
    std::shared_ptr<KernelPass<T>> pass_;
};

/// Any other scalar: the definition.
template <class T>
using FilterPlan = std::conditional_t<HasVectors<T>, KernelPlan<T>, ReferencePlan<T>>;

}  // namespace upconv::detail
