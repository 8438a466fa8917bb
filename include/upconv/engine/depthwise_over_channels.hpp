// DepthwiseOverChannels: a depthwise plan over channels with its weights packed, and how it runs. It reads and writes
// tensors in place, so a run needs no memory.
//
//     run -> worker: strip of rows x block of columns x some channels -> kernel for each phase
#pragma once

#include <vector>

#include "../kernel/store.hpp"
#include "../plan/depthwise_channels_plan.hpp"
#include "run_strips.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

template <class C>
class DepthwiseOverChannels {
  public:
    using Plan = DepthwiseChannelsPlan;

    explicit DepthwiseOverChannels(Plan plan) : plan_(std::move(plan)) {
        Index weights = 0;
        for (const detail::Phase& r : plan_.rows.phases)
            for (const detail::Phase& c : plan_.columns.phases) {
                phases_.push_back({r, c, weights});
                weights += r.taps * c.taps * (plan_.lead() + plan_.channels);
            }
        weight_.resize(static_cast<std::size_t>(weights + plan_.lead()), C(0));
    }

    void pack(const C* weight) {
        C* to = weight_.data();
        for (const Phase& phase : phases_)
            for (Index a = 0; a < phase.rows.taps; ++a)
                for (Index b = 0; b < phase.columns.taps; ++b)
                    for (Index l = -plan_.lead(); l < plan_.channels; ++l) {
                        const Index g = l < 0 ? l + plan_.channels : l;
                        *to++ = weight[plan_.problem.weight_index(g, 0, 0, phase.rows.tap(a), phase.columns.tap(b))];
                    }
    }

    const DepthwiseChannelsPlan& plan() const { return plan_; }

    void run(View<const C> input, View<C> output, const Store<C>& store, const Executor& executor) const {
        const Index parts = plan_.column_blocks * plan_.channel_blocks(), steps = plan_.rows.steps();
        const Index shift = plan_.shift_for(reinterpret_cast<std::uintptr_t>(input.data), input.stride, output.stride);
        const StripCut cut = cut_strips(plan_.problem.n * steps, steps, parts, 1, executor.threads());
        run_strips(cut, plan_.problem.flops() / 8, executor,
                   [&](Arena&) { return Worker{plan_, phases_, weight_.data(), input, output, store, shift}; });
    }

  private:
    struct Phase {
        detail::Phase rows, columns;
        Index weight;  // where its weights begin
    };

    /// One thread's part of a run.
    struct Worker {
        const DepthwiseChannelsPlan& plan;
        const std::vector<Phase>& phases;
        const C* weight;
        View<const C> input;
        View<C> output;
        const Store<C>& store;
        Index shift;

        /// A block of columns of some channels; lines are steps of all images.
        void run(Index part, Range lines, Index /*split*/) const {
            const Index steps = plan.rows.steps();
            for (Index line = lines.begin; line < lines.end;) {
                const Index n = line / steps, end = (std::min)(lines.end, (n + 1) * steps);
                const Index next = (std::min)(end, line + plan.rows_together);
                for (const Phase& phase : phases) run(phase, part, n, {line - n * steps, next - n * steps});
                line = next;
            }
        }

        void run(const Phase& phase, Index part, Index n, Range rows) const {
            const Index block = part % plan.column_blocks, blocks = plan.column_blocks;
            const Index columns = (plan.columns.steps() + blocks - 1) / blocks;
            rows.end = (std::min)(rows.end, phase.rows.steps);
            const Range of_block{block * columns, (std::min)((block + 1) * columns, phase.columns.steps)};
            if (rows.empty() || of_block.empty()) return;
            run_on(plan.isa, DepthwiseChannels<C>{
                                 .x = input.data + n * input.stride.n,
                                 .y = output.data + n * output.stride.n + phase.rows.first_output * output.stride.h +
                                      phase.columns.first_output * output.stride.w,
                                 .weight = weight + phase.weight + plan.lead(),
                                 .bias = store.bias,
                                 .activation = store.activation,
                                 .rows = phase.rows,
                                 .columns = phase.columns,
                                 .output_rows = rows,
                                 .output_columns = of_block,
                                 .channels = plan.channel_block(part / blocks, shift),
                                 .x_row = input.stride.h,
                                 .x_column = input.stride.w,
                                 .y_row = plan.rows.output_step * output.stride.h,
                                 .y_column = plan.columns.output_step * output.stride.w,
                                 .weight_step = plan.lead() + plan.channels,
                                 .shift = shift,
                                 .all_channels = plan.channels,
                                 .all_columns = {0, phase.columns.steps},
                             });
        }
    };

    DepthwiseChannelsPlan plan_;
    std::vector<Phase> phases_;
    std::vector<C> weight_;  // (phases, tap rows, tap columns, channels)
};

}  // namespace upconv::detail
