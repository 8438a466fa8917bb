// ChannelPlan's worker: what one thread does with a strip. Its memory: the packed rows, the stage, and lists of where
// the taps and the sums of each pixel lie.
#pragma once

#include "channel_plan.hpp"

namespace upconv {

template <class T>
class ChannelPlan<T>::Worker {
  public:
    Worker(const ChannelPlan& plan, const Call& call, const Sizes& sizes, std::byte* memory)
        : Worker(plan, call, sizes, Pieces(memory)) {}

    /// One strip of one tile of columns of one group, for one split of the blocks of output channels.
    void run(Index part, Range lines, Index split) {
        group_ = part / plan_.column_tiles();
        const Index first = part % plan_.column_tiles() * plan_.tile_columns_;
        const Range columns{first, std::min(first + plan_.tile_columns_, plan_.columns_.steps())};
        if (!call_.way.input) pack(part, lines, columns);
        point(lines, columns);
        const Index end = (split + 1) * plan_.splittable_ / call_.splits;
        const Index count = static_cast<Index>(plan_.blocks_.size());
        for (Index b = split * plan_.splittable_ / call_.splits; b < (end == plan_.splittable_ ? count : end); ++b) {
            const Block& block = plan_.blocks_[static_cast<std::size_t>(b)];
            sum(block);
            if (!call_.way.output) unpack(block, lines, columns);
        }
    }

  private:
    Worker(const ChannelPlan& plan, const Call& call, const Sizes& sizes, Pieces pieces)
        : plan_(plan),
          call_(call),
          ring_(plan.row_numbers(), pieces.take<C>(sizes.ring), sizes.ring_rows, call.way.input ? 0 : plan.row_size()),
          pixel_size_(call.way.input ? call.input.stride.w : plan.block()),
          bias_(pieces.take<C>(sizes.bias)),
          stage_(pieces.take<C>(sizes.stage)),
          pointers_(pieces.take<C*>(sizes.pointers)),
          parts_(pieces.take<ChannelPart<C>>(sizes.parts)),
          offsets_(pieces.take<Index>(sizes.offsets)) {
        std::fill(bias_, bias_ + sizes.bias, C(0));
    }

    void pack(Index part, Range lines, Range columns) {
        const Index first = plan_.first_packed(columns.begin);
        ring_.load(part, lines, [&](Index n, Index row, C* packed) {
            const RowOf of{n, group_ * plan_.channels_, plan_.channels_, row, first, plan_.packed_columns()};
            run_on(plan_.isa_, PackRow<C, T>{call_.input, of, packed});
        });
    }

    /// Lists for each part where the taps and the sums of its pixels lie.
    void point(Range lines, Range columns) {
        const ChannelParts& cut = plan_.parts(call_.way);
        next_pointer_ = pointers_;
        next_offset_ = offsets_;
        part_count_ = 0;
        Index weight = 0;
        for (std::size_t r = 0; r < cut.rows.size(); ++r)
            for (std::size_t c = 0; c < cut.columns.size(); ++c) {
                const Phase phase{plan_.rows_.phases[r], plan_.columns_.phases[c], static_cast<Index>(r),
                                  static_cast<Index>(c), weight};
                if (c == 0) next_offset_ = offsets_;  // the same for every row phase
                for (const WalkSegment& column_segment : cut.columns[c]) {
                    const Index* const offsets = list_offsets(phase, column_segment.taps);
                    for (const WalkSegment& row_segment : cut.rows[r])
                        point_part(phase, {row_segment, column_segment}, offsets, lines, columns);
                }
                weight += phase.taps() * plan_.channels_;
            }
    }

    struct Phase {
        const WalkPhase &rows, &columns;
        Index row_number, column_number, weight;

        Index taps() const { return static_cast<Index>(rows.tap.size() * columns.tap.size()); }
    };
    struct Segments {
        const WalkSegment &rows, &columns;
    };

    /// Of the taps of a filter row from the first of them.
    const Index* list_offsets(const Phase& phase, Range taps) {
        const Index* const list = next_offset_;
        for (Index t = taps.begin; t < taps.end; ++t)
            *next_offset_++ = (phase.columns.offset[static_cast<std::size_t>(t)] -
                               phase.columns.offset[static_cast<std::size_t>(taps.begin)]) *
                              pixel_size_;
        return list;
    }

    void point_part(const Phase& phase, const Segments& of, const Index* offsets, Range lines, Range columns) {
        const Range taps = of.rows.taps;
        columns = {std::max(columns.begin, of.columns.steps.begin), std::min(columns.end, of.columns.steps.end)};
        if (columns.empty()) return;
        const Index steps = plan_.rows_.steps();
        const auto for_each_line = [&](const auto& f) {
            for (Index line = lines.begin, step = lines.begin % steps; line < lines.end; ++line, ++step) {
                if (step == steps) step = 0;
                if (step >= of.rows.steps.begin && step < of.rows.steps.end) f(line, step);
            }
        };
        C** const sums = next_pointer_;
        for_each_line([&](Index line, Index step) { list_sums(phase, line - lines.begin, line, step, columns); });
        const Index pixels = next_pointer_ - sums;
        if (pixels == 0) return;
        fill_list(pixels);
        C** const rows = next_pointer_;
        const bool none = taps.empty() || of.columns.taps.empty();
        const Index first = none ? 0 : phase.columns.offset[static_cast<std::size_t>(of.columns.taps.begin)];
        for (Index a = taps.begin; a < taps.end && !none; ++a) {
            for_each_line([&](Index line, Index step) {
                list_taps(line, step, phase.rows.offset[static_cast<std::size_t>(a)], first, columns);
            });
            fill_list(pixels);
        }
        const Index run = neighbours(phase, of.columns.taps) ? of.columns.taps.size() : 1;
        parts_[part_count_++] = {
            .pixels = pixels,
            .tap_rows = none ? 0 : taps.size(),
            .tap_columns = none ? 0 : of.columns.taps.size() / run,
            .row = rows,
            .sums = sums,
            .column_offset = offsets,
            .run = run,
            .first_tap = taps.begin * static_cast<Index>(phase.columns.tap.size()) + of.columns.taps.begin,
            .phase_columns = static_cast<Index>(phase.columns.tap.size()),
            .phase_taps = phase.taps(),
            .phase_weight = phase.weight};
    }

    void fill_list(Index pixels) {
        for (; pixels % 4 != 0; ++pixels, ++next_pointer_) *next_pointer_ = next_pointer_[-1];
    }

    /// Whether the taps of a filter row read one stretch of memory.
    bool neighbours(const Phase& phase, Range taps) const {
        bool all = taps.size() > 1 && pixel_size_ == plan_.channels_ && plan_.channels_ <= channel_block;
        for (Index t = taps.begin + 1; t < taps.end; ++t)
            all &= phase.columns.offset[static_cast<std::size_t>(t)] ==
                   phase.columns.offset[static_cast<std::size_t>(t - 1)] + 1;
        return all;
    }

    void list_sums(const Phase& phase, Index strip_line, Index line, Index step, Range columns) {
        C* at = stage_row(strip_line, phase.row_number) + phase.column_number * plan_.lanes_;
        Index pixel = plan_.column_phases() * plan_.lanes_, first = columns.begin % plan_.tile_columns_;
        if constexpr (std::is_same_v<C, T>)
            if (call_.way.output) {
                const Index row = phase.rows.first + step * plan_.rows_.output_step;
                at = row_begin(call_.output, {line / plan_.rows_.steps(), group_ * outputs(), outputs(), row, 0, 0}) +
                     phase.columns.first * call_.output.stride.w;
                pixel = plan_.columns_.output_step * call_.output.stride.w;
                first = columns.begin;
            }
        for (Index j = 0; j < columns.size(); ++j) *next_pointer_++ = at + (first + j) * pixel;
    }

    void list_taps(Index line, Index step, Index row_offset, Index column_offset, Range columns) {
        const Index input_step = plan_.columns_.input_step;
        Index first = columns.begin * input_step + column_offset;
        const C* at = nullptr;
        if constexpr (std::is_same_v<C, T>)
            if (call_.way.input)
                at = row_begin(call_.input, {line / plan_.rows_.steps(), group_ * plan_.channels_, plan_.channels_,
                                             step * plan_.rows_.input_step + row_offset, 0, 0});
        if (!call_.way.input) {
            at = ring_.row(line, row_offset);
            first -= plan_.first_packed(columns.begin / plan_.tile_columns_ * plan_.tile_columns_);
        }
        for (Index j = 0; j < columns.size(); ++j)
            *next_pointer_++ = const_cast<C*>(at) + (first + j * input_step) * pixel_size_;
    }

    Index outputs() const { return plan_.problem_.outputs_per_group(); }

    C* stage_row(Index line, Index row_phase) const {
        return stage_ + (line * plan_.row_phases() + row_phase) * plan_.stage_columns() * plan_.lanes_;
    }

    void sum(const Block& block) const {
        Finish<C> finish{nullptr, 1, block.vectors * plan_.lanes_ / 2, nullptr, call_.store.activation};
        if (call_.store.bias != nullptr) {
            const T* const bias = call_.store.bias + group_ * outputs() + block.first;
            for (Index c = 0; c < block.channels; ++c) bias_[c] = widen<C>(bias[c]);
            finish.bias = bias_;
        }
        const Index blocks_apart = call_.way.input ? channel_block : plan_.packed_columns() * plan_.block();
        const ChannelOperands<C> operands{plan_.weight_.data() + group_ * plan_.group_weights_ + block.weight,
                                          plan_.channels_, blocks_apart, call_.way.output ? block.first : 0, finish};
        if (block.vectors == 2)
            run_on(plan_.isa_, ChannelTiles<C, 2>{parts_, part_count_, operands});
        else
            run_on(plan_.isa_, ChannelTiles<C, 1>{parts_, part_count_, operands});
    }

    void unpack(const Block& block, Range lines, Range columns) const {
        const Index channel = group_ * outputs() + block.first;
        const Index first = columns.begin * plan_.column_phases();
        const Index count = std::min(columns.end * plan_.column_phases(), plan_.columns_.output) - first;
        for (Index line = lines.begin; line < lines.end; ++line)
            for (Index r = 0; r < plan_.row_phases(); ++r) {
                const Index step = line % plan_.rows_.steps(), n = line / plan_.rows_.steps();
                if (step >= plan_.rows_.phases[static_cast<std::size_t>(r)].count) continue;
                const RowOf row{n, channel, block.channels, r + step * plan_.rows_.output_step, first, count};
                run_on(plan_.isa_, UnpackRow<C, T>{stage_row(line - lines.begin, r), plan_.lanes_, row, call_.output});
            }
    }

    const ChannelPlan& plan_;
    const Call& call_;
    Index group_ = 0;
    RowRing<C> ring_;
    Index pixel_size_;  // elements from a column of the input to the next
    C *bias_, *stage_;  // (lanes); (lines, row phases, columns, lanes)
    C** pointers_;
    ChannelPart<C>* parts_;
    Index* offsets_;
    C** next_pointer_ = nullptr;
    Index* next_offset_ = nullptr;
    Index part_count_ = 0;
};

}  // namespace upconv
