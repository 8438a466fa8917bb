// TileCosts: what the channel and the pixel kernel would cost. Fitted on AVX-512 to 260 random problems, each timed
// with both kernels: moving a number through a transposition costs 0.7, copying it in line 0.1 to 0.3, taking every
// second 0.6, every third 1.6; setting a tile up costs 8 a sum and 3 for each filter row.
#pragma once

#include <cmath>

#include "cost.hpp"
#include "pixel_tiles.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

inline Cost channels_cost(const FilterProblem& problem, Index width, Isa isa) {
    const double in = static_cast<double>(problem.inputs_per_group()) * problem.input_pixels_a_step();
    const auto out = static_cast<double>(problem.outputs_per_group() * problem.phases());
    const Index vectors = (problem.outputs_per_group() + width - 1) / width;
    // A single vector shares its broadcasts with none.
    const double sums = static_cast<double>(vectors - vectors % 2) + 1.35 * static_cast<double>(vectors % 2);
    const auto products = static_cast<double>(problem.inputs_per_group() * problem.relation.taps());
    const auto rows = static_cast<double>((problem.inputs_per_group() + channel_block - 1) / channel_block *
                                          problem.relation.rows.kernel);
    const auto blocks = static_cast<double>((vectors + 1) / 2);
    // Rows of a few steps are not set up but listed.
    const double each_row = problem.inputs_per_group() * problem.relation.columns.kernel <= 4 ? 1 : 3;
    const double set_up =
        static_cast<double>(problem.phases()) * traits(isa).sum_set_up * sums + each_row * rows * blocks;
    const bool staged = problem.outputs_per_group() < width;
    const double each_in = problem.neighbours == Neighbours::channels ? 0.1 : problem.apart > 1 ? 1.6 : 0.7;
    const double each_out = problem.neighbours != Neighbours::channels ? 0.7 : staged ? 0.5 : 0.1;
    return {products * sums + set_up, each_in * in + each_out * out};
}

inline Cost pixels_cost(const FilterProblem& problem, Index width, Isa isa) {
    const MergedAxes axes = cheapest_merge(problem, isa);
    const double in = static_cast<double>(problem.inputs_per_group()) * problem.input_pixels_a_step();
    const auto out = static_cast<double>(problem.outputs_per_group() * problem.phases());
    const bool planes = problem.neighbours == Neighbours::columns,
               in_place = planes && problem.apart == 1 && problem.is_pointwise();
    const auto steps = static_cast<double>(axes.columns.steps);
    const double by_row = std::ceil(steps / static_cast<double>(width)) * static_cast<double>(width) / steps;
    const bool direct = planes && problem.phases() == 1 && by_row <= 1.125;
    const double gaps = steps + static_cast<double>((axes.columns.reach.size() - 1) / axes.columns.input_step);
    const double waste = in_place ? 1 : direct ? by_row : gaps / steps;
    const double each = 1.2 * waste / static_cast<double>(width);
    const double tiles =
        pixel_cost(axes.rows, axes.columns, problem.outputs_per_group(), most_tile_outputs(vector_bytes(isa)));
    const Index step = axes.columns.input_step;
    const double each_in = !planes ? 1.0 : cost_of_taking_every(step * problem.apart);
    const double each_out = !planes ? 0.8 : direct ? 0.1 : 0.3;
    const double each_row = (planes ? 25 : 10) / steps;  // of each channel and phase, packed and stored
    return {static_cast<double>(problem.inputs_per_group()) * tiles * each,
            in_place ? 0 : (each_in + each_row / static_cast<double>(step)) * in + (each_out + each_row) * out};
}

}  // namespace upconv::detail
