// The spectrum of pictures along rows and columns, in which a checkerboard is a peak.
#pragma once

#include <array>

#include "image_set.hpp"

/// By cycles over the side of a picture, from 0 to 14.
using Spectrum = std::array<double, side / 2 + 1>;

/// What a stride of 2 can leave in the output: the last layer a pattern that repeats every 2 pixels, and the one before
/// it, whose output is enlarged once more, a pattern that repeats every 4.
inline constexpr std::size_t period_2 = side / 2, period_4 = side / 4;

/// E(f) = mean over pictures, rows and columns p of |sum_j p[j] exp(-2 pi i f j / 28)|^2 / 28: the energy at f cycles.
Spectrum spectrum(const Images& pictures);
