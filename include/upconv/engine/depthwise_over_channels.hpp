// DepthwiseOverChannels: the depthwise kernel over channels on a whole problem, in either direction, phase by phase. It
// reads and writes tensors in place, so a run needs no memory: the output is cut into blocks that stay in the
// first-level cache while their rows are walked.
//
//     run -> worker: strip of rows x block of columns x some channels -> kernel for each phase
#pragma once

#include <vector>

#include "../kernel/depthwise_channels.hpp"
#include "../kernel/store.hpp"
#include "../plan/problem.hpp"
#include "run_strips.hpp"

namespace upconv::detail {

template <class C>
class DepthwiseOverChannels {
  public:
    template <class T>
    DepthwiseOverChannels(const FilterProblem& problem, const T* weight, Isa isa)
        : problem_(problem),
          isa_(isa),
          rows_(axis_walk(problem.relation.rows, problem.direction)),
          columns_(axis_walk(problem.relation.columns, problem.direction)),
          channels_(problem.relation.groups) {
        if (channels_ < width()) isa_ = half_as_wide(isa_);
        const Index most = std::max<Index>(28 / columns_.input_step, 14);
        column_blocks_ = std::max<Index>((columns_.steps() + most / 2) / most, 1);
        rows_together_ = rows_of_all_phases();
        for (const detail::Phase& r : rows_.phases)
            for (const detail::Phase& c : columns_.phases) {
                phases_.push_back({r, c, static_cast<Index>(weight_.size())});
                for (Index a = 0; a < r.taps; ++a)
                    for (Index b = 0; b < c.taps; ++b)
                        for (Index l = -lead(); l < channels_; ++l) {
                            const Index g = l < 0 ? l + channels_ : l;
                            weight_.push_back(widen<C>(weight[problem.weight_index(g, 0, 0, r.tap(a), c.tap(b))]));
                        }
            }
        weight_.resize(weight_.size() + static_cast<std::size_t>(lead()));
    }

    /// Whether tensors that lie so in memory are for this kernel.
    bool takes(const View<const C>& input, const View<C>& output) const {
        return input.stride.c == 1 && output.stride.c == 1 && channels_ >= width();
    }

    void run(View<const C> input, View<C> output, const Store<C>& store, const Executor& executor) const {
        const Index parts = column_blocks_ * channel_blocks(), shift = shift_for(input, output);
        const StripCut cut = cut_strips(problem_.n * rows_.steps(), rows_.steps(), parts, 1, executor.threads());
        run_strips(cut, 0, problem_.flops() / 8, executor, [&](std::byte*) {
            return Worker{*this, input, output, store, shift};
        });
    }

  private:
    struct Phase {
        detail::Phase rows, columns;
        Index weight;  // where its weights begin
    };

    /// One thread's part of a run.
    struct Worker {
        const DepthwiseOverChannels& plan;
        View<const C> input;
        View<C> output;
        const Store<C>& store;
        Index shift;

        /// A block of columns of some channels; lines are steps of all images.
        void run(Index part, Range lines, Index /*split*/) const {
            const Index steps = plan.rows_.steps();
            for (Index line = lines.begin; line < lines.end;) {
                const Index n = line / steps, end = (std::min)(lines.end, (n + 1) * steps);
                const Index next = (std::min)(end, line + plan.rows_together_);
                for (const Phase& phase : plan.phases_) run(phase, part, n, {line - n * steps, next - n * steps});
                line = next;
            }
        }

        void run(const Phase& phase, Index part, Index n, Range rows) const {
            const Index block = part % plan.column_blocks_, blocks = plan.column_blocks_;
            const Index columns = (plan.columns_.steps() + blocks - 1) / blocks;
            rows.end = (std::min)(rows.end, phase.rows.steps);
            const Range of_block{block * columns, (std::min)((block + 1) * columns, phase.columns.steps)};
            if (rows.empty() || of_block.empty()) return;
            run_on(plan.isa_, DepthwiseChannels<C>{
                                  .x = input.data + n * input.stride.n,
                                  .y = output.data + n * output.stride.n + phase.rows.first_output * output.stride.h +
                                       phase.columns.first_output * output.stride.w,
                                  .weight = plan.weight_.data() + phase.weight + plan.lead(),
                                  .bias = store.bias,
                                  .activation = store.activation,
                                  .rows = phase.rows,
                                  .columns = phase.columns,
                                  .output_rows = rows,
                                  .output_columns = of_block,
                                  .channels = plan.channel_block(part / blocks, shift),
                                  .x_row = input.stride.h,
                                  .x_column = input.stride.w,
                                  .y_row = plan.rows_.output_step * output.stride.h,
                                  .y_column = plan.columns_.output_step * output.stride.w,
                                  .weight_step = plan.lead() + plan.channels_,
                                  .shift = shift,
                                  .all_channels = plan.channels_,
                                  .all_columns = {0, phase.columns.steps},
                              });
        }
    };

    /// Channels that are walked together: 256 bytes of a pixel. All 384 of a picture of 14 x 14 take 1.7 times as long,
    /// 64 bytes 1.1 times.
    static constexpr Index channels_together = 256 / static_cast<Index>(sizeof(C));

    Index width() const { return vector_bytes(isa_) / static_cast<Index>(sizeof(C)); }
    Index channel_blocks() const { return std::max<Index>(channels_ / channels_together, 1); }
    Range channel_block(Index block, Index shift) const {
        return {std::max<Index>(block * channels_together - shift, 0),
                (block + 1 == channel_blocks() ? channels_ : (block + 1) * channels_together) - shift};
    }

    /// Row steps for which the phases are walked one after the other: 256 KiB of outputs. One where that is much
    /// already, as the rows of large strides lie multiples of a cache way apart: fcn32s takes 1.7 times as long with
    /// three.
    Index rows_of_all_phases() const {
        constexpr Index most = 256 * 1024, much = 32 * 1024;  // bytes
        const Index columns = (columns_.steps() + column_blocks_ - 1) / column_blocks_ * columns_.output_step;
        const Index row = columns * channels_ * static_cast<Index>(sizeof(C));
        if (problem_.phases() == 1) return std::max<Index>(rows_.steps(), 1);
        return row > much ? 1 : std::max<Index>(most / std::max<Index>(row, 1), 1);
    }

    /// Numbers before each row of weights: its last channels again, for the wrapped vector.
    Index lead() const { return channels_ % width() == 0 ? width() : 0; }

    /// By how many numbers each pixel begins past a vector's boundary; 0 where pixels differ, or are not read and
    /// written one after the other: the wrapped vector of a stride 2 transposed would be stored in two parts, 1.03 of
    /// the time. (At step 1 as at step 2, with lanes taken from the load after: 1.08 of the time for 32 channels, 0.96
    /// for 384.)
    Index shift_for(const View<const C>& input, const View<C>& output) const {
        const bool steps = columns_.input_step == 1 || (columns_.input_step == 2 && phases_[0].columns.taps == 3 &&
                                                        phases_[0].columns.spacing == 1);
        const bool whole = channels_ % width() == 0 && columns_.output_step == 1 && steps;
        const bool alike = whole && input.stride.w == channels_ && output.stride.w == channels_ &&
                           input.stride.h % width() == 0 && input.stride.n % width() == 0;
        const auto bytes =
            reinterpret_cast<std::uintptr_t>(input.data) % static_cast<std::uintptr_t>(vector_bytes(isa_));
        return alike ? static_cast<Index>(bytes / sizeof(C)) : 0;
    }

    FilterProblem problem_;
    Isa isa_;
    AxisWalk rows_, columns_;
    Index channels_;
    /// Of about 28 columns of the input: 0.75 of the time of whole rows of 112. With prefetches of the next rows: 1.05
    /// to 1.3 times the time.
    Index column_blocks_ = 1;
    Index rows_together_ = 1;
    std::vector<Phase> phases_;
    std::vector<C> weight_;  // (phases, tap rows, tap columns, channels)
};

}  // namespace upconv::detail
