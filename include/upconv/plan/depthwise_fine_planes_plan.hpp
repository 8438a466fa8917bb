// DepthwiseFinePlanesPlan: what the depthwise kernel over the planes of a transposed convolution does, as data. The
// input rows that some rows of an output plane read are spread into a small buffer, and the outputs are written in
// place from there, phase by phase of the rows. engine/depthwise_over_fine_planes.hpp does it.
#pragma once

#include "../kernel/depthwise_fine_planes.hpp"
#include "../kernel/view.hpp"
#include "cost.hpp"
#include "problem.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

struct DepthwiseFinePlanesPlan {
    FilterProblem problem;
    Isa isa;        // of half the width for narrow pictures: the same sums in fewer lanes
    Index element;  // bytes of a sum
    AxisWalk rows, columns;
    Range reach;  // of the rows
    RowCut cut = RowCut(1, 1);
    Index lead = 0, tail = 0;  // zeros around a row
    Index vectors = 0, copies = 1, last = -1;
    Index strip_steps = 0;                   // none: not for this kernel
    std::vector<Index> base, whole_vectors;  // (parts)
    std::vector<Index> offset;               // (column taps)
    std::vector<Index> lane, kept;           // (parts, width), (copies, parts, width)
    std::vector<RowPhase> row_phases;
    Index channel_weights = 0;

    DepthwiseFinePlanesPlan(const FilterProblem& of, Isa on, Index element_bytes)
        : problem(of),
          isa(on),
          element(element_bytes),
          rows(axis_walk(of.relation.rows, of.direction)),
          columns(axis_walk(of.relation.columns, of.direction)),
          reach(rows.reach()) {
        if (columns.output <= width() / 2) isa = half_as_wide(isa);
        if (of.direction != Direction::to_fine || !is_small()) return;
        cut = RowCut(width(), columns.output_step);
        const Index end = columns.output - width();
        if (cut.parts == 1 && end >= 0 && end % cut.stride == 0) last = end;
        if (!lay_out()) return;
        cut_strips_of_rows();
        for (const Phase& r : rows.phases) {
            row_phases.push_back({r.first_output, r.steps, r, channel_weights});
            channel_weights += r.taps * static_cast<Index>(offset.size()) * cut.parts * cut.width;
        }
    }

    bool possible() const { return strip_steps > 0; }
    bool takes(const Shape4& input_stride, const Shape4& output_stride) const {
        return input_stride.w == 1 && output_stride.w == 1;
    }
    Index width() const { return vector_bytes(isa) / element; }
    Index strips() const { return (rows.steps() + strip_steps - 1) / strip_steps; }
    Index spread_copy() const { return (vectors + 1) * cut.advance + width(); }
    Index spread_row() const { return copies * spread_copy(); }
    Index spread_rows(Index steps) const { return steps + reach.size() - 1; }

    /// The column phase of number p of a row, if it has taps.
    const Phase* phase_at(Index p) const {
        const auto phase = static_cast<std::size_t>(p % cut.stride);
        const bool any = phase < columns.phases.size() && columns.phases[phase].taps > 0;
        return any ? &columns.phases[phase] : nullptr;
    }

    /// Each product loads a vector; to spread one takes a load, a pick and a store. Fitted to which kernel was faster
    /// in 120 random problems of either instruction set: with three taps of a row phase or more, the tiles over pixels.
    Cost cost() const {
        Index of_row = 0;
        for (Index part = 0; part < cut.parts; ++part) of_row += cut.vectors(part, columns.output);
        const auto steps = static_cast<double>(columns.steps()), taps = static_cast<double>(offset.size());
        const double products = static_cast<double>(problem.relation.rows.kernel) * taps *
                                cost_of_loaded_product(vector_bytes(isa)),
                     stores = static_cast<double>(rows.phases.size()) * cost_of_store;
        const double fitted = taps > 2 ? 1.7 : 0.7, each_spread = 2 + cost_of_store;
        return {fitted * (products + stores) * static_cast<double>(of_row) / steps,
                fitted * (1.5 * each_spread * static_cast<double>(copies * cut.parts * vectors) / steps +
                          cost_of_rows(steps, static_cast<double>(rows.steps()), 17, 300))};
    }

    std::string text() const {
        return joined("over planes whose rows are spread by the stride, strips of ", strip_steps, " steps");
    }

    friend bool operator==(const DepthwiseFinePlanesPlan&, const DepthwiseFinePlanesPlan&) = default;

  private:
    static constexpr Index spread_target = 20 * 1024;  // bytes of spread rows, within the first-level cache
    static constexpr Index spread_most = 256 * 1024;
    static constexpr Index most_columns = spread_most / 4;

    /// Whether rows can fit the buffer, and no product of their sizes overflows.
    bool is_small() const {
        const auto small = [](const AxisWalk& walk) {
            const Range reached = walk.reach();
            return walk.output_step <= 64 && -most_columns <= reached.begin && reached.end <= most_columns;
        };
        return columns.input <= most_columns && columns.output <= most_columns && small(rows) && small(columns);
    }

    /// Where the numbers of a spread row come from, and where the taps find them. False where those of a vector lie
    /// too far apart, as a dilated filter may have it.
    bool lay_out() {
        Index taps = 0, spacing = 0;
        for (const Phase& phase : columns.phases) {
            const auto count = phase.taps;
            taps = (std::max)(taps, count);
            if (count > 1) spacing = -phase.spacing;
        }
        if (taps == 0) return false;
        const Index before = (taps - 1) * spacing;  // strides of a spread row before output 0
        for (Index t = 0; t < taps; ++t) offset.push_back((before - t * spacing) * cut.stride);
        vectors = cut.vectors(0, before * cut.stride + columns.output);
        for (Index part = 0; part < cut.parts; ++part)
            if (!lay_out(part, before)) return false;
        keep(taps);
        return true;
    }

    bool lay_out(Index part, Index before) {
        std::vector<Index> from;  // columns of the first vector's lanes, those that have one
        const auto column = [&](Index l) {
            const Index p = cut.offset(part) + l;
            return phase_at(p)->first_input + p / cut.stride - before;
        };
        const auto has = [&](Index l) { return phase_at(cut.offset(part) + l) != nullptr; };
        for (Index l = 0; l < cut.width; ++l)
            if (has(l)) from.push_back(column(l));
        const Index least = from.empty() ? 0 : *std::min_element(from.begin(), from.end());
        for (Index l = 0; l < cut.width; ++l) lane.push_back(has(l) ? column(l) - least : 0);
        base.push_back(least);
        whole_vectors.push_back(cut.whole_vectors(part, columns.output));
        lead = (std::max)(lead, -least);
        tail = (std::max)(tail, least + vectors * (cut.advance / cut.stride) + cut.width - columns.input);
        return from.empty() || *std::max_element(from.begin(), from.end()) < least + cut.width;
    }

    /// What is kept of a spread row: numbers that all taps but the last need; and for that one in a copy of its own,
    /// where some outputs lack it.
    void keep(Index taps) {
        for (Index needed : {std::max<Index>(taps - 1, 1), taps})
            for (Index part = 0; part < cut.parts; ++part)
                for (Index l = 0; l < cut.width; ++l) {
                    const Phase* const phase = phase_at(cut.offset(part) + l);
                    kept.push_back(phase != nullptr && phase->taps >= needed ? -1 : 0);
                }
        const auto half = kept.begin() + cut.parts * cut.width;
        if (std::equal(kept.begin(), half, half)) return;
        copies = 2;
        offset.back() += spread_copy();
    }

    void cut_strips_of_rows() {
        const Index row_bytes = spread_row() * element;
        if (spread_rows(1) * row_bytes > spread_most) return;
        const Index fit = spread_target / row_bytes - (reach.size() - 1);
        strip_steps = std::clamp<Index>(fit, 1, rows.steps());
    }
};

}  // namespace upconv::detail
