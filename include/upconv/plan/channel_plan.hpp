// ChannelPlan: the channel tile over a whole problem. The output is cut into strips of rows and columns; for each strip
// its input rows are packed once, then each block of output channels is summed over all phases in a small buffer (the
// stage) and stored from there.
//
//     run -> worker: strip -> pack rows -> point at pixels -> for each block of output channels: tiles, finish, unpack
#pragma once

#include "../kernel/finish.hpp"
#include "../kernel/move.hpp"
#include "../kernel/store.hpp"
#include "problem.hpp"
#include "row_ring.hpp"
#include "strips.hpp"

namespace upconv {

template <class T>
class ChannelPlan {
  public:
    using C = AccumulatorOf<T>;

    ChannelPlan(const FilterProblem& problem, const T* weight, Isa isa = best_isa())
        : problem_(problem),
          isa_(isa),
          rows_(without_idle_taps(axis_walk(problem.relation.rows, problem.direction))),
          columns_(without_idle_taps(axis_walk(problem.relation.columns, problem.direction))),
          channels_(problem.inputs_per_group()),
          lanes_(2 * vector_bytes(isa) / static_cast<Index>(sizeof(C))) {
        cut();
        pack_weights(weight);
    }

    template <Executor E>
    void run(View<const T> input, View<T> output, const Store<T>& store, const E& executor) const {
        const Index lines = problem_.n * rows_.steps(), parts = problem_.relation.groups * column_tiles();
        const Index blocks = static_cast<Index>(blocks_.size());
        const StripCut cut = cut_strips(lines, strip_rows_, parts, blocks, executor.threads());
        const Sizes sizes = sizes_of(cut);
        run_strips(cut, sizes.bytes(), problem_.flops() / 32, executor, [&](std::byte* memory) {
            return Worker{*this, cut, sizes, {input, output, store}, memory};
        });
    }

  private:
    /// Output channels that are summed together: 2 vectors, and 1 for what is left.
    struct Block {
        Index first, channels, vectors;
        Index weight;  // where its weights begin
    };

    /// What one run works on.
    struct Call {
        View<const T> input;
        View<T> output;
        const Store<T>& store;
    };

    /// Numbers of elements in a worker's buffers.
    struct Sizes {
        Index ring_rows, ring, bias, stage, pointers, phases;

        Index bytes() const {
            return Pieces::bytes<C>(ring) + Pieces::bytes<C>(bias) + Pieces::bytes<C>(stage) +
                   Pieces::bytes<C*>(pointers) + Pieces::bytes<ChannelPhase<C>>(phases);
        }
    };

    class Worker;

    static constexpr Index packed_target = 512 * 1024;  // bytes of packed input a strip: half of a second-level cache
    static constexpr Index stage_target = 256 * 1024;   // bytes of sums a strip
    static constexpr Index pixel_target = 256;          // steps of a strip: what a panel of weights is read for

    Index row_phases() const { return static_cast<Index>(rows_.phases.size()); }
    Index column_phases() const { return static_cast<Index>(columns_.phases.size()); }
    Index column_tiles() const { return (columns_.steps() + tile_columns_ - 1) / tile_columns_; }
    Index block() const { return std::min(channels_, channel_block); }
    Index packed_columns() const { return (tile_columns_ - 1) * columns_.input_step + columns_.reach().size(); }
    Index row_size() const { return (channels_ + block() - 1) / block() * packed_columns() * block(); }
    Index stage_columns() const { return tile_columns_ * column_phases(); }
    RowNumbers row_numbers() const { return {rows_.steps(), rows_.input_step, rows_.input, rows_.reach()}; }

    void cut() {
        const Index pixel_bytes = row_phases() * column_phases() * lanes_ * static_cast<Index>(sizeof(C));
        const Index pixels = std::clamp<Index>(stage_target / pixel_bytes, 16, pixel_target);
        tile_columns_ = std::min(columns_.steps(), pixels);
        const Index row_bytes = row_size() * static_cast<Index>(sizeof(C));
        const Index by_bytes = (packed_target / row_bytes - rows_.reach().size()) / rows_.input_step + 1;
        strip_rows_ = std::clamp<Index>(by_bytes, 1, (pixels + tile_columns_ - 1) / tile_columns_);
        for (const WalkPhase& phase : columns_.phases) {
            column_offset_.emplace_back();
            for (Index offset : phase.offset)
                column_offset_.back().push_back((offset - columns_.reach().begin) * block());
        }
    }

    void pack_weights(const T* weight) {
        const Index width = lanes_ / 2, outputs = problem_.outputs_per_group();
        Index taps = 0;
        for (const WalkPhase& r : rows_.phases)
            for (const WalkPhase& c : columns_.phases) taps += static_cast<Index>(r.tap.size() * c.tap.size());
        for (Index first = 0; first < outputs; first += blocks_.back().vectors * width) {
            const Index vectors = outputs - first > width ? 2 : 1;
            blocks_.push_back({first, std::min(outputs - first, vectors * width), vectors, group_weights_});
            group_weights_ += vectors * width * taps * channels_;
        }
        weight_.assign(static_cast<std::size_t>(group_weights_ * problem_.relation.groups), C(0));
        C* to = weight_.data();
        for (Index g = 0; g < problem_.relation.groups; ++g)
            for (const Block& b : blocks_)
                for (const WalkPhase& r : rows_.phases)
                    for (const WalkPhase& c : columns_.phases) to = pack_phase(weight, g, b, r, c, to);
    }

    C* pack_phase(const T* weight, Index g, const Block& b, const WalkPhase& r, const WalkPhase& c, C* to) const {
        for (Index k = 0; k < channels_; k += block())
            for (Index row_tap : r.tap)
                for (Index column_tap : c.tap)
                    for (Index i = k; i < std::min(k + block(), channels_); ++i, to += b.vectors * lanes_ / 2)
                        for (Index o = 0; o < b.channels; ++o)
                            to[o] = widen<C>(weight[problem_.weight_index(g, b.first + o, i, row_tap, column_tap)]);
        return to;
    }

    Sizes sizes_of(const StripCut& cut) const {
        const Index ring_rows = row_numbers().most_read(cut.lines, cut.rows);
        Index lists = 0;
        for (const WalkPhase& phase : rows_.phases) lists += static_cast<Index>(phase.tap.size()) + 1;
        return {.ring_rows = ring_rows,
                .ring = (ring_rows + 1) * row_size(),
                .bias = lanes_,
                .stage = cut.rows * row_phases() * stage_columns() * lanes_,
                .pointers = lists * column_phases() * cut.rows * tile_columns_,
                .phases = row_phases() * column_phases()};
    }

    FilterProblem problem_;
    Isa isa_;
    AxisWalk rows_, columns_;
    Index channels_;  // input channels of a group
    Index lanes_;     // of a pixel of the stage
    Index tile_columns_ = 1, strip_rows_ = 1;
    std::vector<Block> blocks_;  // of the output channels of a group
    Index group_weights_ = 0;
    std::vector<C> weight_;  // (groups, blocks, phases, blocks of input channels, taps, channels, lanes)
    std::vector<std::vector<Index>> column_offset_;  // (column phases, taps), in elements of a packed row
};

/// One thread's part of a run.
template <class T>
class ChannelPlan<T>::Worker {
  public:
    Worker(const ChannelPlan& plan, const StripCut& cut, const Sizes& sizes, const Call& call, std::byte* memory)
        : Worker(plan, cut, sizes, call, Pieces(memory)) {}

    /// One strip of one tile of columns of one group, for one split of the blocks of output channels.
    void run(Index part, Range lines, Index split) {
        const Index group = part / plan_.column_tiles(), first = part % plan_.column_tiles() * plan_.tile_columns_;
        const Range columns{first, std::min(first + plan_.tile_columns_, plan_.columns_.steps())};
        const Index first_column = columns.begin * plan_.columns_.input_step + plan_.columns_.reach().begin;
        ring_.load(part, lines, [&](Index n, Index row, C* packed) {
            pack_row(call_.input,
                     {n, group * plan_.channels_, plan_.channels_, row, first_column, plan_.packed_columns()}, packed);
        });
        point(lines, columns);
        const Index blocks = static_cast<Index>(plan_.blocks_.size());
        for (Index b = split * blocks / splits_; b < (split + 1) * blocks / splits_; ++b) {
            const Block& block = plan_.blocks_[static_cast<std::size_t>(b)];
            sum(plan_.weight_.data() + group * plan_.group_weights_ + block.weight, block.vectors);
            const Index channel = group * plan_.problem_.outputs_per_group() + block.first;
            finish(channel, block.channels, lines);
            unpack(channel, block.channels, lines, columns);
        }
    }

  private:
    Worker(const ChannelPlan& plan, const StripCut& cut, const Sizes& sizes, const Call& call, Pieces pieces)
        : plan_(plan),
          splits_(cut.splits),
          call_(call),
          ring_(plan.row_numbers(), pieces.take<C>(sizes.ring), sizes.ring_rows, plan.row_size()),
          bias_(pieces.take<C>(sizes.bias)),
          stage_(pieces.take<C>(sizes.stage)),
          pointers_(pieces.take<C*>(sizes.pointers)),
          phases_(pieces.take<ChannelPhase<C>>(sizes.phases)) {
        std::fill(bias_, bias_ + sizes.bias, C(0));
    }

    /// Lists for each phase where the taps and the sums of its pixels lie.
    void point(Range lines, Range columns) {
        C** next = pointers_;
        ChannelPhase<C>* phase = phases_;
        for (Index r = 0; r < plan_.row_phases(); ++r)
            for (Index c = 0; c < plan_.column_phases(); ++c, ++phase) {
                const WalkPhase& rows = plan_.rows_.phases[static_cast<std::size_t>(r)];
                const Index end = std::min(columns.end, plan_.columns_.phases[static_cast<std::size_t>(c)].count);
                const auto list = [&](Index step, const auto& first) {
                    for (Index line = lines.begin; line < lines.end; ++line) {
                        if (line % plan_.rows_.steps() >= rows.count) continue;
                        C* at = first(line);
                        for (Index j = columns.begin; j < end; ++j, at += step) *next++ = at;
                    }
                };
                C** const sums = next;
                list(plan_.column_phases() * plan_.lanes_,
                     [&](Index line) { return stage_row(line - lines.begin, r) + c * plan_.lanes_; });
                C** const taps = next;
                for (Index offset : rows.offset) {
                    C** const of_tap = next;
                    list(plan_.columns_.input_step * plan_.block(),
                         [&](Index line) { return const_cast<C*>(ring_.row(line, offset)); });
                    bool any = false;
                    for (Index line = lines.begin; line < lines.end; ++line) any |= ring_.inside(line, offset);
                    if (!any && next != of_tap) *of_tap = nullptr;  // a tap row in the padding for the whole strip
                }
                const auto& offsets = plan_.column_offset_[static_cast<std::size_t>(c)];
                *phase = {taps - sums,
                          static_cast<Index>(rows.offset.size()),
                          static_cast<Index>(offsets.size()),
                          taps,
                          sums,
                          offsets.data(),
                          nullptr};
            }
    }

    C* stage_row(Index line, Index row_phase) const {
        return stage_ + (line * plan_.row_phases() + row_phase) * plan_.stage_columns() * plan_.lanes_;
    }

    void sum(const C* weight, Index vectors) const {
        const Index count = plan_.row_phases() * plan_.column_phases();
        for (ChannelPhase<C>* phase = phases_; phase != phases_ + count; ++phase) {
            phase->weight = weight;
            weight += phase->tap_rows * phase->tap_columns * plan_.channels_ * vectors * plan_.lanes_ / 2;
        }
        const Index stride = plan_.packed_columns() * plan_.block();
        if (vectors == 2)
            run_on(plan_.isa_, ChannelTiles<C, 2>{phases_, count, plan_.channels_, stride});
        else
            run_on(plan_.isa_, ChannelTiles<C, 1>{phases_, count, plan_.channels_, stride});
    }

    /// Bias and activation in place. Sums that no pixel owns are finished too, and not stored.
    void finish(Index channel, Index channels, Range lines) const {
        const Index count = lines.size() * plan_.row_phases() * plan_.stage_columns();
        Finish<C> work{stage_, count, plan_.lanes_, nullptr, call_.store.activation};
        if (call_.store.bias != nullptr) {
            for (Index c = 0; c < channels; ++c) bias_[c] = widen<C>(call_.store.bias[channel + c]);
            work.bias = bias_;
        }
        if (work.needed()) run_on(plan_.isa_, work);
    }

    void unpack(Index channel, Index channels, Range lines, Range columns) const {
        const Index first = columns.begin * plan_.column_phases();
        const Index count = std::min(columns.end * plan_.column_phases(), plan_.columns_.output) - first;
        for (Index line = lines.begin; line < lines.end; ++line)
            for (Index r = 0; r < plan_.row_phases(); ++r) {
                const Index step = line % plan_.rows_.steps(), n = line / plan_.rows_.steps();
                if (step >= plan_.rows_.phases[static_cast<std::size_t>(r)].count) continue;
                const Index row = r + step * plan_.rows_.output_step;
                unpack_row(stage_row(line - lines.begin, r), plan_.lanes_, {n, channel, channels, row, first, count},
                           call_.output);
            }
    }

    const ChannelPlan& plan_;
    Index splits_;
    Call call_;
    RowRing<C> ring_;
    C *bias_, *stage_;  // (lanes); (lines, row phases, columns, lanes)
    C** pointers_;
    ChannelPhase<C>* phases_;
};

}  // namespace upconv
