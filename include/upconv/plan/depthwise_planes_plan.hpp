// DepthwisePlanesPlan: what the depthwise kernel over planes does over a whole convolution, or a transposed one of
// stride 1, as data. Some rows of some planes are copied into a small buffer with their padding, and the outputs are
// written in place from there. engine/depthwise_over_planes.hpp does it.
#pragma once

#include <cmath>

#include "../kernel/depthwise_planes.hpp"
#include "../kernel/view.hpp"
#include "cost.hpp"
#include "problem.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

struct DepthwisePlanesPlan {
    FilterProblem problem;
    Isa isa;        // of half the width for narrow pictures: the same sums in fewer lanes
    Index element;  // bytes of a sum
    AxisWalk rows, columns;
    Index lead = 0, span = 0;
    Index strip_rows = 0, planes = 1;  // that are packed together; no rows: not for this kernel
    std::vector<Index> column_offset;  // (tap columns)

    DepthwisePlanesPlan(const FilterProblem& of, Isa on, Index element_bytes)
        : problem(of),
          isa(on),
          element(element_bytes),
          rows(axis_walk(of.relation.rows, of.direction)),
          columns(axis_walk(of.relation.columns, of.direction)) {
        if (columns.output <= width() / 2) isa = half_as_wide(isa);
        const bool strides = of.relation.rows.stride > 1 || of.relation.columns.stride > 1;
        if ((of.direction == Direction::to_fine && strides) || !is_small()) return;
        lay_out();
        cut();
    }

    bool possible() const { return strip_rows > 0; }
    bool takes(const Shape4& input_stride, const Shape4& output_stride) const {
        return input_stride.w == 1 && output_stride.w == 1;
    }
    Index width() const { return vector_bytes(isa) / element; }
    Index channels() const { return problem.relation.groups; }
    Index strips() const { return (rows.output + strip_rows - 1) / strip_rows; }
    Index row_size() const { return columns.input_step * span; }
    Index packed_rows(Index count) const { return (count - 1) * rows.input_step + rows.reach().size(); }
    Index plane_size() const { return packed_rows(strip_rows) * row_size(); }
    /// Vectors of the last columns read past their row, and those of the last row past the buffer.
    Index slack() const { return 2 * width() + std::max<Index>(columns.reach().end, 0); }

    /// Each product loads a vector, but where those of 3 x 3 taps share their loads. Fitted to 250 random problems of
    /// either instruction set, on which it is off by a quarter (standard deviation).
    Cost cost() const {
        const Axis& r = problem.relation.rows;
        const double outputs = static_cast<double>(columns.output), of_vectors = static_cast<double>(width());
        const double vectors = std::ceil(outputs / of_vectors) / outputs;
        const Index step = rows.input_step;
        const bool shares =
            r.kernel == 3 && problem.relation.columns.kernel == 3 && step <= 2 * r.dilation && step % r.dilation == 0;
        const double product = shares ? 1 : cost_of_loaded_product(vector_bytes(isa));
        return {0.85 * (static_cast<double>(problem.relation.taps()) * product + cost_of_store) * vectors,
                0.7 * problem.input_pixels_a_step() * cost_of_taking_every(columns.input_step) +
                    cost_of_rows(outputs, static_cast<double>(rows.output), 9, 85)};
    }

    std::string text() const {
        return joined("over padded planes, strips of ", strip_rows, " rows of ", planes,
                      planes == 1 ? " plane" : " planes");
    }

    friend bool operator==(const DepthwisePlanesPlan&, const DepthwisePlanesPlan&) = default;

  private:
    static constexpr Index tile_rows = 7;
    static constexpr Index packed_target = 20 * 1024;  // bytes; 10 and 33 KiB: 1.05 times the time
    static constexpr Index packed_most = 256 * 1024;
    static constexpr Index most_columns = packed_most / 4;

    /// Where the taps of a row are: column q * step + e of the input is number lead + q of phase e.
    void lay_out() {
        const Index step = columns.input_step, line = width();
        const auto up = [&](Index n) { return (n + line - 1) / line * line; };
        const Range reach = columns.reach();
        const Index least = floor_div(reach.begin, step), most = floor_div(reach.end - 1, step);
        lead = up(std::max<Index>(-least, 0));  // whole vectors: the picture itself stays on cache lines
        span = up(lead + (std::max)(ceil_div(columns.input, step), columns.output + most));
        for (Index t = 0; t < columns.phases[0].taps; ++t) {
            const Index offset = columns.phases[0].offset(t);
            column_offset.push_back(floor_mod(offset, step) * span + lead + floor_div(offset, step));
        }
    }

    /// Whether rows can fit the buffer, and no product of their sizes overflows.
    bool is_small() const {
        const auto small = [](const AxisWalk& walk) {
            const Range reach = walk.reach();
            return walk.input_step <= most_columns && -most_columns <= reach.begin && reach.end <= most_columns;
        };
        return columns.input <= most_columns && columns.output <= most_columns && small(rows) && small(columns);
    }

    void cut() {
        const Index row_bytes = row_size() * element;
        const auto bytes = [&](Index count) { return packed_rows(count) * row_bytes; };
        Index strip = (std::min)(rows.output, tile_rows);
        while (strip > 0 && bytes(strip) > packed_most) --strip;
        if (strip == 0) return;
        const auto more = [&] { return (std::min)(strip + tile_rows, rows.output); };
        while (strip < rows.output && bytes(more()) <= packed_target) strip = more();
        strip_rows = strip;
        planes = std::clamp<Index>(packed_target / bytes(strip), 1, channels());
    }
};

}  // namespace upconv::detail
