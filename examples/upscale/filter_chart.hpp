// Filters as charts: a map of the taps' signs and sizes, and below it the middle row as bars.
#pragma once

#include <vector>

#include "canvas.hpp"
#include "methods.hpp"

inline constexpr Colour adds = rgb(0xd95f1e), takes_away = rgb(0x2166ac);

/// Draws each filter with its name, side by side in `box`, all to one scale: their names stand on its lower edge.
void draw_filters(Canvas& canvas, const Box& box, const std::vector<const Method*>& methods);

/// The height that draw_filters() needs for this width.
Index filters_height(Index w, const std::vector<const Method*>& methods);
