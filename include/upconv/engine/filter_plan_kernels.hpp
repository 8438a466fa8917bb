// What a KernelPlan is made of: which plan a problem gets, and its kernels.
#pragma once

#include "../plan/choice.hpp"
#include "canonical_plan.hpp"
#include "channel_pass.hpp"
#include "depthwise_plan.hpp"
#include "filter_plan.hpp"
#include "listed_plan.hpp"
#include "pixel_pass.hpp"

namespace upconv::detail {

template <class T, class Pass>
class KernelPassOf final : public KernelPass<T> {
  public:
    template <class... Operands>
    explicit KernelPassOf(const Operands&... operands) : pass_(operands...) {}

    void run(View<const T> input, View<T> output, const Store<T>& store, const Executor& executor) const override {
        pass_.run(input, output, store, executor);
    }

  private:
    Pass pass_;
};

template <class T>
Choice choice_for(const FilterProblem& problem, Isa isa) {
    return choose(problem, vector_bytes(isa) / static_cast<Index>(sizeof(AccumulatorOf<T>)), isa);
}

template <class T>
std::unique_ptr<const KernelPass<T>> kernel_pass(const FilterProblem& problem, const T* weight, Isa isa) {
    switch (choice_for<T>(problem, isa).algorithm) {
        case Algorithm::canonical:
            return std::make_unique<KernelPassOf<T, CanonicalPlan<T>>>(problem, weight, isa);
        case Algorithm::listed:
            return std::make_unique<KernelPassOf<T, ListedPlan<T>>>(problem, weight, isa);
        case Algorithm::channels:
            return std::make_unique<KernelPassOf<T, ChannelPass<T>>>(problem, weight, isa);
        case Algorithm::pixels:
            return std::make_unique<KernelPassOf<T, PixelPass<T>>>(problem, weight, isa);
        case Algorithm::depthwise:
            return std::make_unique<KernelPassOf<T, DepthwisePlan<T>>>(problem, weight, isa);
        case Algorithm::reference:
        case Algorithm::automatic:
            break;
    }
    return std::make_unique<KernelPassOf<T, ReferencePlan<T>>>(problem, weight);
}

template <class T>
KernelPlan<T>::KernelPlan(const FilterProblem& problem, const T* weight, Isa isa)
    : pass_(kernel_pass(problem, weight, isa)) {}

template <class T>
void KernelPlan<T>::run(View<const T> input, View<T> output, const Store<T>& store, const Executor& executor) const {
    pass_->run(input, output, store, executor);
}

template <class T>
Algorithm KernelPlan<T>::chosen(const FilterProblem& problem, Isa isa) {
    return choice_for<T>(problem, isa).algorithm;
}

template <class T>
std::string KernelPlan<T>::text(const FilterProblem& problem, Isa isa) {
    const Choice choice = choice_for<T>(problem, isa);
    const char* on = choice.algorithm == Algorithm::reference ? "any scalar" : to_text(isa);
    constexpr Index element = sizeof(AccumulatorOf<T>);
    constexpr bool narrow = !std::is_same_v<T, AccumulatorOf<T>>;
    const std::string how = choice.algorithm == Algorithm::channels ? ChannelPlan(problem, isa, element, narrow).text()
                            : choice.algorithm == Algorithm::pixels ? PixelPlan(problem, isa, element, narrow).text()
                                                                    : "";
    return joined(to_text(choice.algorithm), " (", on, "), because: ", not_as_asked(problem, choice), to_text(choice),
                  how.empty() ? "" : "; ", how);
}

}  // namespace upconv::detail
