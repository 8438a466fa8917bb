// DepthwiseOverFinePlanes: a whole depthwise transposed convolution over planes. The input rows that some rows of an
// output plane read are spread into a small buffer, and the outputs are written in place from there, phase by phase of
// the rows.
//
//     run -> worker: strip of rows of a plane -> spread rows -> kernel for each row phase
#pragma once

#include <vector>

#include "../kernel/depthwise_fine_planes.hpp"
#include "../kernel/store.hpp"
#include "../plan/problem.hpp"
#include "run_strips.hpp"

namespace upconv::detail {

template <class C>
class DepthwiseOverFinePlanes {
  public:
    template <class T>
    DepthwiseOverFinePlanes(const FilterProblem& problem, const T* weight, Isa isa)
        : problem_(problem),
          isa_(isa),
          rows_(axis_walk(problem.relation.rows, problem.direction)),
          columns_(axis_walk(problem.relation.columns, problem.direction)),
          reach_(rows_.reach()) {
        if (columns_.output <= width() / 2) isa_ = half_as_wide(isa_);  // the same sums in fewer lanes
        if (problem.direction != Direction::to_fine || !is_small()) return;
        cut_ = RowCut(width(), columns_.output_step);
        const Index last = columns_.output - width();
        if (cut_.parts == 1 && last >= 0 && last % cut_.stride == 0) last_ = last;
        if (!lay_out()) return;
        cut_strips_of_rows();
        pack(weight);
    }

    /// Whether tensors that lie so in memory are for this kernel.
    bool takes(const View<const C>& input, const View<C>& output) const {
        return input.stride.w == 1 && output.stride.w == 1 && strip_steps_ > 0;
    }

    void run(View<const C> input, View<C> output, const Store<C>& store, const Executor& executor) const {
        const Index items = problem_.n * problem_.relation.groups * strips();
        const Index line = lead_ + columns_.input + tail_, spread = spread_rows(strip_steps_) * spread_row();
        run_strips(StripCut{items, 1, items, 1, 1}, Pieces::bytes<C>(line) + Pieces::bytes<C>(spread),
                   problem_.flops() / 8, executor, [&](std::byte* memory) {
                       Pieces pieces(memory);
                       C* const of_line = pieces.take<C>(line);
                       std::fill(of_line, of_line + line, C(0));
                       return Worker{*this, input, output, store, of_line + lead_, pieces.take<C>(spread)};
                   });
    }

  private:
    /// One thread's part of a run.
    struct Worker {
        const DepthwiseOverFinePlanes& plan;
        View<const C> input;
        View<C> output;
        const Store<C>& store;
        C *line, *spread;

        void run(Index /*part*/, Range items, Index /*split*/) const {
            const Index strips = plan.strips(), plane = items.begin / strips, strip = items.begin % strips;
            const Index channels = plan.problem_.relation.groups, n = plane / channels, channel = plane % channels;
            const Index first = strip * plan.strip_steps_;
            const Range steps{first, (std::min)(first + plan.strip_steps_, plan.rows_.steps())};
            const Range reach = plan.reach_;
            const Index begin = std::clamp<Index>(steps.begin + reach.begin, 0, plan.rows_.input);
            const Index end = std::clamp<Index>(steps.end - 1 + reach.end, begin, plan.rows_.input);
            if (begin < end) spread_rows(&input(n, channel, begin, 0), end - begin);
            sum(n, channel, steps, begin);
        }

        void spread_rows(const C* x, Index rows) const {
            run_on(plan.isa_, SpreadRows<C>{
                                  .x = x,
                                  .rows = rows,
                                  .columns = plan.columns_.input,
                                  .x_row = input.stride.h,
                                  .line = line,
                                  .cut = plan.cut_,
                                  .vectors = plan.vectors_,
                                  .copies = plan.copies_,
                                  .base = plan.base_.data(),
                                  .base_step = plan.cut_.advance / plan.cut_.stride,
                                  .lane = plan.lane_.data(),
                                  .kept = plan.kept_.data(),
                                  .spread = spread,
                                  .spread_row = plan.spread_row(),
                                  .spread_copy = plan.spread_copy(),
                              });
        }

        void sum(Index n, Index channel, Range steps, Index first_input_row) const {
            run_on(plan.isa_, DepthwiseFinePlanes<C>{
                                  .spread = spread - first_input_row * plan.spread_row(),
                                  .y = &output(n, channel, 0, 0),
                                  .weight = plan.weight_.data() + channel * plan.channel_weights_,
                                  .bias = store.bias == nullptr ? nullptr : store.bias + channel,
                                  .activation = store.activation,
                                  .phases = plan.row_phases_.data(),
                                  .phase_count = static_cast<Index>(plan.row_phases_.size()),
                                  .steps = steps,
                                  .columns = plan.columns_.output,
                                  .column_taps = static_cast<Index>(plan.offset_.size()),
                                  .offset = plan.offset_.data(),
                                  .whole_vectors = plan.whole_vectors_.data(),
                                  .last = plan.last_,
                                  .cut = plan.cut_,
                                  .spread_row = plan.spread_row(),
                                  .y_row = output.stride.h,
                                  .y_step = plan.rows_.output_step * output.stride.h,
                              });
        }
    };

    static constexpr Index spread_target = 20 * 1024;  // bytes of spread rows, within the first-level cache
    static constexpr Index spread_most = 256 * 1024;
    static constexpr Index most_columns = spread_most / 4;

    Index width() const { return vector_bytes(isa_) / static_cast<Index>(sizeof(C)); }
    Index strips() const { return (rows_.steps() + strip_steps_ - 1) / strip_steps_; }
    Index spread_copy() const { return (vectors_ + 1) * cut_.advance + width(); }
    Index spread_row() const { return copies_ * spread_copy(); }
    Index spread_rows(Index steps) const { return steps + reach_.size() - 1; }

    /// Whether rows can fit the buffer, and no product of their sizes overflows.
    bool is_small() const {
        const auto small = [](const AxisWalk& walk) {
            const Range reach = walk.reach();
            return walk.output_step <= 64 && -most_columns <= reach.begin && reach.end <= most_columns;
        };
        return columns_.input <= most_columns && columns_.output <= most_columns && small(rows_) && small(columns_);
    }

    /// The column phase of number p of a row, if it has taps.
    const detail::Phase* phase_at(Index p) const {
        const auto phase = static_cast<std::size_t>(p % cut_.stride);
        const bool any = phase < columns_.phases.size() && columns_.phases[phase].taps > 0;
        return any ? &columns_.phases[phase] : nullptr;
    }

    /// Where the numbers of a spread row come from, and where the taps find them. False where those of a vector lie
    /// too far apart, as a dilated filter may have it.
    bool lay_out() {
        Index taps = 0, spacing = 0;
        for (const detail::Phase& phase : columns_.phases) {
            const auto count = phase.taps;
            taps = (std::max)(taps, count);
            if (count > 1) spacing = -phase.spacing;
        }
        if (taps == 0) return false;
        const Index before = (taps - 1) * spacing;  // strides of a spread row before output 0
        for (Index t = 0; t < taps; ++t) offset_.push_back((before - t * spacing) * cut_.stride);
        vectors_ = cut_.vectors(0, before * cut_.stride + columns_.output);
        for (Index part = 0; part < cut_.parts; ++part)
            if (!lay_out(part, before)) return false;
        keep(taps);
        return true;
    }

    bool lay_out(Index part, Index before) {
        std::vector<Index> from;  // columns of the first vector's lanes, those that have one
        const auto column = [&](Index l) {
            const Index p = cut_.offset(part) + l;
            return phase_at(p)->first_input + p / cut_.stride - before;
        };
        const auto has = [&](Index l) { return phase_at(cut_.offset(part) + l) != nullptr; };
        for (Index l = 0; l < cut_.width; ++l)
            if (has(l)) from.push_back(column(l));
        const Index least = from.empty() ? 0 : *std::min_element(from.begin(), from.end());
        for (Index l = 0; l < cut_.width; ++l) lane_.push_back(has(l) ? static_cast<Lane<C>>(column(l) - least) : 0);
        base_.push_back(least);
        whole_vectors_.push_back(cut_.whole_vectors(part, columns_.output));
        lead_ = (std::max)(lead_, -least);
        tail_ = (std::max)(tail_, least + vectors_ * (cut_.advance / cut_.stride) + cut_.width - columns_.input);
        return from.empty() || *std::max_element(from.begin(), from.end()) < least + cut_.width;
    }

    /// What is kept of a spread row: numbers that all taps but the last need; and for that one in a copy of its own,
    /// where some outputs lack it.
    void keep(Index taps) {
        for (Index needed : {std::max<Index>(taps - 1, 1), taps})
            for (Index part = 0; part < cut_.parts; ++part)
                for (Index l = 0; l < cut_.width; ++l) {
                    const detail::Phase* const phase = phase_at(cut_.offset(part) + l);
                    kept_.push_back(phase != nullptr && phase->taps >= needed ? -1 : 0);
                }
        const auto half = kept_.begin() + cut_.parts * cut_.width;
        if (std::equal(kept_.begin(), half, half)) return;
        copies_ = 2;
        offset_.back() += spread_copy();
    }

    void cut_strips_of_rows() {
        const Index row_bytes = spread_row() * static_cast<Index>(sizeof(C));
        if (spread_rows(1) * row_bytes > spread_most) return;
        const Index fit = spread_target / row_bytes - (reach_.size() - 1);
        strip_steps_ = std::clamp<Index>(fit, 1, rows_.steps());
    }

    template <class T>
    void pack(const T* weight) {
        const auto taps = static_cast<Index>(offset_.size());
        for (const detail::Phase& r : rows_.phases) {
            row_phases_.push_back({r.first_output, r.steps, r, channel_weights_});
            channel_weights_ += r.taps * taps * cut_.parts * cut_.width;
        }
        for (Index g = 0; g < problem_.relation.groups; ++g)
            for (const detail::Phase& r : rows_.phases)
                for (Index a = 0; a < r.taps; ++a)
                    for (Index t = 0; t < taps; ++t)
                        for (Index i = 0; i < cut_.parts * cut_.width; ++i) {
                            const detail::Phase* const phase = phase_at(cut_.offset(i / cut_.width) + i % cut_.width);
                            const bool has = phase != nullptr && t < phase->taps;
                            const Index b = has ? phase->tap(t) : 0;
                            weight_.push_back(has ? widen<C>(weight[problem_.weight_index(g, 0, 0, r.tap(a), b)])
                                                  : C(0));
                        }
    }

    FilterProblem problem_;
    Isa isa_;
    AxisWalk rows_, columns_;
    Range reach_;  // of the rows
    RowCut cut_ = RowCut(1, 1);
    Index lead_ = 0, tail_ = 0;  // zeros around a row
    Index vectors_ = 0, copies_ = 1, last_ = -1;
    Index strip_steps_ = 0;                    // none: not for this kernel
    std::vector<Index> base_, whole_vectors_;  // (parts)
    std::vector<Index> offset_;
    std::vector<Lane<C>> lane_, kept_;
    std::vector<RowPhase> row_phases_;
    Index channel_weights_ = 0;
    std::vector<C> weight_;  // (channels, row phases, tap rows, column taps, parts, width)
};

}  // namespace upconv::detail
