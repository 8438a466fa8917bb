// Pictures: a tensor of one sample and three colours, read from and written to files.
#pragma once

#include <filesystem>
#include <unsupported/Eigen/CXX11/Tensor>

using Index = Eigen::Index;

/// N, C, H, W. A picture is 1 x 3 x height x width: red, green, blue, each from 0 (none) to 1 (full).
using Tensor4 = Eigen::Tensor<float, 4, Eigen::RowMajor>;
using Picture = Tensor4;

inline Index height(const Picture& picture) { return picture.dimension(2); }
inline Index width(const Picture& picture) { return picture.dimension(3); }

/// A rectangle of pixels: x to the right, y down.
struct Box {
    Index x = 0, y = 0, w = 0, h = 0;
};

/// Reads a PNG or JPEG; throws std::runtime_error with the reason when it cannot.
Picture load(const std::filesystem::path& file);

/// Writes a PNG, eight bits a colour.
void save(const Picture& picture, const std::filesystem::path& file);

Picture crop(const Picture& picture, const Box& box);

/// The picture as a file holds it: clamped to 0..1 and rounded to eight bits.
Picture as_saved(const Picture& picture);

/// Shrinks by a whole factor: each pixel is the mean of the factor x factor pixels it stands for.
Picture shrink(const Picture& picture, Index factor);

/// The same memory with the colours as three samples of one channel, and back.
Tensor4 colours_as_samples(const Picture& picture);
Picture samples_as_colours(const Tensor4& samples);

/// Repeats the outermost pixels `margin` times, so that what is near the border has neighbours.
Tensor4 repeat_border(const Tensor4& x, Index margin);
