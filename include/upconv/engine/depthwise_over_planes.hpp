// DepthwiseOverPlanes: a depthwise plan over planes with its weights, and how it runs.
//
//     run -> worker: strip of rows of some planes -> pad rows -> kernel
#pragma once

#include <vector>

#include "../kernel/padded_rows.hpp"
#include "../kernel/store.hpp"
#include "../plan/depthwise_planes_plan.hpp"
#include "run_strips.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

template <class C>
class DepthwiseOverPlanes {
  public:
    using Plan = DepthwisePlanesPlan;

    explicit DepthwiseOverPlanes(Plan plan)
        : plan_(std::move(plan)), weight_(static_cast<std::size_t>(plan_.problem.relation.weight_count())) {}

    void pack(const C* weight) { std::copy_n(weight, weight_.size(), weight_.data()); }

    const DepthwisePlanesPlan& plan() const { return plan_; }

    void run(View<const C> input, View<C> output, const Store<C>& store, const Executor& executor) const {
        const Index threads = executor.threads(), strips = plan_.problem.n * plan_.strips();
        const Index alone = (strips * plan_.channels() + threads - 1) / threads;
        const Call call{input, output, store, (std::min)(plan_.planes, alone)};
        const Index items = strips * ((plan_.channels() + call.planes - 1) / call.planes);
        run_strips(StripCut{items, 1, items, 1, 1}, plan_.problem.flops() / 8, executor, [&](Arena& arena) {
            C* const packed = arena.take_zeros<C>(call.planes * plan_.plane_size() + plan_.slack());
            return Worker{plan_, weight_.data(), call, packed};
        });
    }

  private:
    struct Call {
        View<const C> input;
        View<C> output;
        const Store<C>& store;
        Index planes;  // that are packed together
    };

    /// One thread's part of a run.
    struct Worker {
        const DepthwisePlanesPlan& plan;
        const C* weight;
        const Call& call;
        C* packed;

        void run(Index /*part*/, Range items, Index /*split*/) const {
            const Index groups = (plan.channels() + call.planes - 1) / call.planes;
            const Index strip = items.begin % plan.strips(), group = items.begin / plan.strips() % groups;
            const Index n = items.begin / plan.strips() / groups, channel = group * call.planes;
            const Range planes{channel, (std::min)(channel + call.planes, plan.channels())};
            const Range rows{strip * plan.strip_rows, (std::min)((strip + 1) * plan.strip_rows, plan.rows.output)};
            pack(n, planes, rows);
            // The taps of a transposed convolution go up: so do the rows.
            const bool up = plan.problem.direction == Direction::to_fine;
            const Index row_step = plan.rows.input_step * plan.row_size(), down = rows.size() - 1;
            const Index last = plan.packed_rows(rows.size()) - 1, y_row = call.output.stride.h;
            run_on(plan.isa, DepthwisePlanes<C>{
                                 .x = packed + (up ? last * plan.row_size() : 0),
                                 .y = &call.output(n, channel, up ? rows.begin + down : rows.begin, 0),
                                 .weight = weight + channel * plan.problem.relation.taps(),
                                 .bias = call.store.bias == nullptr ? nullptr : call.store.bias + channel,
                                 .activation = call.store.activation,
                                 .column_offset = plan.column_offset.data(),
                                 .tap_rows = plan.problem.relation.rows.kernel,
                                 .tap_columns = plan.problem.relation.columns.kernel,
                                 .planes = planes.size(),
                                 .rows = rows.size(),
                                 .columns = plan.columns.output,
                                 .x_plane = plan.plane_size(),
                                 .row_step = up ? -row_step : row_step,
                                 .tap_row_step = (up ? -1 : 1) * plan.problem.relation.rows.dilation * plan.row_size(),
                                 .y_plane = call.output.stride.c,
                                 .y_row = up ? -y_row : y_row,
                             });
        }

        void pack(Index n, Range planes, Range rows) const {
            const Index first = rows.begin * plan.rows.input_step + plan.rows.reach().begin;
            const Index count = plan.packed_rows(rows.size()), input = plan.rows.input;
            const Index begin = std::clamp<Index>(-first, 0, count);
            const Index end = std::clamp<Index>(input - first, begin, count);
            for (Index p = 0; p < planes.size(); ++p) {
                C* const plane = packed + p * plan.plane_size();
                std::fill(plane, plane + begin * plan.row_size(), C(0));
                std::fill(plane + end * plan.row_size(), plane + count * plan.row_size(), C(0));
            }
            if (begin == end) return;
            run_on(plan.isa, PaddedRows<C>{
                                 .x = &call.input(n, planes.begin, first + begin, 0),
                                 .packed = packed + begin * plan.row_size() + plan.lead,
                                 .planes = planes.size(),
                                 .rows = end - begin,
                                 .columns = plan.columns.input,
                                 .step = plan.columns.input_step,
                                 .x_plane = call.input.stride.c,
                                 .x_row = call.input.stride.h,
                                 .packed_plane = plan.plane_size(),
                                 .packed_row = plan.row_size(),
                                 .packed_phase = plan.span,
                             });
        }
    };

    DepthwisePlanesPlan plan_;
    std::vector<C> weight_;  // (channels, tap rows, tap columns)
};

}  // namespace upconv::detail
