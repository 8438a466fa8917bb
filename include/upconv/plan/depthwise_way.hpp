// DepthwiseWay: over what the depthwise kernels have their vectors. That is whatever are neighbours in memory: channels
// (NHWC) or the columns of a plane (NCHW). What neither can do falls to the pixel plan: narrow scalars, few channels,
// rows too long for a buffer; and tensors that lie otherwise than their layout says.
#pragma once

#include "depthwise_channels_plan.hpp"
#include "depthwise_fine_planes_plan.hpp"
#include "depthwise_planes_plan.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

enum class DepthwiseWay { over_channels, over_planes, over_fine_planes, over_pixels };

/// For sums of `element` bytes; `narrow` if the scalar is not theirs.
inline DepthwiseWay depthwise_way(const FilterProblem& problem, Isa isa, Index element, bool narrow) {
    using Way = DepthwiseWay;
    if (narrow) return Way::over_pixels;
    if (problem.neighbours == Neighbours::channels)
        return DepthwiseChannelsPlan(problem, isa, element).possible() ? Way::over_channels : Way::over_pixels;
    if (DepthwisePlanesPlan(problem, isa, element).possible()) return Way::over_planes;
    return DepthwiseFinePlanesPlan(problem, isa, element).possible() ? Way::over_fine_planes : Way::over_pixels;
}

/// f(plan) of the plan over anything but pixels.
template <class F>
auto with_depthwise_plan(const FilterProblem& problem, Isa isa, Index element, DepthwiseWay way, const F& f) {
    if (way == DepthwiseWay::over_channels) return f(DepthwiseChannelsPlan(problem, isa, element));
    if (way == DepthwiseWay::over_planes) return f(DepthwisePlanesPlan(problem, isa, element));
    return f(DepthwiseFinePlanesPlan(problem, isa, element));
}

}  // namespace upconv::detail
