// PixelPlan: the pixel tile over a whole problem: few output channels, depthwise, small groups. A strip (rows of one
// image, or several small images) is packed channel by channel with its padding, so that each tap is one offset; the
// phases that read the same inputs are summed together in the stage, a plane for each output channel and phase. Where
// there is one phase and a row's columns are neighbours in memory, sums go straight to the output; and a 1 x 1 filter
// then reads the input in place as well.
//
//     run -> worker: strip -> pack rows -> tiles of all groups that were packed -> unpack
#pragma once

#include "../kernel/store.hpp"
#include "../plan/choice.hpp"
#include "run_strips.hpp"

namespace upconv::detail {

template <class T>
class PixelPlan {
  public:
    using C = AccumulatorOf<T>;

    PixelPlan(const FilterProblem& problem, const T* weight, Isa isa = best_isa())
        : problem_(problem),
          isa_(isa),
          channels_(problem.inputs_per_group()),
          outputs_(problem.outputs_per_group()),
          width_(vector_bytes(isa) / static_cast<Index>(sizeof(C))) {
        MergedAxes axes = cheapest_merge(problem, isa);
        rows_ = std::move(axes.rows);
        columns_ = std::move(axes.columns);
        row_phases_ = rows_.phases();
        column_phases_ = columns_.phases();
        cut();
        pack_weights(weight);
    }

    void run(View<const T> input, View<T> output, const Store<T>& store, const Executor& executor) const {
        const Strip strip = strip_for(executor.threads());
        const Call call{{input, output, store}, strip, way_for(input, output, strip), lengths_of(strip)};
        const Index strips = (problem_.n + call.strip.images - 1) / call.strip.images * pieces(call.strip);
        const StripCut cut{strips, 1, strips, group_tiles() * column_tiles(), 1};
        run_strips(cut, Worker::bytes(*this, call), problem_.flops() / 32, executor,
                   [&](std::byte* memory) { return Worker(*this, call, memory); });
    }

  private:
    /// Steps of `images` images that are summed together; one image if it is not all its steps.
    struct Strip {
        Index images, steps;
    };
    struct Operands {
        View<const T> input;
        View<T> output;
        const Store<T>& store;
    };
    /// What is read and written where it lies.
    struct Way {
        bool input, output;
    };
    /// Numbers of the buffers of a strip.
    struct Lengths {
        Index cells;       // of a packed row of one phase: the columns and what the taps reach beside them
        Index span;        // from a packed row to the next, and from a row of sums
        Index image_rows;  // from one image to the next
        Index phase;       // of the packed rows of a phase
        Index channel;     // of all phases
        Index plane;       // sums of one output channel and phase
    };
    struct Call : Operands {
        Strip strip;
        Way way;
        Lengths lengths;
    };
    /// Which output channel and phases (of its sets) a channel of a tile is.
    struct Output {
        Index channel, row_phase, column_phase;
    };
    /// A tile of channels of a group: which they are, and where its weights begin.
    struct Tile {
        Index row_set, column_set, outputs, weight;
        std::vector<Output> output;  // the last one repeated where there are fewer
    };

    struct Rows;
    class Worker;

    // Tried for strips that pack their rows less often: 16 input channels at a time, added to the stage: 0.96 of the
    // time for 9 x 9 taps, 1.05 for 4 x 4. The next strip fetched ahead among the sums: 0.98 to 1.02.
    static constexpr Index packed_target = 256 * 1024;  // bytes of packed input a strip; 128 KiB: 1.05 times the time
    static constexpr Index stage_target = 128 * 1024;   // bytes of sums a strip
    static constexpr Index group_target = 16;           // channels that are packed together: a cache line of NHWC

    Index groups_together() const {
        const Index by_line = group_target / (std::max)(channels_, outputs_);
        const Index by_stage = stage_target / (outputs_ * planes() * width_ * static_cast<Index>(sizeof(C)));
        return std::clamp<Index>((std::min)(by_line, by_stage), 1, problem_.relation.groups);
    }
    Index group_tiles() const { return (problem_.relation.groups + groups_together() - 1) / groups_together(); }
    Index column_tiles() const { return (columns_.steps + tile_columns_ - 1) / tile_columns_; }
    Index pieces(const Strip& strip) const { return (rows_.steps + strip.steps - 1) / strip.steps; }

    /// Zeros that end one row begin the next.
    Index span() const {
        return tile_columns_ + columns_.reach_steps() - (column_tiles() == 1 ? columns_.shared_zeros() : 0);
    }

    Lengths lengths_of(const Strip& strip) const {
        Lengths l{};
        l.cells = tile_columns_ + columns_.reach_steps();
        l.span = span();
        l.image_rows = packed_rows(strip.steps) - (strip.steps == rows_.steps ? rows_.shared_zeros() : 0);
        // What clears a row writes a vector more.
        l.phase = (strip.images * l.image_rows + rows_.reach_steps()) * l.span + l.cells - l.span + width_;
        // An odd number of cache lines: those of the channels spread over the whole first-level cache.
        const Index line = 64 / static_cast<Index>(sizeof(C));
        l.channel = ((rows_.input_step * columns_.input_step * l.phase / line + 1) | 1) * line;
        l.plane = strip.images * l.image_rows * l.span + 8 * width_;  // with room for the last tile
        return l;
    }

    /// Of one phase of an image.
    Index packed_rows(Index steps) const { return steps + rows_.reach_steps(); }
    Index planes() const { return static_cast<Index>(row_phases_.size() * column_phases_.size()); }

    /// The steps of a strip that fill its buffers.
    void cut() {
        const auto bytes = static_cast<Index>(sizeof(C));
        const Index sums = groups_together() * outputs_ * planes() * bytes;
        const Index cells = groups_together() * channels_ * rows_.input_step * columns_.input_step * bytes;
        tile_columns_ = std::clamp<Index>(stage_target / sums, 8 * width_, 1024);
        tile_columns_ = (std::min)(tile_columns_, columns_.steps);
        const Index by_stage = stage_target / (sums * span());
        const Index by_packed = packed_target / (cells * span()) - rows_.reach_steps();
        most_steps_ = std::max<Index>((std::min)(by_stage, by_packed), 4);
    }

    /// Whether the column phases make whole rows: one follows the other.
    bool rows_are_whole() const {
        const Index outputs = column_phases_.back().first() - column_phases_.front().first() + 1;
        return outputs == columns_.output_step && outputs == static_cast<Index>(column_phases_.size());
    }

    /// Of one of the phases, by the order of the outputs they make.
    static Index number(const std::vector<MergedPhase>& phases, const MergedPhase& phase) {
        const auto same = [&](const MergedPhase& other) { return other.first() == phase.first(); };
        return std::find_if(phases.begin(), phases.end(), same) - phases.begin();
    }

    Strip strip_for(Index threads) const {
        if (most_steps_ >= rows_.steps) {
            const Index images = (std::min)(most_steps_ / rows_.steps, problem_.n);
            if (problem_.n * group_tiles() * column_tiles() >= threads)
                return {(std::min)(images, std::max<Index>(problem_.n * group_tiles() * column_tiles() / threads, 1)),
                        rows_.steps};
        }
        Index count = (rows_.steps + most_steps_ - 1) / most_steps_;
        if (threads > 1) count = (std::min)((count + threads - 1) / threads * threads, rows_.steps);
        return {1, (rows_.steps + count - 1) / count};
    }

    Way way_for(const View<const T>& input, const View<T>& output, const Strip& strip) const {
        const Shape4 in = problem_.input_shape(), out = problem_.output_shape();
        const bool neighbours = std::is_same_v<C, T> && planes() == 1 && output.stride.w == 1;
        const bool one_tap = rows_.reach == Range{0, 1} && columns_.reach == Range{0, 1} && in.h == out.h &&
                             in.w == out.w && rows_.input_step == 1 && columns_.input_step == 1;
        const bool whole_rows = input.stride.w == 1 && input.stride.h == in.w && output.stride.h == out.w;
        const Index last_steps = (rows_.steps - 1) % strip.steps + 1;
        if (neighbours && one_tap && whole_rows && column_tiles() == 1 && last_steps * out.w >= 2 * width_)
            return {true, true};
        // The last vectors of a row overlap those before them: not where they are much of the row.
        const Index vectors = (columns_.steps + width_ - 1) / width_;
        return {false, neighbours && fill_rows() && 8 * vectors * width_ <= 9 * columns_.steps};
    }

    /// Whether each row keeps a tile busy alone: 8 sums are in the making at any time.
    bool fill_rows() const {
        const Index columns = (columns_.steps - 1) % tile_columns_ + 1, bytes = width_ * static_cast<Index>(sizeof(C));
        return std::all_of(tiles_.begin(), tiles_.end(), [&](const Tile& tile) {
            const int most = pixel_vectors(static_cast<int>(bytes), static_cast<int>(tile.outputs));
            return columns >= (tile.outputs < 4 ? most : 2) * width_;
        });
    }

    void pack_weights(const T* weight) {
        for (Index r = 0; r < static_cast<Index>(rows_.sets.size()); ++r)
            for (Index c = 0; c < static_cast<Index>(columns_.sets.size()); ++c) list_tiles(r, c);
        weight_.assign(static_cast<std::size_t>(group_weights_ * problem_.relation.groups), C(0));
        for (Index g = 0; g < problem_.relation.groups; ++g)
            for (const Tile& tile : tiles_)
                pack_tile(weight, g, tile, weight_.data() + g * group_weights_ + tile.weight);
    }

    void list_tiles(Index row_set, Index column_set) {
        const PhaseSet& r = rows_.sets[static_cast<std::size_t>(row_set)];
        const PhaseSet& c = columns_.sets[static_cast<std::size_t>(column_set)];
        std::vector<Output> all;
        for (Index o = 0; o < outputs_; ++o)
            for (Index p = 0; p < static_cast<Index>(r.phases.size()); ++p)
                for (Index q = 0; q < static_cast<Index>(c.phases.size()); ++q) all.push_back({o, p, q});
        auto next = all.begin();
        for (Index outputs : pixel_tiles(static_cast<Index>(all.size()), most_tile_outputs(vector_bytes(isa_)))) {
            const auto end = next + std::min<std::ptrdiff_t>(outputs, all.end() - next);
            tiles_.push_back({row_set, column_set, outputs, group_weights_, {next, end}});
            tiles_.back().output.resize(static_cast<std::size_t>(outputs), *(end - 1));
            group_weights_ += outputs * r.taps * c.taps * channels_;
            next = end;
        }
    }

    void pack_tile(const T* weight, Index g, const Tile& tile, C* to) const {
        const PhaseSet& r = rows_.sets[static_cast<std::size_t>(tile.row_set)];
        const PhaseSet& c = columns_.sets[static_cast<std::size_t>(tile.column_set)];
        const Index block = (std::min)(channels_, channel_block);
        for (Index k = 0; k < channels_; k += block)
            for (Index a = 0; a < r.taps; ++a)
                for (Index b = 0; b < c.taps; ++b)
                    for (Index i = k; i < (std::min)(k + block, channels_); ++i, to += tile.outputs)
                        for (std::size_t o = 0; o < tile.output.size(); ++o) {
                            const Output& out = tile.output[o];
                            const Index row_tap = r.phases[static_cast<std::size_t>(out.row_phase)].tap(a);
                            const Index column_tap = c.phases[static_cast<std::size_t>(out.column_phase)].tap(b);
                            if (row_tap >= 0 && column_tap >= 0)
                                to[o] = widen<C>(weight[problem_.weight_index(g, out.channel, i, row_tap, column_tap)]);
                        }
    }

    FilterProblem problem_;
    Isa isa_;
    Index channels_, outputs_;  // of a group
    Index width_;               // of a vector
    MergedAxis rows_, columns_;
    std::vector<MergedPhase> row_phases_, column_phases_;
    Index tile_columns_ = 1, most_steps_ = 1;
    std::vector<Tile> tiles_;  // of a group
    Index group_weights_ = 0;
    std::vector<C> weight_;  // (groups, tiles, blocks of input channels, taps, channels, outputs)
};

}  // namespace upconv::detail

#include "pixel_worker.hpp"
