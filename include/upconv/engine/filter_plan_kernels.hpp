// What a KernelPlan is made of: which plan a problem gets, and its kernels.
#pragma once

#include "../plan/choice.hpp"
#include "canonical_plan.hpp"
#include "channel_pass.hpp"
#include "depthwise_pass.hpp"
#include "filter_plan.hpp"
#include "listed_plan.hpp"
#include "pixel_pass.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

template <class T, class Pass>
class KernelPassOf final : public KernelPass<T> {
  public:
    template <class... Operands>
    explicit KernelPassOf(const Operands&... operands) : pass_(operands...) {}

    void pack(const T* weight, const Executor& executor) override { pass_.pack(weight, executor); }
    void run(View<const T> input, View<T> output, const Store<T>& store, const Executor& executor) const override {
        pass_.run(input, output, store, executor);
    }

  private:
    Pass pass_;
};

/// The sums of T: their bytes, and whether they are other numbers than the tensors'.
template <class T>
constexpr Index element_of = sizeof(AccumulatorOf<T>);
template <class T>
constexpr bool is_narrow = !std::is_same_v<T, AccumulatorOf<T>>;

template <class T>
Choice choice_for(const FilterProblem& problem, Isa isa) {
    return choose(problem, isa, element_of<T>, is_narrow<T>);
}

template <class T>
std::unique_ptr<KernelPass<T>> depthwise_pass(const FilterProblem& problem, Isa isa) {
    if constexpr (!is_narrow<T>) switch (depthwise_way(problem, isa, element_of<T>, false)) {
            case DepthwiseWay::over_channels:
                return std::make_unique<KernelPassOf<T, DepthwisePass<T, DepthwiseOverChannels<T>>>>(problem, isa);
            case DepthwiseWay::over_planes:
                return std::make_unique<KernelPassOf<T, DepthwisePass<T, DepthwiseOverPlanes<T>>>>(problem, isa);
            case DepthwiseWay::over_fine_planes:
                return std::make_unique<KernelPassOf<T, DepthwisePass<T, DepthwiseOverFinePlanes<T>>>>(problem, isa);
            case DepthwiseWay::over_pixels:
                break;
        }
    return std::make_unique<KernelPassOf<T, PixelPass<T>>>(problem, isa);
}

template <class T>
std::unique_ptr<KernelPass<T>> kernel_pass(const FilterProblem& problem, Isa isa) {
    switch (choice_for<T>(problem, isa).algorithm) {
        case Algorithm::canonical:
            return std::make_unique<KernelPassOf<T, CanonicalPlan<T>>>(problem, isa);
        case Algorithm::listed:
            return std::make_unique<KernelPassOf<T, ListedPlan<T>>>(problem, isa);
        case Algorithm::channels:
            return std::make_unique<KernelPassOf<T, ChannelPass<T>>>(problem, isa);
        case Algorithm::pixels:
            return std::make_unique<KernelPassOf<T, PixelPass<T>>>(problem, isa);
        case Algorithm::depthwise:
            return depthwise_pass<T>(problem, isa);
        case Algorithm::reference:
        case Algorithm::automatic:
            break;
    }
    return std::make_unique<KernelPassOf<T, ReferencePlan<T>>>(problem);
}

template <class T>
KernelPlan<T>::KernelPlan(const FilterProblem& problem, Isa isa) : pass_(kernel_pass<T>(problem, isa)) {}

template <class T>
void KernelPlan<T>::pack(const T* weight, const Executor& executor) {
    pass_->pack(weight, executor);
}

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
    constexpr Index element = element_of<T>;
    constexpr bool narrow = is_narrow<T>;
    const bool depthwise = choice.algorithm == Algorithm::depthwise;
    const DepthwiseWay way = depthwise ? depthwise_way(problem, isa, element, narrow) : DepthwiseWay::over_pixels;
    const bool by_pixels = choice.algorithm == Algorithm::pixels || (depthwise && way == DepthwiseWay::over_pixels);
    const auto text = [](const auto& plan) { return plan.text(); };
    const std::string how = choice.algorithm == Algorithm::channels ? ChannelPlan(problem, isa, element, narrow).text()
                            : by_pixels                             ? PixelPlan(problem, isa, element, narrow).text()
                            : depthwise ? with_depthwise_plan(problem, isa, element, way, text)
                                        : "";
    return joined(to_text(choice.algorithm), " (", on, "), because: ", not_as_asked(problem, choice),
                  to_text(choice, problem, isa, element, narrow), how.empty() ? "" : "; ", how);
}

}  // namespace upconv::detail
