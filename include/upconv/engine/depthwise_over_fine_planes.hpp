// DepthwiseOverFinePlanes: a depthwise plan over the planes of a transposed convolution with its weights packed, and
// how it runs.
//
//     run -> worker: strip of rows of a plane -> spread rows -> kernel for each row phase
#pragma once

#include <vector>

#include "../kernel/store.hpp"
#include "../plan/depthwise_fine_planes_plan.hpp"
#include "run_strips.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

template <class C>
class DepthwiseOverFinePlanes {
  public:
    using Plan = DepthwiseFinePlanesPlan;

    explicit DepthwiseOverFinePlanes(Plan plan)
        : plan_(std::move(plan)),
          lane_(plan_.lane.begin(), plan_.lane.end()),
          kept_(plan_.kept.begin(), plan_.kept.end()),
          weight_(static_cast<std::size_t>(plan_.problem.relation.groups * plan_.channel_weights)) {
        for (Index t = 0; t < static_cast<Index>(plan_.offset.size()); ++t)
            for (Index i = 0; i < plan_.cut.parts * plan_.cut.width; ++i) {
                const Index at = plan_.cut.offset(i / plan_.cut.width) + i % plan_.cut.width;
                const Phase* const phase = plan_.phase_at(at);
                tap_.push_back(phase != nullptr && t < phase->taps ? phase->tap(t) : -1);
            }
    }

    void pack(const C* weight) {
        C* to = weight_.data();
        for (Index g = 0; g < plan_.problem.relation.groups; ++g)
            for (const Phase& r : plan_.rows.phases)
                for (Index a = 0; a < r.taps; ++a) {
                    const C* const row = weight + plan_.problem.weight_index(g, 0, 0, r.tap(a), 0);
                    for (const Index tap : tap_) *to++ = tap < 0 ? C(0) : row[tap];
                }
    }

    const DepthwiseFinePlanesPlan& plan() const { return plan_; }

    void run(View<const C> input, View<C> output, const Store<C>& store, const Executor& executor) const {
        const Index items = plan_.problem.n * plan_.problem.relation.groups * plan_.strips();
        run_strips(StripCut{items, 1, items, 1, 1}, plan_.problem.flops() / 8, executor, [&](Arena& arena) {
            C* const line = arena.take_zeros<C>(plan_.lead + plan_.columns.input + plan_.tail);
            C* const spread = arena.take_zeros<C>(plan_.spread_rows(plan_.strip_steps) * plan_.spread_row());
            return Worker{*this, plan_, input, output, store, line, spread};
        });
    }

  private:
    /// One thread's part of a run.
    struct Worker {
        const DepthwiseOverFinePlanes& pass;
        const DepthwiseFinePlanesPlan& plan;
        View<const C> input;
        View<C> output;
        const Store<C>& store;
        C *line, *spread;  // a row between zeros; the spread rows of a strip

        void run(Index /*part*/, Range items, Index /*split*/) const {
            const Index strips = plan.strips(), plane = items.begin / strips, strip = items.begin % strips;
            const Index channels = plan.problem.relation.groups, n = plane / channels, channel = plane % channels;
            const Index first = strip * plan.strip_steps;
            const Range steps{first, (std::min)(first + plan.strip_steps, plan.rows.steps())};
            const Range reach = plan.reach;
            const Index begin = std::clamp<Index>(steps.begin + reach.begin, 0, plan.rows.input);
            const Index end = std::clamp<Index>(steps.end - 1 + reach.end, begin, plan.rows.input);
            if (begin < end) spread_rows(&input(n, channel, begin, 0), end - begin);
            sum(n, channel, steps, begin);
        }

        void spread_rows(const C* x, Index rows) const {
            run_on(plan.isa, SpreadRows<C>{
                                 .x = x,
                                 .rows = rows,
                                 .columns = plan.columns.input,
                                 .x_row = input.stride.h,
                                 .line = line + plan.lead,
                                 .cut = plan.cut,
                                 .vectors = plan.vectors,
                                 .copies = plan.copies,
                                 .base = plan.base.data(),
                                 .base_step = plan.cut.advance / plan.cut.stride,
                                 .lane = pass.lane_.data(),
                                 .kept = pass.kept_.data(),
                                 .spread = spread,
                                 .spread_row = plan.spread_row(),
                                 .spread_copy = plan.spread_copy(),
                             });
        }

        void sum(Index n, Index channel, Range steps, Index first_input_row) const {
            run_on(plan.isa, DepthwiseFinePlanes<C>{
                                 .spread = spread - first_input_row * plan.spread_row(),
                                 .y = &output(n, channel, 0, 0),
                                 .weight = pass.weight_.data() + channel * plan.channel_weights,
                                 .bias = store.bias == nullptr ? nullptr : store.bias + channel,
                                 .activation = store.activation,
                                 .phases = plan.row_phases.data(),
                                 .phase_count = static_cast<Index>(plan.row_phases.size()),
                                 .steps = steps,
                                 .columns = plan.columns.output,
                                 .column_taps = static_cast<Index>(plan.offset.size()),
                                 .offset = plan.offset.data(),
                                 .whole_vectors = plan.whole_vectors.data(),
                                 .last = plan.last,
                                 .cut = plan.cut,
                                 .spread_row = plan.spread_row(),
                                 .y_row = output.stride.h,
                                 .y_step = plan.rows.output_step * output.stride.h,
                             });
        }
    };

    DepthwiseFinePlanesPlan plan_;
    std::vector<Lane<C>> lane_, kept_;
    std::vector<Index> tap_;  // (column taps, parts, width): which tap of a filter row it is, or -1
    std::vector<C> weight_;   // (channels, row phases, tap rows, column taps, parts, width)
};

}  // namespace upconv::detail
