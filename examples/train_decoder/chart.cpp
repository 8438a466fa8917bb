#include "chart.hpp"

#include <algorithm>
#include <cmath>

#include "lettering.hpp"
#include "text.hpp"

namespace {

constexpr Colour ink = rgb(0x24231f), faint = rgb(0x6d6a63), grid = rgb(0xdedbd4), field_paper = rgb(0xffffff);
constexpr Style title_style{14, bold, ink}, text_style{11, regular, faint};
constexpr Index left = 62, right = 24, above = 74, below = 46;  // what stands around the field

/// The field of a chart and where a value lies in it.
struct Field {
    Box box;
    const Chart& chart;

    float x(double value) const {
        return static_cast<float>(box.x) + static_cast<float>(chart.x.position(value)) * static_cast<float>(box.w);
    }
    float y(double value) const {
        return static_cast<float>(box.y) + static_cast<float>(1 - chart.y.position(value)) * static_cast<float>(box.h);
    }
};

void draw_ticks(Canvas& canvas, const Field& field) {
    const auto bottom = static_cast<float>(field.box.y + field.box.h);
    for (const auto& [value, label] : field.chart.x.ticks) {
        const float x = field.x(value);
        canvas.fill({std::lround(x), field.box.y, 1, field.box.h}, grid);
        draw_text(canvas, {x - text_width(label, text_style) / 2, bottom + 17}, label, text_style);
    }
    for (const auto& [value, label] : field.chart.y.ticks) {
        const float y = field.y(value), end = static_cast<float>(field.box.x) - 7;
        canvas.fill({field.box.x, std::lround(y), field.box.w, 1}, grid);
        draw_text(canvas, {end - text_width(label, text_style), y + text_style.cap_height / 2}, label, text_style);
    }
}

void draw_names(Canvas& canvas, Point at, const std::vector<ChartLine>& lines) {
    for (const ChartLine& line : lines) {
        canvas.stroke({{at.x, at.y - 5}, {at.x + 18, at.y - 5}}, 3, line.colour);
        draw_text(canvas, {at.x + 25, at.y}, line.name, text_style);
        at.x += 25 + text_width(line.name, text_style) + 18;
    }
}

/// Piece by piece: a stroke looks at all pixels between its outermost points.
void draw_line(Canvas& canvas, const Field& field, const ChartLine& line) {
    for (std::size_t k = 1; k < line.values.size(); ++k) {
        const auto [x0, y0] = line.values[k - 1];
        const auto [x1, y1] = line.values[k];
        canvas.stroke({{field.x(x0), field.y(y0)}, {field.x(x1), field.y(y1)}}, 2, line.colour);
    }
}

}  // namespace

double ChartAxis::position(double value) const {
    const auto at = [&](double v) { return scale == Scale::linear ? v : std::log10(std::max(v, 1e-300)); };
    return std::clamp((at(value) - at(from)) / (at(to) - at(from)), 0.0, 1.0);
}

ChartAxis logarithmic_axis(const std::string& label, double from, double to) {
    to = std::max(to, 2 * from);  // an axis has a length
    ChartAxis axis{.label = label, .scale = Scale::logarithmic, .from = from, .to = to};
    const bool wide = to / from > 200;  // then the powers of ten alone
    for (double power = std::pow(10, std::floor(std::log10(from))); power <= to; power *= 10)
        for (const double digit : {1, 2, 5})
            if (const double value = digit * power; value >= from && value <= to && (digit == 1 || !wide))
                axis.ticks.push_back({value, text("%g", value)});
    return axis;
}

void draw_chart(Canvas& canvas, const Box& box, const Chart& chart) {
    const Field field{{box.x + left, box.y + above, box.w - left - right, box.h - above - below}, chart};
    const auto x = static_cast<float>(box.x), y = static_cast<float>(box.y);
    draw_text(canvas, {x, y + 16}, chart.title, title_style);
    draw_names(canvas, {x, y + 38}, chart.lines);
    draw_text(canvas, {x, y + 58}, chart.y.label, text_style);
    canvas.fill(field.box, field_paper);
    draw_ticks(canvas, field);
    for (const ChartLine& line : chart.lines) draw_line(canvas, field, line);
    const float label_width = text_width(chart.x.label, text_style);
    draw_text(canvas, {x + static_cast<float>(box.w - right) - label_width, y + static_cast<float>(box.h) - 6},
              chart.x.label, text_style);
}
