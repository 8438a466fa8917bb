// Charts of lines, with labelled axes.
#pragma once

#include <string>
#include <vector>

#include "canvas.hpp"

enum class Scale { linear, logarithmic };

struct Tick {
    double value;
    std::string label;
};

struct ChartAxis {
    std::string label;
    Scale scale = Scale::linear;
    double from = 0, to = 1;
    std::vector<Tick> ticks = {};

    /// From 0 to 1 along the axis.
    double position(double value) const;
};

/// Ticks at 1, 2 and 5 times the powers of ten.
ChartAxis logarithmic_axis(const std::string& label, double from, double to);

struct Value {
    double x, y;
};

struct ChartLine {
    std::string name;
    Colour colour;
    std::vector<Value> values;
};

struct Chart {
    std::string title;
    ChartAxis x, y;
    std::vector<ChartLine> lines;
};

/// The title and the names of the lines stand above the field, the labels of the axes beside it, all within `box`.
void draw_chart(Canvas& canvas, const Box& box, const Chart& chart);
