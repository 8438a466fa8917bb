// PixelTiles: the tiles in which the pixel kernel sums the output channels and phases of a group, and which phases it
// merges: the cheapest.
#pragma once

#include "../kernel/pixel_tile.hpp"
#include "merged_walk.hpp"
#include "problem.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// What a pixel tile of o channels costs for each vector of pixels, in multiply-adds (measured): below 4 channels loads
/// decide.
constexpr double pixel_tile_cost(Index outputs) {
    return outputs == 1 ? 2.2 : outputs == 2 ? 2.4 : outputs == 3 ? 3.6 : static_cast<double>(outputs);
}

/// The cheapest counts of channels of tiles that together have `outputs` channels or a few more. `most`: of one tile.
inline std::vector<Index> pixel_tiles(Index outputs, Index most) {
    std::vector<double> cost(static_cast<std::size_t>(outputs) + 1, 0);
    std::vector<Index> tile(cost.size(), 0);
    for (std::size_t n = 1; n < cost.size(); ++n)
        for (Index o : pixel_tile_outputs) {
            if (o > most) break;
            const double with = pixel_tile_cost(o) + cost[n - (std::min)(n, static_cast<std::size_t>(o))];
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
inline double pixel_cost(const MergedAxis& rows, const MergedAxis& columns, Index outputs, Index most) {
    double total = 0;
    for (const PhaseSet& r : rows.sets)
        for (const PhaseSet& c : columns.sets) {
            double tiles = 0;
            for (Index o : pixel_tiles(outputs * static_cast<Index>(r.phases.size() * c.phases.size()), most))
                tiles += pixel_tile_cost(o);
            total += tiles * static_cast<double>(r.taps * c.taps);
        }
    return total;
}

struct MergedAxes {
    MergedAxis rows, columns;
};

/// The cheapest way of merging the phases of both axes.
inline MergedAxes cheapest_merge(const FilterProblem& problem, Isa isa) {
    const AxisWalk rows = axis_walk(problem.relation.rows, problem.direction);
    const AxisWalk columns = axis_walk(problem.relation.columns, problem.direction);
    const Index most = most_tile_outputs(vector_bytes(isa));
    MergedAxes best;
    double least = 0;
    for (bool merge_rows : {true, false})
        for (bool merge_columns : {true, false}) {
            MergedAxes way{merged_axis(rows, merge_rows), merged_axis(columns, merge_columns)};
            const double cost = pixel_cost(way.rows, way.columns, problem.outputs_per_group(), most);
            if (least != 0 && cost >= least) continue;
            least = cost;
            best = std::move(way);
        }
    return best;
}

}  // namespace upconv::detail
