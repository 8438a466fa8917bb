#include "canvas.hpp"

#include <algorithm>
#include <cmath>

namespace {

float distance(const Point& p, const Point& a, const Point& b) {
    const float dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
    const float along = length2 > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length2, 0.0f, 1.0f) : 0.0f;
    return std::hypot(p.x - a.x - along * dx, p.y - a.y - along * dy);
}

}  // namespace

Canvas::Canvas(Index w, Index h, const Colour& background) : picture_(1, 3, h, w) { fill({0, 0, w, h}, background); }

Box Canvas::clipped(const Box& box) const {
    const Index x = std::clamp<Index>(box.x, 0, width(picture_)), y = std::clamp<Index>(box.y, 0, height(picture_));
    return {x, y, std::clamp<Index>(box.x + box.w, x, width(picture_)) - x,
            std::clamp<Index>(box.y + box.h, y, height(picture_)) - y};
}

void Canvas::blend(Index x, Index y, const Colour& colour, float coverage) {
    const float value[] = {colour.r, colour.g, colour.b};
    for (Index c = 0; c < 3; ++c) picture_(0, c, y, x) += (value[c] - picture_(0, c, y, x)) * coverage;
}

void Canvas::fill(const Box& box, const Colour& colour) {
    const Box in = clipped(box);
    const float value[] = {colour.r, colour.g, colour.b};
    for (Index c = 0; c < 3; ++c)
        for (Index y = in.y; y < in.y + in.h; ++y)
            for (Index x = in.x; x < in.x + in.w; ++x) picture_(0, c, y, x) = value[c];
}

void Canvas::frame(const Box& box, Index thickness, const Colour& colour) {
    const Index t = thickness;
    fill({box.x - t, box.y - t, box.w + 2 * t, t}, colour);
    fill({box.x - t, box.y + box.h, box.w + 2 * t, t}, colour);
    fill({box.x - t, box.y, t, box.h}, colour);
    fill({box.x + box.w, box.y, t, box.h}, colour);
}

void Canvas::draw(const Picture& picture, Index x, Index y, Index zoom) {
    const Box in = clipped({x, y, width(picture) * zoom, height(picture) * zoom});
    for (Index c = 0; c < 3; ++c)
        for (Index v = in.y; v < in.y + in.h; ++v)
            for (Index u = in.x; u < in.x + in.w; ++u)
                picture_(0, c, v, u) = picture(0, c, (v - y) / zoom, (u - x) / zoom);
}

void Canvas::stroke(const std::vector<Point>& line, float thickness, const Colour& colour) {
    if (line.empty()) return;
    const auto [left, right] =
        std::minmax_element(line.begin(), line.end(), [](auto& a, auto& b) { return a.x < b.x; });
    const auto [top, bottom] =
        std::minmax_element(line.begin(), line.end(), [](auto& a, auto& b) { return a.y < b.y; });
    const float reach = thickness / 2 + 1;
    const auto x0 = static_cast<Index>(std::floor(left->x - reach)),
               x1 = static_cast<Index>(std::ceil(right->x + reach));
    const auto y0 = static_cast<Index>(std::floor(top->y - reach)),
               y1 = static_cast<Index>(std::ceil(bottom->y + reach));
    const Box in = clipped({x0, y0, x1 - x0, y1 - y0});
    for (Index y = in.y; y < in.y + in.h; ++y)
        for (Index x = in.x; x < in.x + in.w; ++x) {
            const Point center{static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f};
            float nearest = distance(center, line.front(), line.front());
            for (std::size_t i = 1; i < line.size(); ++i)
                nearest = std::min(nearest, distance(center, line[i - 1], line[i]));
            const float coverage = std::clamp(thickness / 2 - nearest + 0.5f, 0.0f, 1.0f);
            if (coverage > 0) blend(x, y, colour, coverage);
        }
}
