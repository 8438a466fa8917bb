// How near a picture is to the original: PSNR and SSIM.
#pragma once

#include "picture.hpp"

/// Peak signal-to-noise ratio in dB: -10 log10 of the mean squared error over all pixels and colours.
double psnr(const Picture& picture, const Picture& original);

/// Structural similarity (Wang et al. 2004) of the luminance: Gaussian window 11 x 11 with sigma 1.5, K1 = 0.01, K2 =
/// 0.03, averaged over the places where the window lies within the picture.
double ssim(const Picture& picture, const Picture& original);

/// The side of SSIM's window: the least height and width of a picture it can judge.
inline constexpr Index ssim_window = 11;
