// Built twice with UNIT, other -m flags and without a common alignment of Eigen's memory.
#include <upconv/conv_transpose2d.hpp>

void UNIT() { upconv::ConvTranspose2d<float>({.in_channels = 1, .out_channels = 1, .kernel = 2}); }
