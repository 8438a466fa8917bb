// The options of UpSampling2d: an aggregate, to be written with designated initialisers.
#pragma once

#include "interpolation.hpp"
#include "optional_pair.hpp"
#include "size2.hpp"

namespace upconv {

/// Options of UpSampling2d: exactly one of scale and size.
struct UpSampling2dOptions {
    OptionalPair<Scale2> scale = std::nullopt;  // output extent floor(n * scale); the number is the step of the grid
    OptionalPair<Size2> size = std::nullopt;    // output extent; the step of the grid is n / m
    Interpolation mode = Interpolation::nearest;
    Coordinates coordinates = Coordinates::half_pixel;
    bool antialias = false;  // widen the filter when shrinking, as PIL and PyTorch do: bilinear, bicubic, lanczos3
    std::optional<double> cubic_coefficient = std::nullopt;  // default -0.75, with antialias -0.5
    std::optional<ResizeBorder> border = std::nullopt;       // default clamp, with antialias drop
};

}  // namespace upconv
