#include "sheet.hpp"

#include <algorithm>
#include <cmath>

#include "chart.hpp"
#include "lettering.hpp"
#include "text.hpp"

namespace {

constexpr Colour paper = rgb(0xf6f5f2), ink = rgb(0x24231f), faint = rgb(0x6d6a63);
constexpr Style title_style{20, bold, ink}, name_style{13, bold, ink}, text_style{11, regular, faint};

constexpr Index zoom = 3, tile = side * zoom, tile_gap = 4;
constexpr Index label_width = 244;  // left of the tiles
constexpr Index row = tile + tile_gap, group_gap = 14;
constexpr Index chart_width = 560, chart_height = 300;
constexpr Index margin = 28, head = 76;

Point point(Index x, Index y) { return {static_cast<float>(x), static_cast<float>(y)}; }

Colour colour_of(const DecoderInfo& info) {
    switch (info.decoder) {
        case Decoder::transposed_k3:
            return rgb(0xd95f1e);
        case Decoder::transposed_k4:
            return rgb(0x2166ac);
        default:
            return rgb(0x3a8f4f);
    }
}

/// One grey picture in the three colours.
Picture grey(const Images& images, Index n) {
    Picture picture(1, 3, side, side);
    for (Index c = 0; c < 3; ++c)
        for (Index i = 0; i < side; ++i)
            for (Index j = 0; j < side; ++j) picture(0, c, i, j) = images(n, i, j, 0);
    return picture;
}

void draw_tiles(Canvas& canvas, Index y, const Images& images) {
    for (Index n = 0; n < images.dimension(0); ++n)
        canvas.draw(as_saved(grey(images, n)), label_width + n * (tile + tile_gap), y, zoom);
}

void draw_label(Canvas& canvas, Index y, const std::string& name, const std::string& note, const Colour& colour) {
    draw_text(canvas, point(0, y + tile / 2 - 4), name, {name_style.cap_height, bold, colour});
    draw_text(canvas, point(0, y + tile / 2 + 18), note, text_style);
}

/// A decoder's three rows.
void draw_course(Canvas& canvas, Index y, const Course& course) {
    const Colour colour = colour_of(course.info);
    draw_label(canvas, y, course.info.name, text("%td parameters", course.parameters), colour);
    draw_text(canvas, point(0, y + tile / 2 + 36), text("before: step %ld", course.before.step), text_style);
    draw_tiles(canvas, y, course.before.outputs);
    draw_label(canvas, y + row, "", text("during: step %ld", course.during.step), colour);
    draw_tiles(canvas, y + row, course.during.outputs);
    draw_label(canvas, y + 2 * row, text("test error %.5f", course.test_error),
               text("after: step %ld", course.after.step), colour);
    draw_tiles(canvas, y + 2 * row, course.after.outputs);
}

ChartLine line_of(const Spectrum& energy, const std::string& name, const Colour& colour) {
    ChartLine line{name, colour, {}};
    for (std::size_t f = 1; f < energy.size(); ++f) line.values.push_back({static_cast<double>(f), energy[f]});
    return line;
}

/// A power of ten, or half way to one, beyond which no value lies.
double floor_of(double value) { return std::pow(10, std::floor(2 * std::log10(value)) / 2); }
double ceil_of(double value) { return std::pow(10, std::ceil(2 * std::log10(value)) / 2); }

Picture drawn(const Chart& chart) {
    Canvas canvas(chart_width, chart_height, paper);
    draw_chart(canvas, {0, 0, chart_width, chart_height}, chart);
    return canvas.picture();
}

std::pair<double, double> bounds(const std::vector<ChartLine>& lines) {
    double least = 1e300, most = 1e-300;
    for (const ChartLine& line : lines)
        for (const Value& value : line.values) {
            least = std::min(least, std::max(value.y, 1e-12));
            most = std::max(most, value.y);
        }
    return {floor_of(least), ceil_of(most)};
}

}  // namespace

Picture draw_reconstructions(const Images& originals, const std::vector<Course>& courses) {
    const Index count = originals.dimension(0), groups = static_cast<Index>(courses.size());
    Canvas canvas(label_width + count * (tile + tile_gap) - tile_gap, row + groups * (3 * row + group_gap) - tile_gap,
                  paper);
    draw_label(canvas, 0, "test pictures", "28 x 28, not learned from", ink);
    draw_tiles(canvas, 0, originals);
    for (Index k = 0; k < groups; ++k)
        draw_course(canvas, row + group_gap + k * (3 * row + group_gap), courses[static_cast<std::size_t>(k)]);
    return canvas.picture();
}

Picture draw_losses(const std::vector<Course>& courses) {
    std::vector<ChartLine> lines;
    for (const Course& course : courses) {
        ChartLine line{course.info.brief, colour_of(course.info), {}};
        for (const auto& [step, error] : course.losses) line.values.push_back({static_cast<double>(step), error});
        lines.push_back(line);
    }
    const auto [least, most] = bounds(lines);
    const std::vector<Value>& values = lines.front().values;
    return drawn({.title = "The error while training",
                  .x = logarithmic_axis("steps", values.front().x, values.back().x),
                  .y = logarithmic_axis("mean squared error", least, most),
                  .lines = lines});
}

Picture draw_spectrum(const Spectrum& data, const std::vector<Course>& courses, When when) {
    std::vector<ChartLine> lines{line_of(data, "the data", ink)};
    for (const Course& course : courses)
        lines.push_back(line_of((when == When::during ? course.during : course.after).energy, course.info.brief,
                                colour_of(course.info)));
    const auto [least, most] = bounds(lines);
    const Snapshot& shown = when == When::during ? courses.front().during : courses.front().after;
    ChartAxis cycles{
        .label = "cycles over the picture; in brackets the pixels that a cycle has", .from = 1, .to = side / 2};
    for (const Index f : {1, 2, 4, 7, 10, 14})
        cycles.ticks.push_back(
            {static_cast<double>(f), side % f == 0 && f > 4 ? text("%td (%td)", f, side / f) : text("%td", f)});
    return drawn({.title = text("The outputs' spectrum at step %ld", shown.step),
                  .x = cycles,
                  .y = logarithmic_axis("energy", least, most),
                  .lines = lines});
}

Picture draw_sheet(const Images& originals, const Spectrum& data, const std::vector<Course>& courses) {
    const Picture tiles = draw_reconstructions(originals, courses);
    const std::vector<Picture> charts{draw_losses(courses), draw_spectrum(data, courses, When::during),
                                      draw_spectrum(data, courses, When::after)};
    const Index inner = std::max(height(tiles), 3 * chart_height);
    Canvas canvas(3 * margin + width(tiles) + chart_width, head + inner + 2 * margin, paper);
    draw_text(canvas, point(margin, margin + 20), "Three decoders that learn to enlarge 7 x 7 to 28 x 28", title_style);
    draw_text(canvas, point(margin, margin + 48),
              "An encoder makes 7 x 7 x 4 numbers of a picture. Three decoders with as many parameters bring it back.",
              text_style);
    canvas.draw(tiles, margin, margin + head);
    Index y = margin + head;
    for (const Picture& chart : charts) {
        canvas.draw(chart, 2 * margin + width(tiles), y);
        y += (inner - chart_height) / 2;
    }
    return canvas.picture();
}
