// ChannelPlan: what the channel tile does over a whole problem, as data. The output is cut into strips of rows and
// columns. For each strip its input rows are packed once, or read in place where the channels of a pixel are neighbours
// in memory; then each block of output channels is summed over all phases, in place likewise or in a small buffer (the
// stage) and stored from there. engine/channel_pass.hpp does it.
#pragma once

#include <cmath>

#include "../kernel/channel_tile.hpp"
#include "../kernel/view.hpp"
#include "channel_parts.hpp"
#include "in_place.hpp"
#include "problem.hpp"
#include "row_numbers.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Output channels that are summed together: 2 vectors, and 1 for what is left. Where there are enough, the last block
/// is whole too and sums some channels of the one before again.
struct ChannelBlock {
    Index first, channels, vectors;
    Index weight;  // where its weights begin

    friend constexpr bool operator==(const ChannelBlock&, const ChannelBlock&) = default;
};

struct ChannelPlan {
    FilterProblem problem;
    Isa isa;
    Index element;  // bytes of a sum
    bool narrow;    // the scalar is not that of its sums: nothing is read or written in place

    AxisWalk rows, columns;
    Index channels;                         // input channels of a group
    Index lanes;                            // of a pixel of the stage
    Index tile_columns = 1, most_rows = 1;  // of a strip
    ChannelParts packed_parts, in_place_parts;
    bool packed_inside = false, in_place_pays = false, far_output = false;
    std::vector<ChannelBlock> blocks;  // of the output channels of a group
    Index splittable = 1;              // blocks that threads can share; the last goes with the one it overlaps
    bool whole_blocks = false;         // no lane without an output channel
    Index group_weights = 0;

    /// For sums of `element_bytes`.
    ChannelPlan(const FilterProblem& of, Isa on, Index element_bytes, bool is_narrow)
        : problem(of),
          isa(on),
          element(element_bytes),
          narrow(is_narrow),
          rows(axis_walk(of.relation.rows, of.direction)),
          columns(axis_walk(of.relation.columns, of.direction)),
          channels(of.inputs_per_group()),
          lanes(2 * vector_bytes(on) / element_bytes) {
        cut();
        choose_parts();
        list_blocks();
    }

    bool has_more_weights() const {
        const Shape4 in = problem.input_shape();
        return problem.outputs_per_group() * problem.relation.taps() > problem.n * in.h * in.w;
    }
    Index row_phases() const { return static_cast<Index>(rows.phases.size()); }
    Index column_phases() const { return static_cast<Index>(columns.phases.size()); }
    Index column_tiles() const { return (columns.steps() + tile_columns - 1) / tile_columns; }
    Index block() const { return (std::min)(channels, channel_block); }
    /// Of a packed row: all that the taps reach, or no more than the picture where no tap reads beside it.
    Index packed_columns() const {
        const Index reached = (tile_columns - 1) * columns.input_step + columns.reach().size();
        return packed_inside ? (std::min)(reached, columns.input) : reached;
    }
    /// The first column of a packed row whose strip begins at column step `begin`.
    Index first_packed(Index begin) const {
        const Index first = begin * columns.input_step + columns.reach().begin;
        return packed_inside ? std::clamp<Index>(first, 0, columns.input - packed_columns()) : first;
    }
    Index row_size() const { return (channels + block() - 1) / block() * packed_columns() * block(); }
    Index stage_columns() const { return tile_columns * column_phases(); }
    /// Where a row of the stage begins.
    Index stage_row(Index line, Index row_phase) const {
        return (line * row_phases() + row_phase) * stage_columns() * lanes;
    }
    RowNumbers row_numbers() const { return {rows.steps(), rows.input_step, rows.input, rows.reach()}; }

    /// As many as fit the cache packed, but enough for a few tiles.
    Index packed_strip_rows() const {
        constexpr Index least_pixels = 96;
        const Index row_bytes = row_size() * element;
        const Index by_bytes = (packed_target / row_bytes - rows.reach().size()) / rows.input_step + 1;
        const Index least = (std::min)((least_pixels + tile_columns - 1) / tile_columns, most_rows);
        return std::clamp<Index>(by_bytes, least, most_rows);
    }

    /// Those of one of `splits` shares of the blocks.
    Range blocks_of(Index split, Index splits) const {
        const Index end = (split + 1) * splittable / splits;
        return {split * splittable / splits, end == splittable ? static_cast<Index>(blocks.size()) : end};
    }

    /// How many blocks from `first` on are summed for each tile of pixels: all that have few weights, so that the
    /// output is written from one end to the other. 1.3 times as fast for 64 channels of 284 x 284 from one.
    Index summed_together(Index first, Index end, InPlace in_place) const {
        const auto vectors = [&](Index b) { return blocks[static_cast<std::size_t>(b)].vectors; };
        Index count = 1;
        if (in_place.output && group_weights * element <= few_weights)
            while (first + count < end && vectors(first + count) == vectors(first)) ++count;
        return count;
    }

    /// Whether each step of a sum is listed, for innermost loops of `steps`: few are not worth loops of their own.
    /// AVX-512: 5 steps 0.92 of the speed, 4 1.1, 3 1.1; AVX2: 9 steps 1.07, 3 1.3.
    bool lists_steps(Index steps) const { return channels <= channel_block && steps <= traits(isa).listed_steps; }

    Index listed_steps(const ChannelParts& of) const {
        const auto of_axis = [](const AxisWalk& walk, const AxisSegments& axis) {
            Index taps = 0;
            for (std::size_t p = 0; p < axis.size(); ++p)
                for (const Segment& s : axis[p])
                    if (s.taps.size() == walk.phases[p].taps) taps += s.taps.size();
            return taps;
        };
        return lists_steps(channels) ? of_axis(rows, of.rows) * of_axis(columns, of.columns) * channels : 0;
    }

    const ChannelParts& parts(InPlace in_place) const { return in_place.input ? in_place_parts : packed_parts; }

    /// Parts are then cut so that no tap reads beside the picture.
    InPlace in_place(const Shape4& input_stride, const Shape4& output_stride) const {
        // Pixels 1 KiB apart share a few lines of the first-level cache, where sums are visited again and again: the
        // stage is 1.02 (256 channels) to 1.14 (512) times as fast.
        const bool crowded = output_stride.w * element % 1024 == 0;
        return {in_place_pays && input_stride.c == 1, !narrow && whole_blocks && output_stride.c == 1 && !crowded};
    }

    /// Its tiles and strips, in words.
    std::string text() const {
        const Index pixels = (std::min)(sums_in_registers(vector_bytes(isa)) / 2, 12);
        return joined("tiles of ", pixels, " x ", lanes, ", strips of ", most_rows, " x ", tile_columns,
                      in_place_pays ? "; an input with channels last is read in place" : "");
    }

    friend bool operator==(const ChannelPlan&, const ChannelPlan&) = default;

  private:
    static constexpr Index packed_target = 512 * 1024;  // bytes of packed input a strip: half of a second-level cache
    static constexpr Index stage_target = 256 * 1024;   // bytes of sums a strip
    static constexpr Index few_weights = 16 * 1024;     // bytes that stay in the first-level cache
    static constexpr double far_bytes = 4e6;            // of a tensor that no second-level cache holds
    static constexpr Index pixel_target = 256;          // steps of a strip: what a panel of weights is read for

    void cut() {
        const Index pixel_bytes = row_phases() * column_phases() * lanes * element;
        const Index pixels = std::clamp<Index>(stage_target / pixel_bytes, 16, pixel_target);
        const Index tiles = (columns.steps() - 1) / (pixels + pixels / 4) + 1;  // of about the same width
        tile_columns = (columns.steps() + tiles - 1) / tiles;
        most_rows = (pixels + tile_columns - 1) / tile_columns;
    }

    /// Reading in place saves the packing (measured: about the time of a multiply-add of 2 vectors for each number),
    /// but then every border is a part of its own.
    void choose_parts() {
        const Index images = std::max<Index>(problem.n, 1), strips = (images * rows.steps() - 1) / most_rows + 1;
        packed_parts = cheapest_parts(rows, columns, images, strips);
        packed_inside = all_inside(columns, packed_parts.columns);
        if (narrow) return;
        in_place_parts = channel_parts(rows, columns, Cut::where_taps_change, Cut::where_taps_change, images, strips);
        const double outputs = std::ceil(static_cast<double>(problem.outputs_per_group()) / static_cast<double>(lanes));
        const auto packing = static_cast<double>(images * rows.input * columns.input);
        // Pixels 2 KiB apart share a few lines of the first-level cache: 6 to 10 % on 512 channels. And what comes from
        // memory is better fetched once, row by row: 1.25 times as fast on 64 channels of 284 x 284. None with one tap.
        const Shape4 in = problem.input_shape(), out = problem.output_shape();
        far_output = static_cast<double>(out.size()) * static_cast<double>(element) > far_bytes;
        const auto pixel_bytes = in.c * element;
        const bool several_taps = problem.relation.taps() > problem.phases();
        const bool crowded = several_taps && pixel_bytes % 2048 == 0;
        const bool far =
            several_taps && static_cast<double>(in.h * in.w) * static_cast<double>(pixel_bytes) > far_bytes;
        const double cost = in_place_parts.cost * outputs * (crowded ? 1.06 : 1);
        in_place_pays = !far && all_inside(rows, in_place_parts.rows) && all_inside(columns, in_place_parts.columns) &&
                        cost <= packed_parts.cost * outputs + packing;
    }

    void list_blocks() {
        const Index width = lanes / 2, outputs = problem.outputs_per_group();
        const Index taps = rows.taps() * columns.taps();
        for (Index done = 0; done < outputs;) {
            const Index vectors = outputs - done > width ? 2 : 1, wide = vectors * width;
            const Index first = std::max<Index>((std::min)(done, outputs - wide), 0);
            blocks.push_back({first, (std::min)(outputs - first, wide), vectors, group_weights});
            group_weights += wide * taps * channels;
            done = first + wide;
        }
        const auto count = static_cast<Index>(blocks.size());
        const bool overlaps = count > 1 && blocks.back().first < blocks[blocks.size() - 2].first + lanes;
        splittable = overlaps ? count - 1 : count;
        whole_blocks = outputs >= width && blocks.front().channels == blocks.front().vectors * width;
    }
};

}  // namespace upconv::detail
