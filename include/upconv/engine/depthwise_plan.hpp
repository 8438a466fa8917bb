// DepthwisePlan: each channel alone, in place, with vectors over whatever are neighbours in memory: channels (NHWC) or
// the columns of a plane (NCHW). What neither can do falls to the pixel plan: other strides of the tensors, narrow
// scalars, few channels, rows too long for a buffer.
#pragma once

#include "depthwise_over_channels.hpp"
#include "depthwise_over_fine_planes.hpp"
#include "depthwise_over_planes.hpp"
#include "pixel_pass.hpp"

namespace upconv::detail {

template <class T>
class DepthwisePlan {
  public:
    using C = AccumulatorOf<T>;

    DepthwisePlan(const FilterProblem& problem, const T* weight, Isa isa = best_isa())
        : over_channels_(problem, weight, isa),
          over_planes_(problem, weight, isa),
          over_fine_planes_(problem, weight, isa),
          pixels_(problem, weight, isa) {}

    void run(View<const T> input, View<T> output, const Store<T>& store, const Executor& executor) const {
        if constexpr (std::is_same_v<C, T>) {
            if (over_channels_.takes(input, output)) return over_channels_.run(input, output, store, executor);
            if (over_planes_.takes(input, output)) return over_planes_.run(input, output, store, executor);
            if (over_fine_planes_.takes(input, output)) return over_fine_planes_.run(input, output, store, executor);
        }
        pixels_.run(input, output, store, executor);
    }

  private:
    DepthwiseOverChannels<C> over_channels_;
    DepthwiseOverPlanes<C> over_planes_;
    DepthwiseOverFinePlanes<C> over_fine_planes_;
    PixelPass<T> pixels_;
};

}  // namespace upconv::detail
