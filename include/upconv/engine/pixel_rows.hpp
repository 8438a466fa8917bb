// PixelRows: those of a strip of the input into the packed form, and those of the stage into the output.
#pragma once

#include "../kernel/pack_planes.hpp"
#include "../kernel/store.hpp"
#include "../kernel/unpack_planes.hpp"
#include "../plan/pixel_plan.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// What one run works on.
template <class T>
struct PixelCall {
    View<const T> input;
    View<T> output;
    const Store<T>& store;
    PixelStrip strip;
    InPlace in_place;
    PixelLengths lengths;
};

template <class T>
struct PixelRows {
    using C = AccumulatorOf<T>;

    const PixelPlan& plan;
    const PixelCall<T>& call;

    /// The rows that some steps of some images read, from part.first_column on.
    void pack(RowOf part, Range images, Range steps, C* packed) const {
        const View<const T>& in = call.input;
        const Index row_step = plan.rows.input_step, count = plan.packed_rows(steps.size());
        for (part.n = images.begin; part.n < images.end; ++part.n)
            for (Index e = 0; e < row_step; ++e) {
                part.row = steps.begin * row_step + plan.rows.first_input() + e;
                const Index begin = std::clamp<Index>(ceil_div(-part.row, row_step), 0, count);
                const Index end = std::clamp<Index>(ceil_div(plan.rows.input - part.row, row_step), begin, count);
                part.row += begin * row_step;
                const Index image = (part.n - images.begin) * call.lengths.image_rows * call.lengths.span;
                const Index phase = e * plan.columns.input_step * call.lengths.phase;
                run_on(plan.isa, PackPlanes<C, T>{
                                     .x = row_begin(in, part),
                                     .x_channel = in.stride.c,
                                     .x_row = row_step * in.stride.h,
                                     .x_column = in.stride.w,
                                     .channels = part.channels,
                                     .rows = count,
                                     .inside = {begin, end},
                                     .columns = in.shape.w,
                                     .first_column = part.first_column,
                                     .step = plan.columns.input_step,
                                     .cells = call.lengths.cells,
                                     .channel_step = call.lengths.channel,
                                     .phase_step = call.lengths.phase,
                                     .span = call.lengths.span,
                                     .packed = packed + phase + image,
                                 });
            }
    }

    /// All phases of some steps and columns of one image. `image`: which of the stage.
    void unpack(const C* stage, RowOf part, Index image, Range steps, Range columns) const {
        const auto count = static_cast<Index>(plan.column_phases.size());
        const C* at = stage + image * call.lengths.image_rows * call.lengths.span;
        for (const MergedPhase& phase : plan.row_phases) {
            const Range lines = within(phase, steps);
            part.row = phase.first() + lines.begin * plan.rows.output_step;
            if (!lines.empty())
                unpack_rows(part, lines.size(), at + (lines.begin - steps.begin) * call.lengths.span, columns);
            at += count * phase_size();
        }
    }

  private:
    static Range within(const MergedPhase& phase, Range steps) {
        return {(std::max)(steps.begin, phase.valid().begin), (std::min)(steps.end, phase.valid().end)};
    }

    /// Sums of one phase.
    Index phase_size() const { return plan.groups_together() * plan.outputs * call.lengths.plane; }

    /// All column phases at once where they make whole rows; what only some phases have, alone.
    void unpack_rows(RowOf part, Index rows, const C* at, Range columns) const {
        Range common = columns;
        for (const MergedPhase& phase : plan.column_phases) common = within(phase, common);
        if (!plan.rows_are_whole() || common.empty()) common = {columns.end, columns.end};
        part.first_column = plan.column_phases.front().first() + common.begin * plan.columns.output_step;
        part.columns = common.size();
        if (!common.empty()) unpack_part(part, rows, at + common.begin - columns.begin, plan.columns.output_step);
        for (const MergedPhase& phase : plan.column_phases) {
            const Range own = within(phase, columns);
            for (const Range& rest : {Range{own.begin, (std::min)(own.end, common.begin)},
                                      Range{(std::max)(own.begin, common.end), own.end}}) {
                part.first_column = phase.first() + rest.begin * plan.columns.output_step;
                part.columns = rest.size();
                if (!rest.empty()) unpack_part(part, rows, at + rest.begin - columns.begin, 1);
            }
            at += phase_size();
        }
    }

    void unpack_part(const RowOf& part, Index rows, const C* at, Index phases) const {
        const View<T>& out = call.output;
        run_on(plan.isa, UnpackPlanes<C, T>{
                             .sums = at,
                             .phase_step = phase_size(),
                             .channel_step = call.lengths.plane,
                             .row_step = call.lengths.span,
                             .phases = phases,
                             .channels = part.channels,
                             .rows = rows,
                             .columns = part.columns,
                             .y = row_begin(out, part) + part.first_column * out.stride.w,
                             .y_channel = out.stride.c,
                             .y_row = plan.rows.output_step * out.stride.h,
                             .y_column = plan.columns.output_step / phases * out.stride.w,
                         });
    }
};

}  // namespace upconv::detail
