#include "ratio_chart.hpp"

#include "table.hpp"

#if defined(BENCH_HAS_PICTURES)
#include <algorithm>
#include <cmath>
#include <lettering.hpp>

namespace bench {
namespace {

constexpr float bar = 6, top = 60, chart_height = 420, left = 70;
constexpr double lowest = 0.5, highest = 8;
constexpr double marks[] = {0.5, 0.7, 1, 1.5, 2, 4, 8};

/// Of a ratio.
float height_at(double ratio) {
    const double share = std::log(std::clamp(ratio, lowest, highest) / lowest) / std::log(highest / lowest);
    return top + chart_height * static_cast<float>(1 - share);
}

Colour colour_of(Family family) {
    return family == Family::transposed ? rgb(0x2f6fb3) : family == Family::dense ? rgb(0xd1782a) : rgb(0x4a9a5b);
}

Box box(float x, float y, float w, float h) {
    return {static_cast<::Index>(x), static_cast<::Index>(y), static_cast<::Index>(w), static_cast<::Index>(h)};
}

void draw_axis(Canvas& canvas, float width) {
    const Style small{.cap_height = 12, .weight = regular, .colour = rgb(0x333333)};
    for (const double mark : marks) {
        const float y = height_at(mark);
        canvas.fill(box(left, y, width, mark == 1 ? 2 : 1), mark == 1 ? rgb(0x333333) : rgb(0xd0d0d0));
        char text[16];
        std::snprintf(text, sizeof text, "%g", mark);
        draw_text(canvas, {left - 10 - text_width(text, small), y + 5}, text, small);
    }
    float x = left;
    const float below = top + chart_height + 35;
    for (const auto& [family, name] :
         {std::pair{Family::transposed, "transposed"}, {Family::dense, "dense"}, {Family::grouped, "grouped"}}) {
        canvas.fill(box(x, below - 12, 12, 12), colour_of(family));
        draw_text(canvas, {x + 20, below}, name, small);
        x += 40 + text_width(name, small);
    }
}

}  // namespace

std::string why_no_chart() { return ""; }

void draw_ratios(const std::vector<Row>& rows, int threads, const std::string& file) {
    std::vector<std::pair<double, Family>> ratios;
    for (const Row& row : rows)
        if (const double ratio = ratio_to_best(row); ratio > 0) ratios.emplace_back(ratio, row.workload.family());
    std::sort(ratios.begin(), ratios.end());
    const float width = std::max(bar * static_cast<float>(ratios.size()), 560.0f);
    Canvas canvas(static_cast<::Index>(left + width + 20), static_cast<::Index>(top + chart_height + 60),
                  rgb(0xffffff));
    const std::string title = "times the best peer's speed, " + std::to_string(ratios.size()) + " shapes, " +
                              std::to_string(threads) + (threads == 1 ? " thread" : " threads");
    draw_text(canvas, {left, 32}, title, {.cap_height = 14, .weight = bold, .colour = rgb(0x111111)});
    float x = left;
    for (const auto& [ratio, family] : ratios) {
        const float from = std::min(height_at(ratio), height_at(1)), to = std::max(height_at(ratio), height_at(1));
        canvas.fill(box(x, from, bar - 1, std::max(to - from, 1.0f)), colour_of(family));
        x += bar;
    }
    draw_axis(canvas, width);
    save(canvas.picture(), file);
}

}  // namespace bench
#else
namespace bench {

std::string why_no_chart() {
    return "this build draws no pictures: configure with -DUPCONV_BUILD_EXAMPLES=ON and stb (Debian, Ubuntu: "
           "libstb-dev)";
}

void draw_ratios(const std::vector<Row>&, int, const std::string&) {}

}  // namespace bench
#endif
