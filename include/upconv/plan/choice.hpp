// Choice: which kernel a problem gets, and why.
#pragma once

#include "../kernel/pixel_tile.hpp"
#include "merged_walk.hpp"
#include "problem.hpp"

namespace upconv {

/// What a pixel tile of o channels costs for each vector of pixels, in multiply-adds: below 3 channels loads decide.
constexpr double pixel_tile_cost(Index outputs) {
    return outputs == 1 ? 2.2 : outputs == 2 ? 2.6 : static_cast<double>(outputs);
}

/// The cheapest counts of channels of tiles that together have `outputs` channels or a few more.
inline std::vector<Index> pixel_tiles(Index outputs) {
    std::vector<double> cost(static_cast<std::size_t>(outputs) + 1, 0);
    std::vector<Index> tile(cost.size(), 0);
    for (std::size_t n = 1; n < cost.size(); ++n)
        for (Index o : pixel_tile_outputs) {
            const double with = pixel_tile_cost(o) + cost[n - std::min(n, static_cast<std::size_t>(o))];
            if (tile[n] == 0 || with <= cost[n]) {
                cost[n] = with;
                tile[n] = o;
            }
        }
    std::vector<Index> tiles;
    for (Index left = outputs; left > 0; left -= tiles.back()) tiles.push_back(tile[static_cast<std::size_t>(left)]);
    return tiles;
}

/// Multiply-adds a vector of pixels for one input channel, waste included.
inline double pixel_cost(const MergedAxis& rows, const MergedAxis& columns, Index outputs) {
    double total = 0;
    for (const PhaseSet& r : rows.sets)
        for (const PhaseSet& c : columns.sets) {
            double tiles = 0;
            for (Index o : pixel_tiles(outputs * static_cast<Index>(r.phases.size() * c.phases.size())))
                tiles += pixel_tile_cost(o);
            total += tiles * static_cast<double>(r.offset.size() * c.offset.size());
        }
    return total;
}

/// The same for the channel tile: for as many pixels, vectors of output channels that may be part empty.
inline double channel_cost(const FilterProblem& problem, Index width) {
    const Index vectors = (problem.outputs_per_group() + width - 1) / width;
    return static_cast<double>(width * vectors * problem.relation.taps());
}

struct MergedAxes {
    MergedAxis rows, columns;
};

/// The cheapest way of merging the phases of both axes.
inline MergedAxes cheapest_merge(const FilterProblem& problem) {
    const AxisWalk rows = axis_walk(problem.relation.rows, problem.direction);
    const AxisWalk columns = axis_walk(problem.relation.columns, problem.direction);
    MergedAxes best;
    double least = 0;
    for (bool merge_rows : {true, false})
        for (bool merge_columns : {true, false}) {
            MergedAxes way{merged_axis(rows, merge_rows), merged_axis(columns, merge_columns)};
            const double cost = pixel_cost(way.rows, way.columns, problem.outputs_per_group());
            if (least != 0 && cost >= least) continue;
            least = cost;
            best = std::move(way);
        }
    return best;
}

/// Filters that reach so far beyond the picture that packed rows would be mostly zeros, or a phase for each pixel: not
/// worth packing, and without limit in memory.
inline bool is_mostly_padding(const FilterProblem& problem) {
    const auto far = [&](const Axis& axis, Index input) {
        const bool many_phases = problem.direction == Direction::to_fine && phase_count(axis) > 64;
        return many_phases || axis.overhang_before() + axis.overhang_after() > 4 * input + 256 || axis.kernel > 1024;
    };
    return far(problem.relation.rows, problem.input_shape().h) ||
           far(problem.relation.columns, problem.input_shape().w);
}

/// Which kernel, and why.
struct Choice {
    Algorithm algorithm;
    std::string reason;
};

/// `width` is the numbers of a vector; 0 where the scalar has none.
inline Choice choose(const FilterProblem& problem, Index width) {
    if (width == 0) return {Algorithm::reference, "the scalar has no vectors"};
    if (problem.algorithm == Algorithm::reference) return {Algorithm::reference, "as the options say"};
    if (is_mostly_padding(problem))
        return {Algorithm::reference, "the filter reaches far beyond the picture, or makes more than 64 phases"};
    if (problem.algorithm != Algorithm::automatic) return {problem.algorithm, "as the options say"};
    const MergedAxes axes = cheapest_merge(problem);
    const Index pixels = axes.columns.steps, vectors = (pixels + width - 1) / width;
    const double filled = static_cast<double>(pixels) / static_cast<double>(vectors * width);
    const double by_pixels = pixel_cost(axes.rows, axes.columns, problem.outputs_per_group()) / filled;
    const double by_channels = channel_cost(problem, width);
    // Sums of few products cost as much to store as to form, and planes are stored faster than pixels.
    const bool short_sums = problem.inputs_per_group() * problem.relation.taps() < 64;
    const bool pixels_win = by_pixels < by_channels * (short_sums ? 1.2 : 0.95);
    const double each = 1 / static_cast<double>(width);
    return {pixels_win ? Algorithm::pixels : Algorithm::channels,
            joined(to_text(problem.outputs_per_group()), " output channels a group: ", by_channels * each,
                   " multiply-adds of vectors over channels a pixel, ", by_pixels * each, " over pixels")};
}

}  // namespace upconv
