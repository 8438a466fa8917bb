// Interpolation: the ways of resizing by name.
#pragma once

#include "error.hpp"

namespace upconv {

enum class Interpolation {
    nearest,        // cell floor(o / r), PyTorch's `nearest`
    nearest_exact,  // cell floor((o + 0.5) / r), PIL's and scikit-image's nearest
    bilinear,
    bicubic,
    area,      // the mean of the cells that an output cell touches, PyTorch's adaptive average
    lanczos3,  // the windowed sinc of three lobes; with antialias PIL's LANCZOS
};

/// Where output cell o lies on the input grid; r is the given scale, or m / n for a given size. For the filters:
/// bilinear, bicubic and lanczos3.
enum class Coordinates {
    half_pixel,     // (o + 0.5) / r - 0.5: PyTorch, TensorFlow 2, ONNX's default
    align_corners,  // o (n - 1) / (m - 1): first and last cells of both grids coincide
    asymmetric,     // o / r: TensorFlow 1
};

/// What a tap of a filter reads beside the input.
enum class ResizeBorder {
    clamp,  // the nearest cell: PyTorch, OpenCV, ONNX's default
    drop,   // nothing, and the taps inside are scaled to the sum 1: ONNX's exclude_outside, TensorFlow 2, PIL
};

/// One factor an axis: made from one number for both, or from {h, w}.
struct Scale2 {
    double h = 1, w = 1;

    constexpr Scale2(double both) : h(both), w(both) {}
    constexpr Scale2(double height, double width) : h(height), w(width) {}
    friend constexpr bool operator==(const Scale2&, const Scale2&) = default;
};

}  // namespace upconv
