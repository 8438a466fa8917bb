// DepthwisePass: a depthwise plan that takes tensors as their layout says, with the pixel plan for those that lie
// otherwise in memory.
#pragma once

#include "depthwise_over_channels.hpp"
#include "depthwise_over_fine_planes.hpp"
#include "depthwise_over_planes.hpp"
#include "pixel_pass.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// `Over` is a depthwise plan with its weights.
template <class T, class Over>
class DepthwisePass {
  public:
    DepthwisePass(const FilterProblem& problem, Isa isa)
        : over_(typename Over::Plan(problem, isa, sizeof(T))), pixels_(problem, isa) {}

    void pack(const T* weight, const Executor& = {}) {
        over_.pack(weight);
        pixels_.pack(weight);
    }

    void run(View<const T> input, View<T> output, const Store<T>& store, const Executor& executor) const {
        if (over_.plan().takes(input.stride, output.stride)) return over_.run(input, output, store, executor);
        pixels_.run(input, output, store, executor);
    }

  private:
    Over over_;
    PixelPass<T> pixels_;
};

}  // namespace upconv::detail
