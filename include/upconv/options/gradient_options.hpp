// GradientOptions: which gradients are wanted.
#pragma once

namespace upconv {

/// What a gradient plan computes, and whether it is added to what is there already: several batches before one step.
struct GradientOptions {
    bool input = true, weight = true, bias = true;
    bool accumulate = false;

    friend constexpr bool operator==(const GradientOptions&, const GradientOptions&) = default;
};

}  // namespace upconv
