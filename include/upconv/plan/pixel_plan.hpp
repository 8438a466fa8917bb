// PixelPlan: what the pixel tile does over a whole problem, as data: few output channels, depthwise, small groups. A
// strip (rows of one image, or several small images) is packed channel by channel with its padding, so that each tap is
// one offset; the phases that read the same inputs are summed together in the stage, a plane for each output channel
// and phase. Where there is one phase and a row's columns are neighbours in memory, sums go straight to the output; and
// a 1 x 1 filter then reads the input in place as well. engine/pixel_pass.hpp does it.
#pragma once

#include "in_place.hpp"
#include "pixel_tiles.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Steps of `images` images that are summed together; one image if it is not all its steps.
struct PixelStrip {
    Index images, steps;
};
/// Numbers of the buffers of a strip.
struct PixelLengths {
    Index cells;       // of a packed row of one phase: the columns and what the taps reach beside them
    Index span;        // from a packed row to the next, and from a row of sums
    Index image_rows;  // from one image to the next
    Index phase;       // of the packed rows of a phase
    Index channel;     // of all phases
    Index plane;       // sums of one output channel and phase
};
/// Which output channel and phases (of its sets) a channel of a tile is.
struct PixelOutput {
    Index channel, row_phase, column_phase;

    friend bool operator==(const PixelOutput&, const PixelOutput&) = default;
};
/// A tile of channels of a group: which they are, and where its weights begin.
struct PixelTile {
    Index row_set, column_set, outputs, taps, weight;
    std::vector<PixelOutput> output;  // the last one repeated where there are fewer

    friend bool operator==(const PixelTile&, const PixelTile&) = default;
};

struct PixelPlan {
    FilterProblem problem;
    Isa isa;
    Index element;            // bytes of a sum
    bool narrow;              // the scalar is not that of its sums: nothing is read or written in place
    Index channels, outputs;  // of a group
    Index width;              // of a vector
    MergedAxis rows, columns;
    std::vector<MergedPhase> row_phases, column_phases;
    Index tile_columns = 1, most_steps = 1;
    std::vector<PixelTile> tiles;                                // of a group
    Index group_weights = 0, group_taps = 0, group_outputs = 0;  // of all its tiles

    /// For sums of `element_bytes`.
    PixelPlan(const FilterProblem& of, Isa on, Index element_bytes, bool is_narrow)
        : problem(of),
          isa(on),
          element(element_bytes),
          narrow(is_narrow),
          channels(of.inputs_per_group()),
          outputs(of.outputs_per_group()),
          width(vector_bytes(on) / element_bytes) {
        MergedAxes axes = cheapest_merge(of, on);
        rows = std::move(axes.rows);
        columns = std::move(axes.columns);
        row_phases = rows.phases();
        column_phases = columns.phases();
        cut();
        for (Index r = 0; r < static_cast<Index>(rows.sets.size()); ++r)
            for (Index c = 0; c < static_cast<Index>(columns.sets.size()); ++c) list_tiles(r, c);
    }

    Index groups_together() const {
        const Index by_line = group_target / (std::max)(channels, outputs);
        const Index by_stage = stage_target / (outputs * planes() * width * element);
        // Of the least strip: rows of every phase of a large stride fill the second-level cache a few channels at a
        // time.
        const auto steps = static_cast<double>(least_steps + rows.reach_steps());
        const auto cells = static_cast<double>((std::min)(8 * width, columns.steps) + columns.reach_steps());
        const double bytes = steps * cells * bytes_of_a_cell();
        const auto by_packed = static_cast<Index>(4 * packed_target / bytes);
        return std::clamp<Index>((std::min)({by_line, by_stage, by_packed}), 1, problem.relation.groups);
    }
    Index group_tiles() const { return (problem.relation.groups + groups_together() - 1) / groups_together(); }
    Index column_tiles() const { return (columns.steps + tile_columns - 1) / tile_columns; }
    Index pieces(const PixelStrip& strip) const { return (rows.steps + strip.steps - 1) / strip.steps; }

    /// Zeros that end one row begin the next.
    Index span() const {
        return tile_columns + columns.reach_steps() - (column_tiles() == 1 ? columns.shared_zeros() : 0);
    }

    PixelLengths lengths_of(const PixelStrip& strip) const {
        PixelLengths l{};
        l.cells = tile_columns + columns.reach_steps();
        l.span = span();
        l.image_rows = packed_rows(strip.steps) - (strip.steps == rows.steps ? rows.shared_zeros() : 0);
        // What clears a row writes a vector more.
        l.phase = (strip.images * l.image_rows + rows.reach_steps()) * l.span + l.cells - l.span + width;
        // An odd number of cache lines: those of the channels spread over the whole first-level cache.
        const Index line = 64 / element;
        l.channel = ((rows.input_step * columns.input_step * l.phase / line + 1) | 1) * line;
        l.plane = strip.images * l.image_rows * l.span + 8 * width;  // with room for the last tile
        return l;
    }

    /// Of one phase of an image.
    Index packed_rows(Index steps) const { return steps + rows.reach_steps(); }
    Index planes() const { return static_cast<Index>(row_phases.size() * column_phases.size()); }

    /// Whether the column phases make whole rows: one follows the other.
    bool rows_are_whole() const {
        const Index made = column_phases.back().first() - column_phases.front().first() + 1;
        return made == columns.output_step && made == static_cast<Index>(column_phases.size());
    }

    /// Of one of the phases, by the order of the outputs they make.
    static Index number(const std::vector<MergedPhase>& phases, const MergedPhase& phase) {
        const auto same = [&](const MergedPhase& other) { return other.first() == phase.first(); };
        return std::find_if(phases.begin(), phases.end(), same) - phases.begin();
    }

    PixelStrip strip_for(Index threads) const {
        if (most_steps >= rows.steps) {
            const Index images = (std::min)(most_steps / rows.steps, problem.n);
            if (problem.n * group_tiles() * column_tiles() >= threads)
                return {(std::min)(images, std::max<Index>(problem.n * group_tiles() * column_tiles() / threads, 1)),
                        rows.steps};
        }
        Index count = (rows.steps + most_steps - 1) / most_steps;
        if (threads > 1) count = (std::min)((count + threads - 1) / threads * threads, rows.steps);
        return {1, (rows.steps + count - 1) / count};
    }

    /// Whether each row keeps a tile busy alone: 8 sums are in the making at any time.
    bool fill_rows() const {
        const Index last = (columns.steps - 1) % tile_columns + 1, bytes = width * element;
        return std::all_of(tiles.begin(), tiles.end(), [&](const PixelTile& tile) {
            const int most = pixel_vectors(static_cast<int>(bytes), static_cast<int>(tile.outputs));
            return last >= (tile.outputs < 4 ? most : 2) * width;
        });
    }

    InPlace in_place(const Shape4& input_stride, const Shape4& output_stride, const PixelStrip& strip) const {
        const Shape4 in = problem.input_shape(), out = problem.output_shape();
        const bool neighbours = !narrow && planes() == 1 && output_stride.w == 1;
        const bool one_tap = rows.reach == Range{0, 1} && columns.reach == Range{0, 1} && in.h == out.h &&
                             in.w == out.w && rows.input_step == 1 && columns.input_step == 1;
        const bool whole_rows = input_stride.w == 1 && input_stride.h == in.w && output_stride.h == out.w;
        const Index last_steps = (rows.steps - 1) % strip.steps + 1;
        if (neighbours && one_tap && whole_rows && column_tiles() == 1 && last_steps * out.w >= 2 * width)
            return {true, true};
        // The last vectors of a row overlap those before them: not where they are much of the row.
        const Index vectors = (columns.steps + width - 1) / width;
        return {false, neighbours && fill_rows() && 8 * vectors * width <= 9 * columns.steps};
    }

    /// Its largest tile and its strips, in words.
    std::string text() const {
        Index most = 0;
        for (const PixelTile& tile : tiles) most = (std::max)(most, tile.outputs);
        return joined("tiles of ", most, most == 1 ? " channel x " : " channels and phases x ",
                      Index(pixel_vectors(vector_bytes(isa), static_cast<int>(most))) * width, ", strips of ",
                      most_steps, " x ", tile_columns);
    }

    friend bool operator==(const PixelPlan&, const PixelPlan&) = default;

  private:
    // Tried for strips that pack their rows less often: 16 input channels at a time, added to the stage: 0.96 of the
    // time for 9 x 9 taps, 1.05 for 4 x 4. The next strip fetched ahead among the sums: 0.98 to 1.02.
    static constexpr Index packed_target = 256 * 1024;  // bytes of packed input a strip; 128 KiB: 1.05 times the time
    static constexpr Index stage_target = 128 * 1024;   // bytes of sums a strip
    static constexpr Index least_steps = 4;             // of a strip
    static constexpr Index group_target = 16;           // channels that are packed together: a cache line of NHWC

    /// Of all channels and phases of a group. Not a whole number: a hostile stride's square has no 64 bits.
    double bytes_of_a_cell() const {
        return static_cast<double>(channels * element) * static_cast<double>(rows.input_step) *
               static_cast<double>(columns.input_step);
    }

    /// The steps of a strip that fill its buffers.
    void cut() {
        const Index sums = groups_together() * outputs * planes() * element;
        tile_columns = std::clamp<Index>(stage_target / sums, 8 * width, 1024);
        tile_columns = (std::min)(tile_columns, columns.steps);
        const Index by_stage = stage_target / (sums * span());
        const double row_bytes = static_cast<double>(groups_together() * span()) * bytes_of_a_cell();
        const Index by_packed = static_cast<Index>(packed_target / row_bytes) - rows.reach_steps();
        most_steps = std::max<Index>((std::min)(by_stage, by_packed), least_steps);
    }

    void list_tiles(Index row_set, Index column_set) {
        const PhaseSet& r = rows.sets[static_cast<std::size_t>(row_set)];
        const PhaseSet& c = columns.sets[static_cast<std::size_t>(column_set)];
        std::vector<PixelOutput> all;
        for (Index o = 0; o < outputs; ++o)
            for (Index p = 0; p < static_cast<Index>(r.phases.size()); ++p)
                for (Index q = 0; q < static_cast<Index>(c.phases.size()); ++q) all.push_back({o, p, q});
        auto next = all.begin();
        for (Index wide : pixel_tiles(static_cast<Index>(all.size()), most_tile_outputs(vector_bytes(isa)))) {
            const auto end = next + std::min<std::ptrdiff_t>(wide, all.end() - next);
            tiles.push_back({row_set, column_set, wide, r.taps * c.taps, group_weights, {next, end}});
            tiles.back().output.resize(static_cast<std::size_t>(wide), *(end - 1));
            group_weights += wide * r.taps * c.taps * channels;
            group_taps += r.taps * c.taps;
            group_outputs += wide;
            next = end;
        }
    }
};

}  // namespace upconv::detail
