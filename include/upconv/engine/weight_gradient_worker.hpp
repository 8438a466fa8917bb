// WeightGradientWorker: the sums of one block of weights over one chunk of pixels, strip by strip:
//
//     pack either side -> for each tap, or run of taps: list the pixels that it reaches -> tiles
#pragma once

#include "weight_panels.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

template <class T>
class WeightGradientWorker {
  public:
    using C = AccumulatorOf<T>;

    WeightGradientWorker(const WeightGradientPlan& plan, const WeightGradientCall<T>& call, Arena& arena)
        : plan_(plan), panels_(plan, call, arena) {
        segments_ = arena.take<WeightSegment>(most_segments(plan));
        row_ = arena.take<C>(plan.tap_rows * plan.columns.kernel * plan.most_lanes());
        sums_ = arena.take<C>(plan.chunks == 1 ? sums_size(plan) : 0);
    }

    /// Room for the sums of a block.
    C* own_sums() const { return sums_; }
    /// Numbers of a block's sums with what tiles touch behind them.
    static Index sums_size(const WeightGradientPlan& plan) {
        return plan.most_sums() + WeightOperands<C>::slack * plan.most_lanes();
    }

    /// Fills `sums`.
    void sum(const WeightBlock& block, Range strips, C* sums) {
        std::fill(sums, sums + plan_.sums(block) + WeightOperands<C>::slack * plan_.lanes(block), C(0));
        for (Index s = strips.begin; s < strips.end; ++s) sum_strip(block, plan_.strip(s), sums);
    }

    /// Adds the sums of the chunks of a block, `apart` from one to the next, in a tree: of some broadcast channels.
    void add_chunks(const WeightBlock& block, Range broadcasts, Index apart, C* sums) const {
        const Index taps = block.tap_rows.size() * plan_.columns.kernel, lanes = plan_.lanes(block);
        const Index step = plan_.broadcasts(block).size() * lanes, first = broadcasts.begin * lanes;
        for (Index t = 0; t < taps; ++t)
            for (Index half = 1; half < plan_.chunks; half *= 2)
                for (Index c = 0; c + half < plan_.chunks; c += 2 * half)
                    run_on(plan_.isa, AddSums<C>{sums + (c + half) * apart + t * step + first,
                                                 broadcasts.size() * lanes, sums + c * apart + t * step + first});
    }

    /// From the sums of a block into the weights, [coarse, fine / groups, kh, kw]: of some broadcast channels.
    void store(const WeightBlock& block, Range broadcasts, const C* sums, T* weight, GradientSum how) const {
        const Relation& r = plan_.problem.relation;
        const Index of_block = block.tap_rows.size() * plan_.columns.kernel, lanes = plan_.lanes(block);
        const Index first = block.tap_rows.begin * plan_.columns.kernel, rows = plan_.broadcasts(block).size();
        const Index tap = plan_.swapped ? r.taps() - first - of_block : first;  // in the weights' own order
        const bool fine_lanes = (plan_.lanes_over == WeightLanes::fine) != plan_.swapped;
        const Range own = plan_.swapped ? block.fine : block.coarse, other = plan_.swapped ? block.coarse : block.fine;
        for (Index p = broadcasts.begin; p < broadcasts.end; ++p) {
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
    /// A row of a strip, or a stretch of one, takes one more where it begins in the middle of another.
    static Index most_segments(const WeightGradientPlan& plan) {
        return plan.images * plan.strip_rows * ((plan.strip_columns - 1) / WeightSegment::most + 2);
    }

    void sum_strip(const WeightBlock& block, const WeightStrip& strip, C* sums) {
        strip_ = strip;
        panels_.load(block, strip);
        if (plan_.depthwise()) return sum_rows(block, sums);
        for (Index a = block.tap_rows.begin; a < block.tap_rows.end; ++a) sum_taps(block, {a, a + 1}, strip.rows, sums);
    }

    /// What is of three ranges, or nothing, at the end of the last.
    static Range within(Range a, Range b, Range all) {
        const Range both{(std::max)({a.begin, b.begin, all.begin}), (std::min)({a.end, b.end, all.end})};
        return both.empty() ? Range{all.end, all.end} : both;
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
        const WeightPanel<C>&coarse = panels_.coarse(), &fine = panels_.fine();
        const Steps steps = part.columns.size() == 1 ? Steps{coarse.row, fine.row, 0, 0}
                                                     : Steps{coarse.column, fine.column, coarse.row, fine.row};
        const Index count = list(part, steps);
        if (count == 0) return;
        const Index lanes = plan_.lanes(block), broadcasts = plan_.broadcasts(block).size();
        const Index first = (part.tap_rows.begin - block.tap_rows.begin) * plan_.columns.kernel + part.taps.begin;
        C* const to = sums + first * broadcasts * lanes;
        if (plan_.depthwise()) {
            const LaneWeightOperands<C> of{.coarse = coarse.first,
                                           .fine = fine.first,
                                           .coarse_step = steps.coarse,
                                           .fine_step = steps.fine,
                                           .coarse_vector = coarse.block,
                                           .fine_vector = fine.block,
                                           .row_step = panels_.tap_row_step(),
                                           .tap_step = panels_.tap_step(),
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
        const WeightOperands<C> of{.broadcasts = over_fine ? coarse.first : fine.first,
                                   .vectors = over_fine ? fine.first : coarse.first,
                                   .broadcast_step = over_fine ? steps.coarse : steps.fine,
                                   .vector_step = over_fine ? steps.fine : steps.coarse,
                                   .pair_step = over_fine ? fine.block : coarse.block,
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
        if (rows.empty() || columns.empty()) return 0;
        const bool down = columns.size() == 1;
        const Index lines = down ? 1 : rows.size(), pixels = down ? rows.size() : columns.size();
        WeightSegment* next = segments_;
        Index coarse_end = -1, fine_end = -1;  // where the last segment ends
        for (Index m = 0; m < strip_.images.size(); ++m) {
            Index coarse_line = m * panels_.coarse().image + panels_.coarse_offset(rows.begin, columns.begin);
            Index fine_line = m * panels_.fine().image + panels_.fine_offset(rows.begin, a, columns.begin, b);
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
    WeightPanels<T> panels_;
    WeightSegment* segments_;
    C *row_, *sums_;  // (lanes, taps) of one broadcast channel; (taps, broadcast channels, lanes)
    WeightStrip strip_;
};

}  // namespace upconv::detail
