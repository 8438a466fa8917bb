// ChannelPlan: the channel tile over a whole problem. The output is cut into strips of rows and columns. For each strip
// its input rows are packed once, or read in place where the channels of a pixel are neighbours in memory; then each
// block of output channels is summed over all phases, in place likewise or in a small buffer (the stage) and stored
// from there.
//
//     run -> worker: strip -> pack rows -> point at pixels -> for each block of output channels: tiles, unpack
#pragma once

#include <cmath>

#include "../kernel/move.hpp"
#include "../kernel/store.hpp"
#include "channel_parts.hpp"
#include "problem.hpp"
#include "row_window.hpp"
#include "strips.hpp"

namespace upconv::detail {

template <class T>
class ChannelPlan {
  public:
    using C = AccumulatorOf<T>;

    ChannelPlan(const FilterProblem& problem, const T* weight, Isa isa = best_isa())
        : problem_(problem),
          isa_(isa),
          rows_(axis_walk(problem.relation.rows, problem.direction)),
          columns_(axis_walk(problem.relation.columns, problem.direction)),
          channels_(problem.inputs_per_group()),
          lanes_(2 * vector_bytes(isa) / static_cast<Index>(sizeof(C))) {
        cut();
        choose_parts();
        list_blocks();
        pack_weights(weight);
    }

    void run(View<const T> input, View<T> output, const Store<T>& store, const Executor& executor) const {
        const Index lines = problem_.n * rows_.steps(), groups = problem_.relation.groups;
        const Way way = way_for(input, output);
        const StripCut cut = cut_strips(lines, way.input ? most_rows_ : packed_strip_rows(), groups * column_tiles(),
                                        splittable_, executor.threads(), has_more_weights());
        const Call call{input, output, store, cut.splits, way};
        const Sizes sizes = sizes_of(cut, way);
        run_strips(cut, sizes.bytes(), problem_.flops() / 32, executor,
                   [&](std::byte* memory) { return Worker(*this, call, sizes, memory); });
    }

  private:
    /// Output channels that are summed together: 2 vectors, and 1 for what is left. Where there are enough, the last
    /// block is whole too and sums some channels of the one before again.
    struct Block {
        Index first, channels, vectors;
        Index weight;  // where its weights begin
    };

    /// What is read and written where it lies. Parts are then cut so that no tap reads beside the picture.
    struct Way {
        bool input, output;
    };

    /// What one run works on.
    struct Call {
        View<const T> input;
        View<T> output;
        const Store<T>& store;
        Index splits;
        Way way;
    };

    /// Numbers of elements in a worker's buffers.
    struct Sizes {
        Index window_rows, window, bias, stage, operands, pointers, parts, offsets;

        Index bytes() const {
            return Pieces::bytes<C>(window) + Pieces::bytes<C>(bias) + Pieces::bytes<C>(stage) +
                   Pieces::bytes<ChannelOperands<C>>(operands) + Pieces::bytes<C*>(pointers) +
                   Pieces::bytes<ChannelPart<C>>(parts) + Pieces::bytes<Index>(offsets);
        }
    };

    class Lists;
    class Worker;

    static constexpr Index packed_target = 512 * 1024;  // bytes of packed input a strip: half of a second-level cache
    static constexpr Index stage_target = 256 * 1024;   // bytes of sums a strip
    static constexpr Index few_weights = 16 * 1024;     // bytes that stay in the first-level cache
    static constexpr double far_bytes = 4e6;            // of a tensor that no second-level cache holds
    static constexpr Index pixel_target = 256;          // steps of a strip: what a panel of weights is read for

    bool has_more_weights() const {
        const Shape4 in = problem_.input_shape();
        return problem_.outputs_per_group() * problem_.relation.taps() > problem_.n * in.h * in.w;
    }
    Index row_phases() const { return static_cast<Index>(rows_.phases.size()); }
    Index column_phases() const { return static_cast<Index>(columns_.phases.size()); }
    Index column_tiles() const { return (columns_.steps() + tile_columns_ - 1) / tile_columns_; }
    Index block() const { return (std::min)(channels_, channel_block); }
    /// Of a packed row: all that the taps reach, or no more than the picture where no tap reads beside it.
    Index packed_columns() const {
        const Index reached = (tile_columns_ - 1) * columns_.input_step + columns_.reach().size();
        return packed_inside_ ? (std::min)(reached, columns_.input) : reached;
    }
    /// The first column of a packed row whose strip begins at column step `begin`.
    Index first_packed(Index begin) const {
        const Index first = begin * columns_.input_step + columns_.reach().begin;
        return packed_inside_ ? std::clamp<Index>(first, 0, columns_.input - packed_columns()) : first;
    }
    Index row_size() const { return (channels_ + block() - 1) / block() * packed_columns() * block(); }
    Index stage_columns() const { return tile_columns_ * column_phases(); }
    /// Where a row of the stage begins.
    Index stage_row(Index line, Index row_phase) const {
        return (line * row_phases() + row_phase) * stage_columns() * lanes_;
    }
    RowNumbers row_numbers() const { return {rows_.steps(), rows_.input_step, rows_.input, rows_.reach()}; }

    void cut() {
        const Index pixel_bytes = row_phases() * column_phases() * lanes_ * static_cast<Index>(sizeof(C));
        const Index pixels = std::clamp<Index>(stage_target / pixel_bytes, 16, pixel_target);
        const Index tiles = (columns_.steps() - 1) / (pixels + pixels / 4) + 1;  // of about the same width
        tile_columns_ = (columns_.steps() + tiles - 1) / tiles;
        most_rows_ = (pixels + tile_columns_ - 1) / tile_columns_;
    }

    /// As many as fit the cache packed, but enough for a few tiles.
    Index packed_strip_rows() const {
        constexpr Index least_pixels = 96;
        const Index row_bytes = row_size() * static_cast<Index>(sizeof(C));
        const Index by_bytes = (packed_target / row_bytes - rows_.reach().size()) / rows_.input_step + 1;
        const Index least = (std::min)((least_pixels + tile_columns_ - 1) / tile_columns_, most_rows_);
        return std::clamp<Index>(by_bytes, least, most_rows_);
    }

    /// Reading in place saves the packing (measured: about the time of a multiply-add of 2 vectors for each number),
    /// but then every border is a part of its own.
    void choose_parts() {
        const Index images = std::max<Index>(problem_.n, 1), strips = (images * rows_.steps() - 1) / most_rows_ + 1;
        packed_parts_ = cheapest_parts(rows_, columns_, images, strips);
        packed_inside_ = all_inside(columns_, packed_parts_.columns);
        if (!std::is_same_v<C, T>) return;
        in_place_parts_ =
            channel_parts(rows_, columns_, Cut::where_taps_change, Cut::where_taps_change, images, strips);
        const double blocks =
            std::ceil(static_cast<double>(problem_.outputs_per_group()) / static_cast<double>(lanes_));
        const auto packing = static_cast<double>(images * rows_.input * columns_.input);
        // Pixels 2 KiB apart share a few lines of the first-level cache: 6 to 10 % on 512 channels. And what comes from
        // memory is better fetched once, row by row: 1.25 times as fast on 64 channels of 284 x 284. None with one tap.
        const Shape4 in = problem_.input_shape(), out = problem_.output_shape();
        far_output_ = static_cast<double>(out.size()) * sizeof(C) > far_bytes;
        const auto pixel_bytes = in.c * static_cast<Index>(sizeof(C));
        const bool several_taps = problem_.relation.taps() > problem_.phases();
        const bool crowded = several_taps && pixel_bytes % 2048 == 0;
        const bool far =
            several_taps && static_cast<double>(in.h * in.w) * static_cast<double>(pixel_bytes) > far_bytes;
        const double in_place = in_place_parts_.cost * blocks * (crowded ? 1.06 : 1);
        in_place_pays_ = !far && all_inside(rows_, in_place_parts_.rows) &&
                         all_inside(columns_, in_place_parts_.columns) &&
                         in_place <= packed_parts_.cost * blocks + packing;
    }

    void list_blocks() {
        const Index width = lanes_ / 2, outputs = problem_.outputs_per_group();
        const Index taps = rows_.taps() * columns_.taps();
        for (Index done = 0; done < outputs;) {
            const Index vectors = outputs - done > width ? 2 : 1, lanes = vectors * width;
            const Index first = std::max<Index>((std::min)(done, outputs - lanes), 0);
            blocks_.push_back({first, (std::min)(outputs - first, lanes), vectors, group_weights_});
            group_weights_ += lanes * taps * channels_;
            done = first + lanes;
        }
        const auto count = static_cast<Index>(blocks_.size());
        const bool overlaps = count > 1 && blocks_.back().first < blocks_[blocks_.size() - 2].first + lanes_;
        splittable_ = overlaps ? count - 1 : count;
        whole_blocks_ = outputs >= width && blocks_.front().channels == blocks_.front().vectors * width;
    }

    void pack_weights(const T* weight) {
        weight_.assign(static_cast<std::size_t>(group_weights_ * problem_.relation.groups), C(0));
        C* to = weight_.data();
        for (Index g = 0; g < problem_.relation.groups; ++g)
            for (const Block& b : blocks_)
                for (const Phase& r : rows_.phases)
                    for (const Phase& c : columns_.phases) to = pack_phase(weight, g, b, r, c, to);
    }

    C* pack_phase(const T* weight, Index g, const Block& outputs, const Phase& r, const Phase& c, C* to) const {
        for (Index k = 0; k < channels_; k += block())
            for (Index a = 0; a < r.taps; ++a)
                for (Index b = 0; b < c.taps; ++b)
                    for (Index i = k; i < (std::min)(k + block(), channels_); ++i, to += outputs.vectors * lanes_ / 2)
                        for (Index o = 0; o < outputs.channels; ++o)
                            to[o] =
                                widen<C>(weight[problem_.weight_index(g, outputs.first + o, i, r.tap(a), c.tap(b))]);
        return to;
    }

    Way way_for(const View<const T>& input, const View<T>& output) const {
        // Pixels 1 KiB apart share a few lines of the first-level cache, where sums are visited again and again: the
        // stage is 1.02 (256 channels) to 1.14 (512) times as fast.
        const bool crowded = output.stride.w * static_cast<Index>(sizeof(T)) % 1024 == 0;
        return {in_place_pays_ && input.stride.c == 1,
                std::is_same_v<C, T> && whole_blocks_ && output.stride.c == 1 && !crowded};
    }

    /// Those of one of `splits` shares of the blocks.
    Range blocks_of(Index split, Index splits) const {
        const Index end = (split + 1) * splittable_ / splits;
        return {split * splittable_ / splits, end == splittable_ ? static_cast<Index>(blocks_.size()) : end};
    }

    /// How many blocks from `first` on are summed for each tile of pixels: all that have few weights, so that the
    /// output is written from one end to the other. 1.3 times as fast for 64 channels of 284 x 284 from one.
    Index summed_together(Index first, Index end, const Way& way) const {
        const auto vectors = [&](Index b) { return blocks_[static_cast<std::size_t>(b)].vectors; };
        Index count = 1;
        if (way.output && group_weights_ * static_cast<Index>(sizeof(C)) <= few_weights)
            while (first + count < end && vectors(first + count) == vectors(first)) ++count;
        return count;
    }

    /// Whether each step of a sum is listed, for innermost loops of `steps`: few are not worth loops of their own.
    /// AVX-512: 5 steps 0.92 of the speed, 4 1.1, 3 1.1; AVX2: 9 steps 1.07, 3 1.3.
    bool lists_steps(Index steps) const { return channels_ <= channel_block && steps <= traits(isa_).listed_steps; }

    Index listed_steps(const ChannelParts& cut) const {
        const auto of_axis = [](const AxisWalk& walk, const AxisSegments& axis) {
            Index taps = 0;
            for (std::size_t p = 0; p < axis.size(); ++p)
                for (const Segment& s : axis[p])
                    if (s.taps.size() == walk.phases[p].taps) taps += s.taps.size();
            return taps;
        };
        return lists_steps(channels_) ? of_axis(rows_, cut.rows) * of_axis(columns_, cut.columns) * channels_ : 0;
    }

    const ChannelParts& parts(const Way& way) const { return way.input ? in_place_parts_ : packed_parts_; }

    Sizes sizes_of(const StripCut& cut, const Way& way) const {
        const Index window_rows = way.input ? 0 : row_numbers().most_read(cut);
        Index lists = 0, parts_lists = 0, taps = 0;
        for (std::size_t p = 0; p < rows_.phases.size(); ++p) {
            const Index of_phase = rows_.phases[p].taps + 1;
            lists += of_phase;
            parts_lists += of_phase * static_cast<Index>(parts(way).rows[p].size());
        }
        for (const auto& phase : parts(way).columns)
            for (const Segment& segment : phase) taps += segment.taps.size();
        const Index operands = summed_together(0, static_cast<Index>(blocks_.size()), way);
        return {.window_rows = window_rows,
                .window = way.input ? 0 : (window_rows + 1) * row_size(),
                .bias = operands * lanes_,
                .stage = way.output ? 0 : cut.rows * row_phases() * stage_columns() * lanes_,
                .operands = operands,
                .pointers = lists * column_phases() * cut.rows * tile_columns_ +
                            3 * parts_lists * ChannelParts::segment_count(parts(way).columns),
                .parts = parts(way).count(),
                .offsets = taps * row_phases() + listed_steps(parts(way))};
    }

    FilterProblem problem_;
    Isa isa_;
    AxisWalk rows_, columns_;
    Index channels_;                          // input channels of a group
    Index lanes_;                             // of a pixel of the stage
    Index tile_columns_ = 1, most_rows_ = 1;  // of a strip
    ChannelParts packed_parts_, in_place_parts_;
    bool packed_inside_ = false, in_place_pays_ = false, far_output_ = false;
    std::vector<Block> blocks_;  // of the output channels of a group
    Index splittable_ = 1;       // blocks that threads can share; the last goes with the one it overlaps
    bool whole_blocks_ = false;  // no lane without an output channel
    Index group_weights_ = 0;
    std::vector<C> weight_;  // (groups, blocks, phases, blocks of input channels, taps, channels, lanes)
};

}  // namespace upconv::detail

#include "channel_worker.hpp"
