#include "filter_chart.hpp"

#include <algorithm>
#include <cmath>

#include "lettering.hpp"
#include "text.hpp"

namespace {

constexpr Colour paper = rgb(0xffffff), axis = rgb(0x9a9893);
constexpr Style name_style{16, regular, rgb(0x6d6a63)};
constexpr Index gap = 18, line = 26;               // between filters, map and bars; from one line of text to the next
constexpr Index above_zero = 78, below_zero = 18;  // what the bars take
constexpr Index under_map = gap + above_zero + below_zero + 2 * line;

/// What all filters of one chart share.
struct Scale {
    Index tap;   // the side of a tap, in pixels
    float most;  // the weight of full colour and full height
};

Scale scale_for(Index w, const std::vector<const Method*>& methods) {
    Index taps = 0;
    float most = 0;
    for (const Method* method : methods) {
        taps += method->filter.dimension(1);
        const Eigen::Tensor<float, 0, Eigen::RowMajor> greatest = method->filter.abs().maximum();
        most = std::max(most, greatest());
    }
    return {(w - gap * (static_cast<Index>(methods.size()) - 1)) / taps, most};
}

/// By the square root, so that small weights are seen at all.
Colour colour_of(float weight, float most) {
    return mix(paper, weight < 0 ? takes_away : adds, std::sqrt(std::abs(weight) / most));
}

/// The middle row; of an even number of rows the mean of the middle two.
float profile(const Filter& filter, Index column) {
    const Index rows = filter.dimension(0);
    return (filter((rows - 1) / 2, column) + filter(rows / 2, column)) / 2;
}

void draw_map(Canvas& canvas, Index x, Index y, const Filter& filter, const Scale& scale) {
    for (Index row = 0; row < filter.dimension(0); ++row)
        for (Index column = 0; column < filter.dimension(1); ++column)
            canvas.fill({x + column * scale.tap, y + row * scale.tap, scale.tap - 1, scale.tap - 1},
                        colour_of(filter(row, column), scale.most));
}

void draw_bars(Canvas& canvas, Index x, Index zero, const Filter& filter, const Scale& scale) {
    for (Index column = 0; column < filter.dimension(1); ++column) {
        const float weight = profile(filter, column);
        const auto length = static_cast<Index>(std::lround(std::abs(weight) / scale.most * float{above_zero}));
        canvas.fill({x + column * scale.tap, weight < 0 ? zero : zero - length, scale.tap - 1, length},
                    weight < 0 ? takes_away : adds);
    }
    canvas.fill({x, zero, filter.dimension(1) * scale.tap - 1, 1}, axis);
}

}  // namespace

Index filters_height(Index w, const std::vector<const Method*>& methods) {
    Index rows = 0;
    for (const Method* method : methods) rows = std::max(rows, method->filter.dimension(0));
    return rows * scale_for(w, methods).tap + under_map;
}

void draw_filters(Canvas& canvas, const Box& box, const std::vector<const Method*>& methods) {
    const Scale scale = scale_for(box.w, methods);
    const Index bottom = box.y + box.h, foot = bottom - under_map;
    Index x = box.x;
    for (const Method* method : methods) {
        const Filter& filter = method->filter;
        draw_map(canvas, x, foot - filter.dimension(0) * scale.tap, filter, scale);
        draw_bars(canvas, x, foot + gap + above_zero, filter, scale);
        const auto left = static_cast<float>(x), base = static_cast<float>(bottom);
        draw_text(canvas, {left, base - float{line}}, method->filter_name, name_style);
        draw_text(canvas, {left, base}, text("%td x %td", filter.dimension(0), filter.dimension(1)), name_style);
        x += filter.dimension(1) * scale.tap + gap;
    }
}
