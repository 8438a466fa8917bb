// Interpolation: the ways of resizing by name, and the filters behind them.
#pragma once

#include <cmath>
#include <numbers>
#include <optional>

#include "../geometry/error.hpp"

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

}  // namespace upconv
