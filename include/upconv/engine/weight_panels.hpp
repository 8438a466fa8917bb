// WeightPanels: the channels of a block at the pixels of a strip, on either grid: in the tensor itself, or copied to
// dense panels.
#pragma once

#include "../kernel/weight_panel.hpp"
#include "../kernel/weight_tile.hpp"
#include "../plan/weight_gradient_plan.hpp"
#include "run_strips.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// What one run works on: the tensors on the plan's grids.
template <class T>
struct WeightGradientCall {
    View<const T> coarse, fine;
};

/// One of the two. Steps lead from a pixel of the coarse grid to the next, in either panel.
template <class C>
struct WeightPanel {
    const C* first = nullptr;                         // of the panel
    Index image = 0, row = 0, column = 0, block = 0;  // block: of channels that lie together
};

template <class T>
class WeightPanels {
  public:
    using C = AccumulatorOf<T>;

    WeightPanels(const WeightGradientPlan& plan, const WeightGradientCall<T>& call, Arena& arena)
        : plan_(plan), call_(call) {
        const Index pair = 2 * plan.width(), slack = WeightOperands<C>::slack;
        const auto whole_pairs = [&](Index channels) { return (channels + pair - 1) / pair * pair; };
        const Index coarse = whole_pairs(plan.coarse_block);
        const Index fine = plan.depthwise() ? coarse : whole_pairs(plan.fine_block);
        const Index fine_rows = plan.images * most_fine_rows();
        coarse_memory_ = arena.take<C>(plan.images * plan.strip_rows * plan.strip_columns * coarse + slack);
        fine_memory_ = arena.take<C>(fine_rows * (most_fine_columns() + 1) * fine + slack);  // 1: for the gaps
    }

    const WeightPanel<C>& coarse() const { return coarse_; }
    const WeightPanel<C>& fine() const { return fine_; }
    /// From a tap to the one below, to the next.
    Index tap_row_step() const {
        return tap_rows_.empty() ? at_most_across(plan_.rows.dilation, plan_.rows) * cell_row_ : cell_row_;
    }
    Index tap_step() const { return at_most_across(plan_.columns.dilation, plan_.columns) * cell_column_; }

    /// Where coarse pixel (i, j) lies, and what tap (a, b) reads there.
    Index coarse_offset(Index i, Index j) const {
        return (i - strip_.rows.begin) * coarse_.row + (j - strip_.columns.begin) * coarse_.column;
    }
    Index fine_offset(Index i, Index a, Index j, Index b) const {
        const Index row = tap_rows_.empty() ? plan_.rows.fine_at(i, a) - fine_rows_.begin
                                            : (i - strip_.rows.begin) * tap_rows_.size() + a - tap_rows_.begin;
        return row * cell_row_ + (plan_.columns.fine_at(j, b) - fine_columns_.begin) * cell_column_;
    }

    void load(const WeightBlock& block, const WeightStrip& strip) {
        strip_ = strip;
        const Range coarse{block.group * plan_.coarse + block.coarse.begin,
                           block.group * plan_.coarse + block.coarse.end};
        const Range fine{block.group * plan_.fine + block.fine.begin, block.group * plan_.fine + block.fine.end};
        fine_columns_ = reach(plan_.columns, strip.columns, {0, plan_.columns.kernel});
        coarse_ = panel_of(call_.coarse, true, coarse, strip.rows, strip.columns, 0, coarse_memory_);
        tap_rows_ = {0, 0};
        if (plan_.rows_apart() && !in_place(call_.fine, false, fine.size())) {
            tap_rows_ = block.tap_rows;
            fine_ = pack_apart(fine);
        } else {
            fine_rows_ = reach(plan_.rows, strip.rows, block.tap_rows);
            fine_ = panel_of(call_.fine, false, fine, fine_rows_, fine_columns_, row_gap(), fine_memory_);
        }
        cell_row_ = fine_.row;
        cell_column_ = fine_.column;
        fine_.row *= tap_rows_.empty() ? at_most_across(plan_.rows.stride, plan_.rows) : tap_rows_.size();
        fine_.column *= at_most_across(plan_.columns.stride, plan_.columns);
    }

  private:
    /// A step that leaves the picture is never taken: it may be so long that as many numbers have no 64 bits.
    static Index at_most_across(Index step, const Axis& axis) { return (std::min)(step, axis.fine); }

    Index most_fine_rows() const {
        if (plan_.rows_apart()) return plan_.strip_rows * plan_.tap_rows;
        const Index span = (plan_.strip_rows - 1) * plan_.rows.stride + (plan_.tap_rows - 1) * plan_.rows.dilation + 1;
        return (std::min)(span, plan_.rows.fine);
    }
    Index most_fine_columns() const {
        return (std::min)((plan_.strip_columns - 1) * plan_.columns.stride + plan_.columns.span(), plan_.columns.fine);
    }

    bool has_lanes(bool coarse) const {
        return plan_.depthwise() || (plan_.lanes_over == WeightLanes::coarse) == coarse;
    }
    /// Channels that lie together: one or two vectors, so that what a tile reads is dense; all that are broadcast, so
    /// that taps can be a run.
    Index together(bool coarse, Index channels) const {
        return plan_.depthwise() ? plan_.width() : has_lanes(coarse) ? 2 * plan_.width() : channels;
    }

    /// A tensor is read where it lies with one tap, or where each channel is alone: it is read once then. Or if a panel
    /// of it would be the same, and few numbers are broadcast (64 -> 3: 63 of 100 where packing has 48; with many 73 to
    /// 85 where packing has 82 to 89).
    bool in_place(const View<const T>& x, bool coarse, Index channels) const {
        if constexpr (!std::is_same_v<C, T>) return false;
        const bool lanes = has_lanes(coarse), once = plan_.problem.relation.taps() == 1 || plan_.depthwise();
        const bool same = lanes && plan_.lanes_over == WeightLanes::coarse && plan_.fine_block <= 8 &&
                          x.stride.w == channels && channels * plan_.element <= 256;
        const Index unit = lanes ? plan_.width() : 8;  // tiles of broadcasts read as many
        // Pixels farther apart, or of a power of two, meet in the same lines of the first-level cache. 192 channels
        // alone: 1.6 times as fast in place; 256: 0.78.
        const Index most_apart = plan_.depthwise() ? 1020 : 512;
        return x.stride.c == 1 && channels % unit == 0 && (same || (once && x.stride.w * plan_.element <= most_apart));
    }

    /// The positions of the fine axis that some taps of some coarse positions read.
    static Range reach(const Axis& axis, Range coarse, Range taps) {
        const Index begin = std::clamp<Index>(axis.fine_at(coarse.begin, taps.begin), 0, axis.fine);
        return {begin, std::clamp<Index>(axis.fine_at(coarse.end - 1, taps.end - 1) + 1, begin, axis.fine)};
    }

    /// Rows that a stride skips would meet in the same lines of the first-level cache.
    Index row_gap() const { return plan_.rows.stride > 1 ? plan_.width() : 0; }

    WeightPanel<C> panel_of(const View<const T>& x, bool coarse, Range channels, Range rows, Range columns, Index gap,
                            C* memory) const {
        const Index block = together(coarse, channels.size()), images = strip_.images.size();
        if constexpr (std::is_same_v<C, T>)
            if (in_place(x, coarse, channels.size()))
                return {&x(strip_.images.begin, channels.begin, rows.begin, columns.begin), x.stride.n, x.stride.h,
                        x.stride.w, block};
        const bool whole = gap == 0 && columns.size() == x.shape.w && x.stride.h == x.shape.w * x.stride.w;
        const Index row = columns.size() * block + gap, of_block = images * rows.size() * row;
        const Index at_once = whole ? rows.size() : 1;
        C* to = memory;
        for (Index n = strip_.images.begin; n < strip_.images.end; ++n)
            for (Index i = rows.begin; i < rows.end; i += at_once, to += at_once * row) {
                pack(x, {n, channels.begin, channels.size(), i, columns.begin, at_once * columns.size()}, to, block,
                     of_block);
                if (gap > 0) clear(to + row - gap, gap);
            }
        clear_behind(memory, channels.size(), block, of_block);
        return {memory, rows.size() * row, row, block, of_block};
    }
    void pack(const View<const T>& x, const RowOf& row, C* to, Index block, Index of_block) const {
        run_on(plan_.isa, PackPanel<C, T>{x, row, to, block, of_block});
    }

    /// Old memory holds numbers so small that multiplying them takes 50 times as long: what tiles read beside a panel
    /// is 0, though it changes no sum. Only where there is one block, as of numbers that are broadcast, is more read
    /// than packed.
    static void clear(C* from, Index count) { std::fill(from, from + count, C(0)); }
    static void clear_behind(C* panel, Index channels, Index block, Index of_block) {
        clear(panel + (channels + block - 1) / block * of_block, WeightOperands<C>::slack);
    }

    /// Of each row of the strip those that its taps read, one after the other; rows beside the picture are 0.
    WeightPanel<C> pack_apart(Range channels) const {
        const Index block = together(false, channels.size()), row = fine_columns_.size() * block;
        const Index image = strip_.rows.size() * tap_rows_.size() * row, of_block = strip_.images.size() * image;
        C* to = fine_memory_;
        for (Index n = strip_.images.begin; n < strip_.images.end; ++n)
            for (Index i = strip_.rows.begin; i < strip_.rows.end; ++i)
                for (Index a = tap_rows_.begin; a < tap_rows_.end; ++a, to += row) {
                    const Index from = plan_.rows.fine_at(i, a);
                    if (from >= 0 && from < plan_.rows.fine)
                        pack(call_.fine,
                             {n, channels.begin, channels.size(), from, fine_columns_.begin, fine_columns_.size()}, to,
                             block, of_block);
                    else
                        clear(to, row);
                }
        clear_behind(fine_memory_, channels.size(), block, of_block);
        return {fine_memory_, image, row, block, of_block};
    }

    const WeightGradientPlan& plan_;
    const WeightGradientCall<T>& call_;
    C *coarse_memory_, *fine_memory_;
    WeightStrip strip_;
    WeightPanel<C> coarse_, fine_;
    Index cell_row_ = 0, cell_column_ = 0;  // from a cell of the fine panel to the next
    Range fine_rows_, fine_columns_;        // that the fine panel has;
    Range tap_rows_;                        // or the taps whose rows it has for each row of the strip
};

}  // namespace upconv::detail
