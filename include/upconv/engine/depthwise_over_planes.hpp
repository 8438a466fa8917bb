// DepthwiseOverPlanes: the depthwise kernel over planes on a whole convolution, or a transposed one of stride 1. Some
// rows of some planes are copied into a small buffer with their padding, and the outputs are written in place from
// there.
//
//     run -> worker: strip of rows of some planes -> pad rows -> kernel
#pragma once

#include <vector>

#include "../kernel/depthwise_planes.hpp"
#include "../kernel/padded_rows.hpp"
#include "../kernel/store.hpp"
#include "../plan/problem.hpp"
#include "run_strips.hpp"

namespace upconv::detail {

template <class C>
class DepthwiseOverPlanes {
  public:
    template <class T>
    DepthwiseOverPlanes(const FilterProblem& problem, const T* weight, Isa isa)
        : problem_(problem),
          isa_(isa),
          rows_(axis_walk(problem.relation.rows, problem.direction)),
          columns_(axis_walk(problem.relation.columns, problem.direction)) {
        if (columns_.output <= width() / 2) isa_ = half_as_wide(isa_);  // the same sums in fewer lanes
        const Relation& r = problem.relation;
        const bool strides = r.rows.stride > 1 || r.columns.stride > 1;
        if ((problem.direction == Direction::to_fine && strides) || !is_small()) return;
        for (Index i = 0; i < problem.relation.weight_count(); ++i) weight_.push_back(widen<C>(weight[i]));
        lay_out();
        cut();
    }

    /// Whether tensors that lie so in memory are for this kernel.
    bool takes(const View<const C>& input, const View<C>& output) const {
        return input.stride.w == 1 && output.stride.w == 1 && strip_rows_ > 0;
    }

    void run(View<const C> input, View<C> output, const Store<C>& store, const Executor& executor) const {
        const Index alone = (problem_.n * channels() * strips() + executor.threads() - 1) / executor.threads();
        const Call call{input, output, store, (std::min)(planes_, alone)};
        const Index groups = (channels() + call.planes - 1) / call.planes, items = problem_.n * groups * strips();
        const Index size = call.planes * plane_size() + slack();
        run_strips(StripCut{items, 1, items, 1, 1}, Pieces::bytes<C>(size), problem_.flops() / 8, executor,
                   [&](std::byte* memory) {
                       C* const packed = Pieces(memory).take<C>(size);
                       std::fill(packed, packed + size, C(0));
                       return Worker{*this, call, packed};
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
        const DepthwiseOverPlanes& plan;
        const Call& call;
        C* packed;

        void run(Index /*part*/, Range items, Index /*split*/) const {
            const Index groups = (plan.channels() + call.planes - 1) / call.planes;
            const Index strip = items.begin % plan.strips(), group = items.begin / plan.strips() % groups;
            const Index n = items.begin / plan.strips() / groups, channel = group * call.planes;
            const Range planes{channel, (std::min)(channel + call.planes, plan.channels())};
            const Range rows{strip * plan.strip_rows_, (std::min)((strip + 1) * plan.strip_rows_, plan.rows_.output)};
            pack(n, planes, rows);
            // The taps of a transposed convolution go up: so do the rows.
            const bool up = plan.problem_.direction == Direction::to_fine;
            const Index row_step = plan.rows_.input_step * plan.row_size(), down = rows.size() - 1;
            const Index last = plan.packed_rows(rows.size()) - 1, y_row = call.output.stride.h;
            run_on(plan.isa_,
                   DepthwisePlanes<C>{
                       .x = packed + (up ? last * plan.row_size() : 0),
                       .y = &call.output(n, channel, up ? rows.begin + down : rows.begin, 0),
                       .weight = plan.weight_.data() + channel * plan.problem_.relation.taps(),
                       .bias = call.store.bias == nullptr ? nullptr : call.store.bias + channel,
                       .activation = call.store.activation,
                       .column_offset = plan.column_offset_.data(),
                       .tap_rows = plan.problem_.relation.rows.kernel,
                       .tap_columns = plan.problem_.relation.columns.kernel,
                       .planes = planes.size(),
                       .rows = rows.size(),
                       .columns = plan.columns_.output,
                       .x_plane = plan.plane_size(),
                       .row_step = up ? -row_step : row_step,
                       .tap_row_step = (up ? -1 : 1) * plan.problem_.relation.rows.dilation * plan.row_size(),
                       .y_plane = call.output.stride.c,
                       .y_row = up ? -y_row : y_row,
                   });
        }

        void pack(Index n, Range planes, Range rows) const {
            const Index first = rows.begin * plan.rows_.input_step + plan.rows_.reach().begin;
            const Index count = plan.packed_rows(rows.size()), input = plan.rows_.input;
            const Index begin = std::clamp<Index>(-first, 0, count);
            const Index end = std::clamp<Index>(input - first, begin, count);
            for (Index p = 0; p < planes.size(); ++p) {
                C* const plane = packed + p * plan.plane_size();
                std::fill(plane, plane + begin * plan.row_size(), C(0));
                std::fill(plane + end * plan.row_size(), plane + count * plan.row_size(), C(0));
            }
            if (begin == end) return;
            run_on(plan.isa_, PaddedRows<C>{
                                  .x = &call.input(n, planes.begin, first + begin, 0),
                                  .packed = packed + begin * plan.row_size() + plan.lead_,
                                  .planes = planes.size(),
                                  .rows = end - begin,
                                  .columns = plan.columns_.input,
                                  .step = plan.columns_.input_step,
                                  .x_plane = call.input.stride.c,
                                  .x_row = call.input.stride.h,
                                  .packed_plane = plan.plane_size(),
                                  .packed_row = plan.row_size(),
                                  .packed_phase = plan.span_,
                              });
        }
    };

    static constexpr Index tile_rows = 7;
    static constexpr Index packed_target = 20 * 1024;  // bytes; 10 and 33 KiB: 1.05 times the time
    static constexpr Index packed_most = 128 * 1024;
    static constexpr Index most_columns = packed_most / 4;

    Index width() const { return vector_bytes(isa_) / static_cast<Index>(sizeof(C)); }
    Index channels() const { return problem_.relation.groups; }
    Index strips() const { return (rows_.output + strip_rows_ - 1) / strip_rows_; }
    Index row_size() const { return columns_.input_step * span_; }
    Index packed_rows(Index rows) const { return (rows - 1) * rows_.input_step + rows_.reach().size(); }
    Index plane_size() const { return packed_rows(strip_rows_) * row_size(); }
    /// Vectors of the last columns read past their row, and those of the last row past the buffer.
    Index slack() const { return 2 * width() + std::max<Index>(columns_.reach().end, 0); }

    /// Where the taps of a row are: column q * step + e of the input is number lead + q of phase e.
    void lay_out() {
        const Index step = columns_.input_step, line = width();
        const auto up = [&](Index n) { return (n + line - 1) / line * line; };
        const Range reach = columns_.reach();
        const Index least = floor_div(reach.begin, step), most = floor_div(reach.end - 1, step);
        lead_ = up(std::max<Index>(-least, 0));  // whole vectors: the picture itself stays on cache lines
        span_ = up(lead_ + (std::max)(ceil_div(columns_.input, step), columns_.output + most));
        for (Index t = 0; t < columns_.phases[0].taps; ++t) {
            const Index offset = columns_.phases[0].offset(t);
            column_offset_.push_back(floor_mod(offset, step) * span_ + lead_ + floor_div(offset, step));
        }
    }

    /// Whether rows can fit the buffer, and no product of their sizes overflows.
    bool is_small() const {
        const auto small = [](const AxisWalk& walk) {
            const Range reach = walk.reach();
            return walk.input_step <= most_columns && -most_columns <= reach.begin && reach.end <= most_columns;
        };
        return columns_.input <= most_columns && columns_.output <= most_columns && small(rows_) && small(columns_);
    }

    void cut() {
        const Index row_bytes = row_size() * static_cast<Index>(sizeof(C));
        const auto bytes = [&](Index rows) { return packed_rows(rows) * row_bytes; };
        Index rows = (std::min)(rows_.output, tile_rows);
        if (bytes(rows) > packed_most) return;
        const auto more = [&] { return (std::min)(rows + tile_rows, rows_.output); };
        while (rows < rows_.output && bytes(more()) <= packed_target) rows = more();
        strip_rows_ = rows;
        planes_ = std::clamp<Index>(packed_target / bytes(rows), 1, channels());
    }

    FilterProblem problem_;
    Isa isa_;
    AxisWalk rows_, columns_;
    Index lead_ = 0, span_ = 0;
    Index strip_rows_ = 0, planes_ = 1;  // no rows: not for this kernel
    std::vector<Index> column_offset_;   // (tap columns)
    std::vector<C> weight_;              // (channels, tap rows, tap columns)
};

}  // namespace upconv::detail
