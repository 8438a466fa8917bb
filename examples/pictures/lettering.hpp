// Lettering: a typeface of a few strokes a letter, drawn smooth at any size.
#pragma once

#include <string_view>

#include "canvas.hpp"

struct Style {
    float cap_height = 16;  // of a capital letter, in pixels
    float weight = 0.12f;   // thickness of a stroke, as a share of the cap height
    Colour colour{};
};

inline constexpr float regular = 0.115f, bold = 0.165f;

float text_width(std::string_view text, const Style& style);

/// `at` is where the baseline begins. ASCII; anything else is drawn as a small box.
void draw_text(Canvas& canvas, const Point& at, std::string_view text, const Style& style);
