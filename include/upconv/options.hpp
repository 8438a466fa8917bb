// The options of the three operators: aggregates, to be written with designated initialisers.
#pragma once

#include <optional>

#include "geometry/padding.hpp"
#include "kernel/activation.hpp"
#include "plan/algorithm.hpp"
#include "plan/interpolation.hpp"
#include "tensor/layout.hpp"

namespace upconv {

/// An option that may be left out: one number for both axes, or {h, w}.
template <class Pair>
struct OptionalPair : std::optional<Pair> {
    using std::optional<Pair>::optional;
    constexpr OptionalPair(const std::optional<Pair>& pair) : std::optional<Pair>(pair) {}
    template <class Height, class Width>
    requires std::constructible_from<Pair, Height, Width>
    constexpr OptionalPair(Height h, Width w) : std::optional<Pair>(Pair(h, w)) {}
};

/// Options of Conv2d. In the function form channels and kernel may stay 0: they are read off the weights.
struct Conv2dOptions {
    Index in_channels = 0, out_channels = 0;
    Size2 kernel = 0;
    Size2 stride = 1;
    Padding padding = 0;
    Size2 dilation = 1;
    Index groups = 1;
    PaddingMode padding_mode = PaddingMode::zeros;
    bool bias = true;
    Activation activation = Activation::none;
    Algorithm algorithm = Algorithm::automatic;
};

/// Options of ConvTranspose2d. A number as padding is what the adjoint convolution would have padded, so it crops the
/// output. With Padding::same or valid, an output_padding of 0 means none was given: Keras's None.
struct ConvTranspose2dOptions {
    Index in_channels = 0, out_channels = 0;
    Size2 kernel = 0;
    Size2 stride = 1;
    Padding padding = 0;
    Size2 output_padding = 0;                        // rows and columns more at the end, computed like any other
    OptionalPair<Size2> output_size = std::nullopt;  // instead of output_padding: the output's height and width
    Size2 dilation = 1;
    Index groups = 1;
    PaddingMode padding_mode = PaddingMode::zeros;
    bool bias = true;
    Activation activation = Activation::none;
    Algorithm algorithm = Algorithm::automatic;
};

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
