// ChannelLists: for each part of a strip, where the taps and the sums of each of its pixels lie, in place or
// packed.
#pragma once

#include "../kernel/move.hpp"
#include "../kernel/store.hpp"
#include "../plan/channel_plan.hpp"
#include "row_window.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Numbers of elements in the lists of a worker: what point() writes at most.
struct ChannelListSizes {
    Index pointers, parts, offsets;

    static ChannelListSizes of(const ChannelPlan& plan, const StripCut& cut, InPlace in_place) {
        const ChannelParts& parts = plan.parts(in_place);
        Index lists = 0, parts_lists = 0, taps = 0;
        for (std::size_t p = 0; p < plan.rows.phases.size(); ++p) {
            const Index of_phase = plan.rows.phases[p].taps + 1;
            lists += of_phase;
            parts_lists += of_phase * static_cast<Index>(parts.rows[p].size());
        }
        for (const auto& phase : parts.columns)
            for (const Segment& segment : phase) taps += segment.taps.size();
        return {lists * plan.column_phases() * cut.rows * plan.tile_columns +
                    3 * parts_lists * ChannelParts::segment_count(parts.columns),
                parts.count(), taps * plan.row_phases() + plan.listed_steps(parts)};
    }
};

/// What one run works on.
template <class T>
struct ChannelCall {
    View<const T> input;
    View<T> output;
    const Store<T>& store;
    InPlace in_place;
    StripCut cut;
    Index window_rows;  // packed input rows of a strip, at most
    ChannelListSizes lists;
};

template <class T>
class ChannelLists {
  public:
    using C = AccumulatorOf<T>;

    /// What a strip covers, and where its packed rows and its sums are.
    struct Strip {
        Index group;
        Range lines, columns;
        const RowWindow<C>& window;
        C* stage;
    };

    ChannelLists(const ChannelPlan& plan, const ChannelCall<T>& call, Arena& arena)
        : plan_(plan),
          call_(call),
          pixel_size_(call.in_place.input ? call.input.stride.w : plan.block()),
          pointers_(arena.take<C*>(call.lists.pointers)),
          parts_(arena.take<ChannelPart<C>>(call.lists.parts)),
          offsets_(arena.take<Index>(call.lists.offsets)) {}

    const ChannelPart<C>* parts() const { return parts_; }
    Index count() const { return count_; }

    void point(const Strip& strip) {
        const ChannelParts& cut = plan_.parts(call_.in_place);
        next_pointer_ = pointers_;
        next_offset_ = offsets_;
        count_ = 0;
        Index weight = 0;
        for (std::size_t r = 0; r < cut.rows.size(); ++r)
            for (std::size_t c = 0; c < cut.columns.size(); ++c) {
                const PhasePair phase{plan_.rows.phases[r], plan_.columns.phases[c], static_cast<Index>(r),
                                      static_cast<Index>(c), weight};
                for (const Segment& columns : cut.columns[c]) {
                    const Index* const offsets = list_offsets(phase, columns.taps);
                    for (const Segment& rows : cut.rows[r]) point_part(strip, phase, rows, columns, offsets);
                }
                weight += phase.taps() * plan_.channels;
            }
    }

  private:
    struct PhasePair {
        const Phase &rows, &columns;
        Index row_number, column_number, weight;

        Index taps() const { return rows.taps * columns.taps; }
    };

    /// The lines of a strip that are of a segment, each with its step within the image: f(line, step).
    template <class F>
    void for_each_line(Range lines, Range segment, const F& f) const {
        const Index steps = plan_.rows.steps();
        for (Index line = lines.begin, step = lines.begin % steps; line < lines.end; ++line, ++step) {
            if (step == steps) step = 0;
            if (step >= segment.begin && step < segment.end) f(line, step);
        }
    }

    /// Of the taps of a filter row from the first of them.
    const Index* list_offsets(const PhasePair& phase, Range taps) {
        const Index* const list = next_offset_;
        for (Index t = taps.begin; t < taps.end; ++t)
            *next_offset_++ = (t - taps.begin) * phase.columns.spacing * pixel_size_;
        return list;
    }

    void point_part(const Strip& strip, const PhasePair& phase, const Segment& rows, const Segment& columns,
                    const Index* offsets) {
        const Range of_strip{(std::max)(strip.columns.begin, columns.steps.begin),
                             (std::min)(strip.columns.end, columns.steps.end)};
        if (of_strip.empty()) return;
        C** const sums = next_pointer_;
        for_each_line(strip.lines, rows.steps,
                      [&](Index line, Index step) { list_sums(strip, phase, line, step, of_strip); });
        const Index pixels = next_pointer_ - sums;
        if (pixels == 0) return;
        fill_list(pixels);
        const Index run = neighbours(phase, columns.taps) ? columns.taps.size() : 1;
        ChannelPart<C>& part = parts_[count_++];
        part = {.pixels = pixels,
                .tap_rows = columns.taps.empty() ? 0 : rows.taps.size(),
                .tap_columns = columns.taps.size() / run,
                .row = next_pointer_,
                .list_step = 0,
                .row_step = 0,
                .sums = sums,
                .column_offset = offsets,
                .run = run,
                .first_tap = rows.taps.begin * phase.columns.taps + columns.taps.begin,
                .phase_columns = phase.columns.taps,
                .phase_taps = phase.taps(),
                .phase_weight = phase.weight,
                .step_offset = nullptr,
                .steps = 0};
        if (part.tap_rows > 0) list_rows(strip, phase, rows, phase.columns.offset(columns.taps.begin), of_strip, part);
    }

    /// Where the first tap of each row of taps reads: one list if every row lies as far from the one before it.
    void list_rows(const Strip& strip, const PhasePair& phase, const Segment& rows, Index first_offset, Range columns,
                   ChannelPart<C>& part) {
        const auto input_row = [&](Index line, Index step, Index a) {
            return this->input_row(strip, line, step, phase.rows.offset(a));
        };
        bool even = true, any = false;
        for_each_line(strip.lines, rows.steps, [&](Index line, Index step) {
            for (Index a = rows.taps.begin; a + 1 < rows.taps.end; ++a) {
                const Index apart = input_row(line, step, a + 1) - input_row(line, step, a);
                even &= !any || apart == part.row_step;
                part.row_step = apart;
                any = true;
            }
        });
        if (even) {
            list_steps(part);
        } else {
            part.row_step = 0;
            part.list_step = ChannelPart<C>::listed(part.pixels);
        }
        for (Index a = rows.taps.begin; a < (even ? rows.taps.begin + 1 : rows.taps.end); ++a) {
            for_each_line(strip.lines, rows.steps, [&](Index line, Index step) {
                list_pixels(strip, input_row(line, step, a), first_offset, columns);
            });
            fill_list(part.pixels);
        }
    }

    /// Of a part with all taps of its phase, where they are few.
    void list_steps(ChannelPart<C>& part) {
        const Index loop = part.run * plan_.channels, steps = part.tap_rows * part.tap_columns * loop;
        if (!plan_.lists_steps(loop) || steps != part.phase_taps * plan_.channels) return;
        part.step_offset = next_offset_;
        part.steps = steps;
        for (Index a = 0; a < part.tap_rows; ++a)
            for (Index b = 0; b < part.tap_columns; ++b)
                for (Index c = 0; c < loop; ++c) *next_offset_++ = a * part.row_step + part.column_offset[b] + c;
    }

    void fill_list(Index pixels) {
        for (; pixels % 4 != 0; ++pixels, ++next_pointer_) *next_pointer_ = next_pointer_[-1];
    }

    /// Whether the taps of a filter row read one stretch of memory.
    bool neighbours(const PhasePair& phase, Range taps) const {
        bool all = taps.size() > 1 && pixel_size_ == plan_.channels && plan_.channels <= channel_block;
        for (Index t = taps.begin + 1; t < taps.end; ++t)
            all &= phase.columns.offset(t) == phase.columns.offset(t - 1) + 1;
        return all;
    }

    void list_sums(const Strip& strip, const PhasePair& phase, Index line, Index step, Range columns) {
        C* row = strip.stage + plan_.stage_row(line - strip.lines.begin, phase.row_number) +
                 phase.column_number * plan_.lanes;
        Index pixel = plan_.column_phases() * plan_.lanes, first = columns.begin % plan_.tile_columns;
        if constexpr (std::is_same_v<C, T>)
            if (call_.in_place.output) {
                const Index outputs = plan_.problem.outputs_per_group();
                const Index output_row = phase.rows.first_output + step * plan_.rows.output_step;
                row = row_begin(call_.output,
                                {line / plan_.rows.steps(), strip.group * outputs, outputs, output_row, 0, 0}) +
                      phase.columns.first_output * call_.output.stride.w;
                pixel = plan_.columns.output_step * call_.output.stride.w;
                first = columns.begin;
            }
        for (Index j = 0; j < columns.size(); ++j) *next_pointer_++ = row + (first + j) * pixel;
    }

    /// Column 0 of the input row at `offset` from the first of an output step, or the window's first column.
    const C* input_row(const Strip& strip, Index line, Index step, Index offset) const {
        if constexpr (std::is_same_v<C, T>)
            if (call_.in_place.input)
                return row_begin(call_.input, {line / plan_.rows.steps(), strip.group * plan_.channels, plan_.channels,
                                               step * plan_.rows.input_step + offset, 0, 0});
        return strip.window.row(line, offset);
    }

    void list_pixels(const Strip& strip, const C* row, Index offset, Range columns) {
        const Index input_step = plan_.columns.input_step;
        const Index first =
            columns.begin * input_step + offset - (call_.in_place.input ? 0 : plan_.first_packed(strip.columns.begin));
        for (Index j = 0; j < columns.size(); ++j)
            *next_pointer_++ = const_cast<C*>(row) + (first + j * input_step) * pixel_size_;
    }

    static std::size_t at(Index i) { return static_cast<std::size_t>(i); }

    const ChannelPlan& plan_;
    const ChannelCall<T>& call_;
    Index pixel_size_;  // elements from a column of the input to the next
    C** pointers_;
    ChannelPart<C>* parts_;
    Index* offsets_;
    C** next_pointer_ = nullptr;
    Index* next_offset_ = nullptr;
    Index count_ = 0;
};

}  // namespace upconv::detail
