// Interpolation: the filters behind the ways of resizing.
#pragma once

#include <cmath>
#include <numbers>
#include <optional>

#include "../options/interpolation.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// What fills an axis: filter, coordinates, and the antialiasing that widens the filter when shrinking.
struct ResizeRule {
    Interpolation mode = Interpolation::nearest;
    Coordinates coordinates = Coordinates::half_pixel;
    bool antialias = false;
    double cubic_coefficient = -0.75;
    ResizeBorder border = ResizeBorder::clamp;
};

/// Cells are copied as they are: any scalar will do.
constexpr bool copies_cells(Interpolation mode) {
    return mode == Interpolation::nearest || mode == Interpolation::nearest_exact;
}

/// Cells are weighted by a function of their distance.
constexpr bool has_filter(Interpolation mode) { return !copies_cells(mode) && mode != Interpolation::area; }

/// Cubic convolution (Keys 1981) with coefficient a: -0.75 in PyTorch, OpenCV and ONNX, -0.5 in TensorFlow 2, JAX and
/// PIL.
constexpr double cubic_weight(double t, double a) {
    t = t < 0 ? -t : t;
    if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
    if (t < 2) return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
    return 0;
}

/// sinc(t) sinc(t / 3) (Duchon 1979), exactly 0 at whole distances.
inline double lanczos3_weight(double t) {
    if (t == 0) return 1;
    if (!(std::abs(t) < 3) || t == std::floor(t)) return 0;
    const double x = std::numbers::pi * t;
    return 3 * std::sin(x) * std::sin(x / 3) / (x * x);
}

/// Cells at this distance or further have no weight.
constexpr Index filter_support(Interpolation mode) {
    return mode == Interpolation::lanczos3 ? 3 : mode == Interpolation::bicubic ? 2 : 1;
}

/// The weight of a cell at distance t.
inline double filter_weight(const ResizeRule& rule, double t) {
    switch (rule.mode) {
        case Interpolation::bicubic:
            return cubic_weight(t, rule.cubic_coefficient);
        case Interpolation::lanczos3:
            return lanczos3_weight(t);
        default:
            return (std::max)(1 - std::abs(t), 0.0);
    }
}

}  // namespace upconv::detail
