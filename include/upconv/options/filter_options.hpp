// The options of Conv2d and ConvTranspose2d: aggregates, to be written with designated initialisers.
#pragma once

#include "activation.hpp"
#include "algorithm.hpp"
#include "optional_pair.hpp"
#include "padding.hpp"

namespace upconv {

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

}  // namespace upconv
