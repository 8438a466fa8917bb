// WeightGradientWorker: the sums of one block of weights over one chunk of pixels, strip by strip:
//
//     pack either side -> for each tap, or run of taps: list the pixels that it reaches -> tiles
#pragma once

#include "../kernel/weight_panel.hpp"
#include "../kernel/weight_tile.hpp"
#include "../plan/weight_gradient_plan.hpp"
#include "run_strips.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Where the channels of a block lie for each pixel of a strip: in the tensor itself, or copied.
template <class C>
struct WeightPanel {
    const C* first = nullptr;                         // of the strip's first image, row and column
    Index image = 0, row = 0, column = 0, block = 0;  // from one to the next; block: of channels that lie together
};

/// What one run works on: the tensors on the plan's grids.
template <class T>
struct WeightGradientCall {
    View<const T> coarse, fine;
};

template <class T>
class WeightGradientWorker {
  public:
    using C = AccumulatorOf<T>;

    WeightGradientWorker(const WeightGradientPlan& plan, const WeightGradientCall<T>& call, Arena& arena)
        : plan_(plan), call_(call) {
        const Sizes sizes = sizes_of(plan);
        coarse_panel_ = arena.take<C>(sizes.coarse);
        fine_panel_ = arena.take<C>(sizes.fine);
        segments_ = arena.take<WeightSegment>(sizes.segments);
        row_ = arena.take<C>(sizes.row);
        sums_ = arena.take<C>(sizes.sums);
    }

    /// Room for the sums of a block.
    C* own_sums() const { return sums_; }
    /// Numbers of a block's sums with what tiles touch behind them.
    static Index sums_size(const WeightGradientPlan& plan) {
        return plan.most_sums() +
               WeightOperands<C>::slack * plan.whole_vectors((std::max)(plan.coarse_block, plan.fine_block));
    }

    /// Fills `sums`.
    void sum(const WeightBlock& block, Range strips, C* sums) {
        std::fill(sums, sums + plan_.sums(block), C(0));
        for (Index s = strips.begin; s < strips.end; ++s) sum_strip(block, plan_.strip(s), sums);
    }

    /// From the sums of a block into the weights, [coarse, fine / groups, kh, kw].
    void store(const WeightBlock& block, const C* sums, T* weight, GradientSum how) const {
        const Relation& r = plan_.problem.relation;
        const Index of_block = block.tap_rows.size() * plan_.columns.kernel, lanes = plan_.lanes(block);
        const Index first = block.tap_rows.begin * plan_.columns.kernel, rows = plan_.broadcasts(block).size();
        const Index tap = plan_.swapped ? r.taps() - first - of_block : first;  // in the weights' own order
        const bool fine_lanes = (plan_.lanes_over == WeightLanes::fine) != plan_.swapped;
        const Range own = plan_.swapped ? block.fine : block.coarse, other = plan_.swapped ? block.coarse : block.fine;
        for (Index p = 0; p < rows; ++p) {
            const Index coarse = block.group * r.coarse_per_group() + own.begin + (fine_lanes ? p : 0);
            const Index fine = plan_.depthwise() ? 0 : other.begin + (fine_lanes ? 0 : p);
            const Index step = rows * lanes, last = plan_.swapped ? (of_block - 1) * step : 0;
            run_on(plan_.isa,
                   StoreWeights<C, T>{.sums = sums + p * lanes + last,
                                      .tap_step = plan_.swapped ? -step : step,
                                      .taps = of_block,
                                      .lanes = (fine_lanes ? other : own).size(),
                                      .row = row_,
                                      .weight = weight + (coarse * r.fine_per_group() + fine) * r.taps() + tap,
                                      .lane_step = fine_lanes ? r.taps() : r.fine_per_group() * r.taps(),
                                      .how = how});
        }
    }

  private:
    struct Sizes {
        Index coarse, fine, segments, row, sums;
    };

    /// Rows of the fine panel: those that the strip's rows and the block's taps reach; where the taps of one row reach
    /// none of the next, no row between them.
    static bool rows_apart(const WeightGradientPlan& plan) {
        return plan.rows.dilation == 1 && plan.tap_rows <= plan.rows.stride;
    }
    static Index fine_rows(const WeightGradientPlan& plan) {
        if (rows_apart(plan)) return plan.strip_rows * plan.tap_rows;
        const Index reach = (plan.strip_rows - 1) * plan.rows.stride + (plan.tap_rows - 1) * plan.rows.dilation + 1;
        return (std::min)(reach, plan.rows.fine);
    }
    static Index fine_columns(const WeightGradientPlan& plan, Index columns) {
        return (std::min)((columns - 1) * plan.columns.stride + plan.columns.span(), plan.columns.fine);
    }

    static Sizes sizes_of(const WeightGradientPlan& plan) {
        const Index pixels = plan.images * plan.strip_rows * plan.strip_columns, slack = WeightOperands<C>::slack;
        const Index of_rows = plan.images * fine_rows(plan);
        const Index fine = of_rows * fine_columns(plan, plan.strip_columns);
        const Index taps = plan.tap_rows * plan.columns.kernel;
        const Index pair = 2 * plan.width();
        const auto whole_pairs = [&](Index channels) { return (channels + pair - 1) / pair * pair; };
        const Index coarse_pitch = whole_pairs(plan.coarse_block);
        const Index fine_pitch = plan.depthwise() ? coarse_pitch : whole_pairs(plan.fine_block);
        return {pixels * coarse_pitch + slack, fine * fine_pitch + of_rows * fine_pitch + slack,
                plan.images * plan.strip_rows * ((plan.strip_columns - 1) / WeightSegment::most + 1 + 1),
                taps * (std::max)(coarse_pitch, fine_pitch), plan.chunks == 1 ? sums_size(plan) : 0};
    }

    static std::size_t at(Index i) { return static_cast<std::size_t>(i); }

    bool has_lanes(bool coarse) const {
        return plan_.depthwise() || (plan_.lanes_over == WeightLanes::coarse) == coarse;
    }
    /// Channels that lie together: one or two vectors, so that what a tile reads is dense; all that are broadcast, so
    /// that taps can be a run.
    Index block(bool coarse, Index channels) const {
        return plan_.depthwise() ? plan_.width() : has_lanes(coarse) ? 2 * plan_.width() : channels;
    }

    /// A tensor is read where it lies if a panel of it would be the same; with one tap, or where each channel is alone,
    /// it is read once.
    bool in_place(const View<const T>& x, bool coarse, Index channels) const {
        if constexpr (!std::is_same_v<C, T>) return false;
        const bool lanes = has_lanes(coarse), once = plan_.problem.relation.taps() == 1 || plan_.depthwise();
        const bool same = lanes && plan_.lanes_over == WeightLanes::coarse && plan_.fine_block <= 8 &&
                          x.stride.w == channels && channels * plan_.element <= 256;
        const Index unit = lanes ? plan_.width() : 8;  // tiles of broadcasts read as many
        return x.stride.c == 1 && channels % unit == 0 && (same || (once && x.stride.w * plan_.element <= 512));
    }

    void sum_strip(const WeightBlock& block, const WeightStrip& strip, C* sums) {
        const Axis& rows = plan_.rows;
        const Index group = block.group;
        const Range coarse{group * plan_.coarse + block.coarse.begin, group * plan_.coarse + block.coarse.end};
        const Range fine{group * plan_.fine + block.fine.begin, group * plan_.fine + block.fine.end};
        const Range columns = fine_reach(plan_.columns, strip.columns, {0, plan_.columns.kernel});
        strip_ = strip;
        coarse_ = panel_of(call_.coarse, true, coarse, strip.rows, strip.columns, 0, coarse_panel_);
        tap_row_ = {0, 0};
        if (rows_apart(plan_) && !in_place(call_.fine, false, fine.size())) {
            tap_row_ = block.tap_rows;
            pack_apart(fine, columns);
        } else {
            fine_rows_ = fine_reach(rows, strip.rows, block.tap_rows);
            fine_ = panel_of(call_.fine, false, fine, fine_rows_, columns, row_gap(), fine_panel_);
        }
        fine_column_ = columns.begin;
        if (plan_.depthwise()) return sum_rows(block, sums);
        for (Index a = block.tap_rows.begin; a < block.tap_rows.end; ++a) sum_taps(block, {a, a + 1}, strip.rows, sums);
    }

    /// Where all rows of taps reach the picture they are summed at once, and row by row above and below that.
    void sum_rows(const WeightBlock& block, C* sums) {
        const Axis& axis = plan_.rows;
        const Range taps = block.tap_rows;
        const Range inside =
            within({axis.coarse_range(taps.begin).begin, axis.coarse_range(taps.end - 1).end},
                   {axis.coarse_range(taps.end - 1).begin, axis.coarse_range(taps.begin).end}, strip_.rows);
        const auto one_row = [&](Index i) {
            const Range reach = axis.tap_range(i);
            const Range rows{(std::max)(reach.begin, taps.begin), (std::min)(reach.end, taps.end)};
            if (!rows.empty()) sum_taps(block, rows, {i, i + 1}, sums);
        };
        for (Index i = strip_.rows.begin; i < inside.begin; ++i) one_row(i);
        if (!inside.empty()) sum_taps(block, taps, inside, sums);
        for (Index i = inside.end; i < strip_.rows.end; ++i) one_row(i);
    }

    /// What is of three ranges, or nothing, at the end of the last.
    static Range within(Range a, Range b, Range all) {
        const Range both{(std::max)({a.begin, b.begin, all.begin}), (std::min)({a.end, b.end, all.end})};
        return both.empty() ? Range{all.end, all.end} : both;
    }

    /// The positions of the fine axis that some taps of some coarse positions read.
    static Range fine_reach(const Axis& axis, Range coarse, Range taps) {
        const Index begin = std::clamp<Index>(axis.fine_at(coarse.begin, taps.begin), 0, axis.fine);
        return {begin, std::clamp<Index>(axis.fine_at(coarse.end - 1, taps.end - 1) + 1, begin, axis.fine)};
    }

    /// Rows that a stride skips would meet in the same lines of the first-level cache.
    Index row_gap() const { return plan_.rows.stride > 1 ? plan_.width() : 0; }

    WeightPanel<C> panel_of(const View<const T>& x, bool coarse, Range channels, Range rows, Range columns, Index gap,
                            C* panel) {
        const Index together = block(coarse, channels.size()), images = strip_.images.size();
        if constexpr (std::is_same_v<C, T>)
            if (in_place(x, coarse, channels.size()))
                return {&x(strip_.images.begin, channels.begin, rows.begin, columns.begin), x.stride.n, x.stride.h,
                        x.stride.w, together};
        const bool whole = gap == 0 && columns.size() == x.shape.w && x.stride.h == x.shape.w * x.stride.w;
        const Index row = columns.size() * together + gap, of_block = images * rows.size() * row;
        const Index at_once = whole ? rows.size() : 1;
        C* to = panel;
        for (Index n = strip_.images.begin; n < strip_.images.end; ++n)
            for (Index i = rows.begin; i < rows.end; i += at_once, to += at_once * row)
                pack(x, {n, channels.begin, channels.size(), i, columns.begin, at_once * columns.size()}, to, together,
                     of_block);
        return {panel, rows.size() * row, row, together, of_block};
    }
    void pack(const View<const T>& x, const RowOf& row, C* to, Index together, Index of_block) const {
        run_on(plan_.isa, PackPanel<C, T>{x, row, to, together, of_block});
    }

    /// Of each row of the strip those that its taps read, one after the other; rows beside the picture stay empty.
    void pack_apart(Range channels, Range columns) {
        const Index together = block(false, channels.size()), row = columns.size() * together;
        const Index image = strip_.rows.size() * tap_row_.size() * row, of_block = strip_.images.size() * image;
        C* to = fine_panel_;
        for (Index n = strip_.images.begin; n < strip_.images.end; ++n)
            for (Index i = strip_.rows.begin; i < strip_.rows.end; ++i)
                for (Index a = tap_row_.begin; a < tap_row_.end; ++a, to += row) {
                    const Index from = plan_.rows.fine_at(i, a);
                    if (from >= 0 && from < plan_.rows.fine)
                        pack(call_.fine, {n, channels.begin, channels.size(), from, columns.begin, columns.size()}, to,
                             together, of_block);
                }
        fine_ = {fine_panel_, image, row, together, of_block};
    }

    /// The offset of the first column's row that tap row `a` of coarse row `i` reads.
    Index fine_row(Index i, Index a) const {
        const Index row = tap_row_.empty() ? plan_.rows.fine_at(i, a) - fine_rows_.begin
                                           : (i - strip_.rows.begin) * tap_row_.size() + a - tap_row_.begin;
        return row * fine_.row;
    }

    /// Rows of taps over rows of the strip: one tap after the other, or as runs of all that reach the picture from a
    /// column.
    void sum_taps(const WeightBlock& block, Range tap_rows, Range rows, C* sums) {
        const Axis& axis = plan_.columns;
        const Range strip = strip_.columns, first = axis.coarse_range(0), last = axis.coarse_range(axis.kernel - 1);
        if (plan_.run == 1) {
            for (Index b = 0; b < axis.kernel; ++b)
                sum_columns(block, {tap_rows, {b, b + 1}, rows, within(axis.coarse_range(b), strip, strip)}, sums);
            return;
        }
        const Range inside = within({first.begin, last.end}, {last.begin, first.end}, strip);
        for (Index j = strip.begin; j < inside.begin; ++j)
            sum_columns(block, {tap_rows, axis.tap_range(j), rows, {j, j + 1}}, sums);
        sum_columns(block, {tap_rows, {0, axis.kernel}, rows, inside}, sums);
        for (Index j = inside.end; j < strip.end; ++j)
            sum_columns(block, {tap_rows, axis.tap_range(j), rows, {j, j + 1}}, sums);
    }

    /// Taps and the pixels of the coarse grid from which they are summed.
    struct Part {
        Range tap_rows, taps, rows, columns;
    };

    void sum_columns(const WeightBlock& block, const Part& part, C* sums) {
        if (part.columns.empty() || part.taps.empty()) return;
        const Index column_step = plan_.columns.stride * fine_.column;
        const Index row_step = tap_row_.empty() ? plan_.rows.stride * fine_.row : tap_row_.size() * fine_.row;
        const Steps steps = part.columns.size() == 1 ? Steps{coarse_.row, row_step, 0, 0}
                                                     : Steps{coarse_.column, column_step, coarse_.row, row_step};
        const Index count = list(part, steps);
        if (count == 0) return;
        const Index lanes = plan_.lanes(block), broadcasts = plan_.broadcasts(block).size();
        const Index first = (part.tap_rows.begin - block.tap_rows.begin) * plan_.columns.kernel + part.taps.begin;
        C* const to = sums + first * broadcasts * lanes;
        if (plan_.depthwise()) {
            const LaneWeightOperands<C> of{.coarse = coarse_.first,
                                           .fine = fine_.first,
                                           .coarse_step = steps.coarse,
                                           .fine_step = steps.fine,
                                           .coarse_vector = coarse_.block,
                                           .fine_vector = fine_.block,
                                           .row_step = tap_row_.empty() ? plan_.rows.dilation * fine_.row : fine_.row,
                                           .tap_step = plan_.columns.dilation * fine_.column,
                                           .sum_row_step = plan_.columns.kernel * lanes,
                                           .segments = segments_,
                                           .count = count,
                                           .sums = to,
                                           .rows = part.tap_rows.size(),
                                           .taps = part.taps.size(),
                                           .lanes = lanes};
            return run_on(plan_.isa, LaneWeightTiles<C>{of});
        }
        const bool over_fine = plan_.lanes_over == WeightLanes::fine;
        const WeightOperands<C> of{.broadcasts = over_fine ? coarse_.first : fine_.first,
                                   .vectors = over_fine ? fine_.first : coarse_.first,
                                   .broadcast_step = over_fine ? steps.coarse : steps.fine,
                                   .vector_step = over_fine ? steps.fine : steps.coarse,
                                   .pair_step = over_fine ? fine_.block : coarse_.block,
                                   .segments = segments_,
                                   .count = count,
                                   .sums = to,
                                   .rows = part.taps.size() * broadcasts,
                                   .lanes = lanes};
        run_on(plan_.isa, WeightTiles<C>{of});
    }

    /// The steps from a pixel to the next of a segment, and from a row of them to the next.
    struct Steps {
        Index coarse, fine, coarse_row, fine_row;
    };

    /// The pixels that the first of the taps reaches, in segments; rows that follow each other in both panels are one.
    /// Those of a single column follow each other down the rows.
    Index list(const Part& part, const Steps& steps) {
        const Index a = part.tap_rows.begin, b = part.taps.begin;
        const Range columns = part.columns, rows = within(plan_.rows.coarse_range(a), part.rows, strip_.rows);
        const bool down = columns.size() == 1;
        const Index lines = down ? (std::min<Index>)(rows.size(), 1) : rows.size(),
                    pixels = down ? rows.size() : columns.size();
        WeightSegment* next = segments_;
        Index coarse_end = -1, fine_end = -1;  // where the last segment ends
        for (Index m = 0; m < strip_.images.size(); ++m) {
            Index coarse_line = m * coarse_.image + (rows.begin - strip_.rows.begin) * coarse_.row +
                                (columns.begin - strip_.columns.begin) * coarse_.column;
            Index fine_line = m * fine_.image + fine_row(rows.begin, a) +
                              (plan_.columns.fine_at(columns.begin, b) - fine_column_) * fine_.column;
            for (Index i = 0; i < lines; ++i, coarse_line += steps.coarse_row, fine_line += steps.fine_row) {
                Index coarse = coarse_line, fine = fine_line;
                const bool follows = coarse == coarse_end && fine == fine_end;
                for (Index left = pixels; left > 0;) {
                    const bool joins = follows && next[-1].pixels < WeightSegment::most;
                    if (!joins) *next++ = broadcast_first(coarse, fine);
                    const Index count = (std::min)(left, WeightSegment::most - next[-1].pixels);
                    next[-1].pixels += count;
                    left -= count;
                    coarse += count * steps.coarse;
                    fine += count * steps.fine;
                }
                coarse_end = coarse;
                fine_end = fine;
            }
        }
        return next - segments_;
    }
    WeightSegment broadcast_first(Index coarse, Index fine) const {
        return plan_.lanes_over == WeightLanes::coarse ? WeightSegment{fine, coarse, 0}
                                                       : WeightSegment{coarse, fine, 0};
    }

    const WeightGradientPlan& plan_;
    const WeightGradientCall<T>& call_;
    C *coarse_panel_, *fine_panel_;
    WeightSegment* segments_;
    C *row_, *sums_;
    WeightStrip strip_;
    WeightPanel<C> coarse_, fine_;
    Range tap_row_, fine_rows_;  // of a panel of rows apart; of one that has all rows
    Index fine_column_ = 0;      // the first of the panel
};

}  // namespace upconv::detail
