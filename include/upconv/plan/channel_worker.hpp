// ChannelPlan's worker: what one thread does with a strip. Its memory: the packed rows, the stage, and the lists.
#pragma once

#include "channel_lists.hpp"

namespace upconv::detail {

template <class T>
class ChannelPlan<T>::Worker {
  public:
    Worker(const ChannelPlan& plan, const Call& call, const Sizes& sizes, std::byte* memory)
        : Worker(plan, call, sizes, Pieces(memory)) {}

    /// One strip of one tile of columns of one group, for one split of the blocks of output channels.
    void run(Index part, Range lines, Index split) {
        group_ = part / plan_.column_tiles();
        const Index first = part % plan_.column_tiles() * plan_.tile_columns_;
        const Range columns{first, (std::min)(first + plan_.tile_columns_, plan_.columns_.steps())};
        if (!call_.way.input) pack(part, lines, columns);
        lists_.point({group_, lines, columns, window_, stage_});
        const Range blocks = plan_.blocks_of(split, call_.splits);
        for (Index b = blocks.begin, count; b < blocks.end; b += count) {
            count = plan_.summed_together(b, blocks.end, call_.way);
            sum(b, count);
            if (!call_.way.output) unpack(plan_.blocks_[static_cast<std::size_t>(b)], lines, columns);
        }
    }

  private:
    Worker(const ChannelPlan& plan, const Call& call, const Sizes& sizes, Pieces pieces)
        : plan_(plan),
          call_(call),
          window_(plan.row_numbers(), pieces.take<C>(sizes.window), sizes.window_rows,
                  call.way.input ? 0 : plan.row_size()),
          bias_(pieces.take<C>(sizes.bias)),
          stage_(pieces.take<C>(sizes.stage)),
          operands_(pieces.take<ChannelOperands<C>>(sizes.operands)),
          lists_(plan, call, sizes, pieces) {
        std::fill(bias_, bias_ + sizes.bias, C(0));
    }

    void pack(Index part, Range lines, Range columns) {
        const Index first = plan_.first_packed(columns.begin);
        window_.load(part, lines, [&](Index n, Index row, C* packed) {
            const RowOf of{n, group_ * plan_.channels_, plan_.channels_, row, first, plan_.packed_columns()};
            run_on(plan_.isa_, PackRow<C, T>{call_.input, of, packed});
        });
    }

    Index outputs() const { return plan_.problem_.outputs_per_group(); }

    void sum(Index first, Index count) {
        const bool far = call_.way.output && plan_.far_output_;
        for (Index b = 0; b < count; ++b)
            operands_[b] = operands(plan_.blocks_[static_cast<std::size_t>(first + b)], bias_ + b * plan_.lanes_);
        if (plan_.blocks_[static_cast<std::size_t>(first)].vectors == 2)
            run_on(plan_.isa_, ChannelTiles<C, 2>{lists_.parts(), lists_.count(), operands_, count, far});
        else
            run_on(plan_.isa_, ChannelTiles<C, 1>{lists_.parts(), lists_.count(), operands_, count, far});
    }

    ChannelOperands<C> operands(const Block& block, C* bias) const {
        const T* const from = call_.store.bias;
        if (from != nullptr)
            for (Index c = 0; c < block.channels; ++c) bias[c] = widen<C>(from[group_ * outputs() + block.first + c]);
        return {.weight = plan_.weight_.data() + group_ * plan_.group_weights_ + block.weight,
                .channels = plan_.channels_,
                .block_stride = call_.way.input ? channel_block : plan_.packed_columns() * plan_.block(),
                .sum_offset = call_.way.output ? block.first : 0,
                .bias = bias,
                .activation = call_.store.activation};
    }

    void unpack(const Block& block, Range lines, Range columns) const {
        const Index channel = group_ * outputs() + block.first;
        const Index first = columns.begin * plan_.column_phases();
        const Index count = (std::min)(columns.end * plan_.column_phases(), plan_.columns_.output) - first;
        for (Index line = lines.begin; line < lines.end; ++line)
            for (Index r = 0; r < plan_.row_phases(); ++r) {
                const Index step = line % plan_.rows_.steps(), n = line / plan_.rows_.steps();
                if (step >= plan_.rows_.phases[static_cast<std::size_t>(r)].steps) continue;
                const RowOf row{n, channel, block.channels, r + step * plan_.rows_.output_step, first, count};
                const C* const sums = stage_ + plan_.stage_row(line - lines.begin, r);
                run_on(plan_.isa_, UnpackRow<C, T>{sums, plan_.lanes_, row, call_.output});
            }
    }

    const ChannelPlan& plan_;
    const Call& call_;
    Index group_ = 0;
    RowWindow<C> window_;
    C *bias_, *stage_;  // (operands, lanes); (lines, row phases, columns, lanes)
    ChannelOperands<C>* operands_;
    Lists lists_;
};

}  // namespace upconv::detail
