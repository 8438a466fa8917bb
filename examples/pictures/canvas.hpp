// A canvas to draw on: rectangles, pictures and smooth lines.
#pragma once

#include <vector>

#include "picture.hpp"

struct Colour {
    float r = 0, g = 0, b = 0;
};

constexpr Colour rgb(int code) {
    return {static_cast<float>(code >> 16 & 255) / 255, static_cast<float>(code >> 8 & 255) / 255,
            static_cast<float>(code & 255) / 255};
}

constexpr Colour mix(const Colour& a, const Colour& b, float share_of_b) {
    const auto blend = [&](float x, float y) { return x + (y - x) * share_of_b; };
    return {blend(a.r, b.r), blend(a.g, b.g), blend(a.b, b.b)};
}

struct Point {
    float x = 0, y = 0;
};

class Canvas {
  public:
    Canvas(Index w, Index h, const Colour& background);

    /// What lies outside the canvas is left out, here and below.
    void fill(const Box& box, const Colour& colour);
    void frame(const Box& box, Index thickness, const Colour& colour);  // around the box, not over it

    /// Each pixel of the picture as a square of `zoom` pixels.
    void draw(const Picture& picture, Index x, Index y, Index zoom = 1);

    /// A line through the points with round ends and joints, its edges smoothed.
    void stroke(const std::vector<Point>& line, float thickness, const Colour& colour);

    const Picture& picture() const { return picture_; }

  private:
    Box clipped(const Box& box) const;
    void blend(Index x, Index y, const Colour& colour, float coverage);

    Picture picture_;
};
