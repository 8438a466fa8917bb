// ChannelWorker: what one thread does with a strip. Its memory: the packed rows, the stage, and the lists.
#pragma once

#include "channel_lists.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

template <class T>
class ChannelWorker {
  public:
    using C = AccumulatorOf<T>;

    ChannelWorker(const ChannelPlan& plan, const C* weight, const ChannelCall<T>& call, Arena& arena)
        : plan_(plan),
          weight_(weight),
          call_(call),
          window_(plan.row_numbers(), arena, call.window_rows, call.in_place.input ? 0 : plan.row_size()),
          bias_(arena.take_zeros<C>(most_together() * plan.lanes)),
          stage_(arena.take<C>(call.in_place.output ? 0 : plan.stage_row(call.cut.rows, 0))),
          operands_(arena.take<ChannelOperands<C>>(most_together())),
          lists_(plan, call, arena) {}

    /// One strip of one tile of columns of one group, for one split of the blocks of output channels.
    void run(Index part, Range lines, Index split) {
        group_ = part / plan_.column_tiles();
        const Index first = part % plan_.column_tiles() * plan_.tile_columns;
        const Range columns{first, (std::min)(first + plan_.tile_columns, plan_.columns.steps())};
        if (!call_.in_place.input) pack(part, lines, columns);
        lists_.point({group_, lines, columns, window_, stage_});
        const Range blocks = plan_.blocks_of(split, call_.cut.splits);
        for (Index b = blocks.begin, count; b < blocks.end; b += count) {
            count = plan_.summed_together(b, blocks.end, call_.in_place);
            sum(b, count);
            if (!call_.in_place.output) unpack(plan_.blocks[static_cast<std::size_t>(b)], lines, columns);
        }
    }

  private:
    /// Blocks of output channels that are summed for each tile.
    Index most_together() const {
        return plan_.summed_together(0, static_cast<Index>(plan_.blocks.size()), call_.in_place);
    }

    void pack(Index part, Range lines, Range columns) {
        const Index first = plan_.first_packed(columns.begin);
        window_.load(part, lines, [&](Index n, Index row, C* packed) {
            const RowOf of{n, group_ * plan_.channels, plan_.channels, row, first, plan_.packed_columns()};
            run_on(plan_.isa, PackRow<C, T>{call_.input, of, packed});
        });
    }

    Index outputs() const { return plan_.problem.outputs_per_group(); }

    void sum(Index first, Index count) {
        const bool far = call_.in_place.output && plan_.far_output;
        for (Index b = 0; b < count; ++b)
            operands_[b] = operands(plan_.blocks[static_cast<std::size_t>(first + b)], bias_ + b * plan_.lanes);
        if (plan_.blocks[static_cast<std::size_t>(first)].vectors == 2)
            run_on(plan_.isa, ChannelTiles<C, 2>{lists_.parts(), lists_.count(), operands_, count, far});
        else
            run_on(plan_.isa, ChannelTiles<C, 1>{lists_.parts(), lists_.count(), operands_, count, far});
    }

    ChannelOperands<C> operands(const ChannelBlock& block, C* bias) const {
        const T* const from = call_.store.bias;
        if (from != nullptr)
            for (Index c = 0; c < block.channels; ++c) bias[c] = widen<C>(from[group_ * outputs() + block.first + c]);
        return {.weight = weight_ + group_ * plan_.group_weights + block.weight,
                .channels = plan_.channels,
                .block_stride = call_.in_place.input ? channel_block : plan_.packed_columns() * plan_.block(),
                .sum_offset = call_.in_place.output ? block.first : 0,
                .bias = bias,
                .activation = call_.store.activation};
    }

    void unpack(const ChannelBlock& block, Range lines, Range columns) const {
        const Index channel = group_ * outputs() + block.first;
        const Index first = columns.begin * plan_.column_phases();
        const Index count = (std::min)(columns.end * plan_.column_phases(), plan_.columns.output) - first;
        for (Index line = lines.begin; line < lines.end; ++line)
            for (Index r = 0; r < plan_.row_phases(); ++r) {
                const Index step = line % plan_.rows.steps(), n = line / plan_.rows.steps();
                if (step >= plan_.rows.phases[static_cast<std::size_t>(r)].steps) continue;
                const RowOf row{n, channel, block.channels, r + step * plan_.rows.output_step, first, count};
                const C* const sums = stage_ + plan_.stage_row(line - lines.begin, r);
                run_on(plan_.isa, UnpackRow<C, T>{sums, plan_.lanes, row, call_.output});
            }
    }

    const ChannelPlan& plan_;
    const C* weight_;
    const ChannelCall<T>& call_;
    Index group_ = 0;
    RowWindow<C> window_;
    C *bias_, *stage_;  // (operands, lanes); (lines, row phases, columns, lanes)
    ChannelOperands<C>* operands_;
    ChannelLists<T> lists_;
};

}  // namespace upconv::detail
