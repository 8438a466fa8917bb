// Choice: which kernel a problem gets, and why.
#pragma once

#include <cmath>

#include "../kernel/pixel_tile.hpp"
#include "merged_walk.hpp"
#include "problem.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Whether the products of an image, those in the padding too, fit a list: a few kilobytes.
inline bool can_be_listed(const FilterProblem& problem) {
    constexpr double most_products = 1024;
    constexpr Index most_inputs = 256;
    const Shape4 in = problem.input_shape();
    const auto outputs = static_cast<double>(problem.output_shape().h) * static_cast<double>(problem.output_shape().w);
    const double images = static_cast<double>(std::max<Index>(problem.n, 1));
    return problem.flops() / 2 / images <= most_products && in.h * in.w <= most_inputs &&
           in.c * in.h * in.w <= most_inputs &&
           outputs * static_cast<double>(problem.output_shape().c + problem.relation.taps()) <= most_products;
}

/// What a pixel tile of o channels costs for each vector of pixels, in multiply-adds (measured): below 4 channels loads
/// decide.
constexpr double pixel_tile_cost(Index outputs) {
    return outputs == 1 ? 2.2 : outputs == 2 ? 2.4 : outputs == 3 ? 3.6 : static_cast<double>(outputs);
}

/// The cheapest counts of channels of tiles that together have `outputs` channels or a few more. `most`: of one tile.
inline std::vector<Index> pixel_tiles(Index outputs, Index most) {
    std::vector<double> cost(static_cast<std::size_t>(outputs) + 1, 0);
    std::vector<Index> tile(cost.size(), 0);
    for (std::size_t n = 1; n < cost.size(); ++n)
        for (Index o : pixel_tile_outputs) {
            if (o > most) break;
            const double with = pixel_tile_cost(o) + cost[n - (std::min)(n, static_cast<std::size_t>(o))];
            if (tile[n] == 0 || with <= cost[n]) {
                cost[n] = with;
                tile[n] = o;
            }
        }
    std::vector<Index> tiles;
    for (Index left = outputs; left > 0; left -= tiles.back()) tiles.push_back(tile[static_cast<std::size_t>(left)]);
    return tiles;
}

/// Multiply-adds a vector of pixels for one input channel, waste included.
inline double pixel_cost(const MergedAxis& rows, const MergedAxis& columns, Index outputs, Index most) {
    double total = 0;
    for (const PhaseSet& r : rows.sets)
        for (const PhaseSet& c : columns.sets) {
            double tiles = 0;
            for (Index o : pixel_tiles(outputs * static_cast<Index>(r.phases.size() * c.phases.size()), most))
                tiles += pixel_tile_cost(o);
            total += tiles * static_cast<double>(r.taps * c.taps);
        }
    return total;
}

struct MergedAxes {
    MergedAxis rows, columns;
};

/// The cheapest way of merging the phases of both axes.
inline MergedAxes cheapest_merge(const FilterProblem& problem, Isa isa) {
    const AxisWalk rows = axis_walk(problem.relation.rows, problem.direction);
    const AxisWalk columns = axis_walk(problem.relation.columns, problem.direction);
    const Index most = most_tile_outputs(vector_bytes(isa));
    MergedAxes best;
    double least = 0;
    for (bool merge_rows : {true, false})
        for (bool merge_columns : {true, false}) {
            MergedAxes way{merged_axis(rows, merge_rows), merged_axis(columns, merge_columns)};
            const double cost = pixel_cost(way.rows, way.columns, problem.outputs_per_group(), most);
            if (least != 0 && cost >= least) continue;
            least = cost;
            best = std::move(way);
        }
    return best;
}

/// Tensors that no memory holds can be planned, but never run. The plans of tiles multiply their extents with those of
/// tiles, lanes and strips: below this bound none of their products leaves 64 bits.
inline bool is_beyond_memory(const FilterProblem& problem) {
    constexpr double most_numbers = 0x1p48;
    const auto lines = [](const Axis& axis) {
        return static_cast<double>(axis.coarse) + static_cast<double>(axis.fine) +
               static_cast<double>(axis.overhang_before() + axis.overhang_after());
    };
    const Relation& r = problem.relation;
    const double channels = static_cast<double>(r.coarse_channels) + static_cast<double>(r.fine_channels);
    return lines(r.rows) * lines(r.columns) * channels * static_cast<double>(std::max<Index>(problem.n, 1)) >
           most_numbers;
}

/// Why no tiles are worth making, or nothing. Filters that reach so far beyond the picture that packed rows would be
/// mostly zeros, or a phase for each pixel, take memory without limit. So do pictures that are themselves. This depends
/// on the picture's size, so what stands in forms the same sums: the canonical plan.
inline const char* not_for_tiles(const FilterProblem& problem) {
    if (is_beyond_memory(problem)) return "no memory holds tensors of this size";
    const auto of_axis = [&](const Axis& axis, Index input) -> const char* {
        const Index overhang = axis.overhang_before() + axis.overhang_after();
        if (phase_count(axis, problem.direction) > 64) return "the stride makes more than 64 phases";
        if (axis.kernel > 1024) return "the filter has more than 1024 taps along an axis";
        const bool far = static_cast<double>(overhang) > 4 * static_cast<double>(input) + 256;
        return far ? "the filter reaches far beyond the picture" : nullptr;
    };
    const char* const rows = of_axis(problem.relation.rows, problem.input_shape().h);
    return rows != nullptr ? rows : of_axis(problem.relation.columns, problem.input_shape().w);
}

/// What a kernel costs for each step of the columns, in multiply-adds of a vector. Fitted on AVX-512 to 260 random
/// problems, each timed with both kernels: moving a number through a transposition costs 0.7, copying it in line 0.1 to
/// 0.3, taking every second 0.6, every third 1.6; setting a tile up costs 8 a sum and 3 for each filter row.
struct Cost {
    double sums = 0, moves = 0;

    double total() const { return sums + moves; }
};

inline Cost channels_cost(const FilterProblem& problem, Index width, Isa isa) {
    const double in = static_cast<double>(problem.inputs_per_group()) * problem.input_pixels_a_step();
    const auto out = static_cast<double>(problem.outputs_per_group() * problem.phases());
    const Index vectors = (problem.outputs_per_group() + width - 1) / width;
    // A single vector shares its broadcasts with none.
    const double sums = static_cast<double>(vectors - vectors % 2) + 1.35 * static_cast<double>(vectors % 2);
    const auto products = static_cast<double>(problem.inputs_per_group() * problem.relation.taps());
    const auto rows = static_cast<double>((problem.inputs_per_group() + channel_block - 1) / channel_block *
                                          problem.relation.rows.kernel);
    const auto blocks = static_cast<double>((vectors + 1) / 2);
    // Rows of a few steps are not set up but listed.
    const double each_row = problem.inputs_per_group() * problem.relation.columns.kernel <= 4 ? 1 : 3;
    const double set_up =
        static_cast<double>(problem.phases()) * traits(isa).sum_set_up * sums + each_row * rows * blocks;
    const bool staged = problem.outputs_per_group() < width;
    const double each_in = problem.neighbours == Neighbours::channels ? 0.1 : 0.7;
    const double each_out = problem.neighbours != Neighbours::channels ? 0.7 : staged ? 0.5 : 0.1;
    return {products * sums + set_up, each_in * in + each_out * out};
}

inline Cost pixels_cost(const FilterProblem& problem, Index width, Isa isa) {
    const MergedAxes axes = cheapest_merge(problem, isa);
    const double in = static_cast<double>(problem.inputs_per_group()) * problem.input_pixels_a_step();
    const auto out = static_cast<double>(problem.outputs_per_group() * problem.phases());
    const bool planes = problem.neighbours == Neighbours::columns, in_place = planes && problem.is_pointwise();
    const auto steps = static_cast<double>(axes.columns.steps);
    const double by_row = std::ceil(steps / static_cast<double>(width)) * static_cast<double>(width) / steps;
    const bool direct = planes && problem.phases() == 1 && by_row <= 1.125;
    const double gaps = steps + static_cast<double>((axes.columns.reach.size() - 1) / axes.columns.input_step);
    const double waste = in_place ? 1 : direct ? by_row : gaps / steps;
    const double each = 1.2 * waste / static_cast<double>(width);
    const double tiles =
        pixel_cost(axes.rows, axes.columns, problem.outputs_per_group(), most_tile_outputs(vector_bytes(isa)));
    const Index step = axes.columns.input_step;
    const double each_in = !planes ? 1.0 : step == 1 ? 0.25 : step == 2 ? 0.6 : 1.6;
    const double each_out = !planes ? 0.8 : direct ? 0.1 : 0.3;
    const double each_row = (planes ? 25 : 10) / steps;  // of each channel and phase, packed and stored
    return {static_cast<double>(problem.inputs_per_group()) * tiles * each,
            in_place ? 0 : (each_in + each_row / static_cast<double>(step)) * in + (each_out + each_row) * out};
}

/// Which kernel, and why.
struct Choice {
    enum class Reason { asked, no_kernels, tiny, no_tiles, depthwise, cheaper };

    Algorithm algorithm;
    Reason reason;
    Cost channels, pixels;
    const char* no_tiles = nullptr;  // why
};

/// `width` is the numbers of a vector.
inline Choice choose(const FilterProblem& problem, Index width, Isa isa) {
    using Reason = Choice::Reason;
    if (problem.algorithm == Algorithm::reference || problem.algorithm == Algorithm::canonical)
        return {problem.algorithm, Reason::asked, {}, {}};
    const bool may_list = problem.algorithm == Algorithm::automatic || problem.algorithm == Algorithm::listed;
    if (may_list && can_be_listed(problem)) return {Algorithm::listed, Reason::tiny, {}, {}};
    if (!has_kernels(isa)) return {Algorithm::canonical, Reason::no_kernels, {}, {}};
    if (const char* const why = not_for_tiles(problem)) return {Algorithm::canonical, Reason::no_tiles, {}, {}, why};
    const bool not_depthwise = problem.algorithm == Algorithm::depthwise && !problem.depthwise();
    if (!may_list && !not_depthwise) return {problem.algorithm, Reason::asked, {}, {}};
    if (problem.depthwise()) return {Algorithm::depthwise, Reason::depthwise, {}, {}};
    const Cost channels = channels_cost(problem, width, isa), pixels = pixels_cost(problem, width, isa);
    return {pixels.total() < channels.total() ? Algorithm::pixels : Algorithm::channels, Reason::cheaper, channels,
            pixels};
}

/// Says so where the kernel that was asked for by name is not the one that is had.
inline std::string not_as_asked(const FilterProblem& problem, const Choice& choice) {
    const Algorithm asked = problem.algorithm;
    if (asked == Algorithm::automatic || asked == choice.algorithm) return "";
    const char* why = choice.algorithm == Algorithm::canonical ? ""
                      : asked == Algorithm::depthwise          ? "the groups have several channels; "
                                                               : "the products are many; ";
    return joined(to_text(asked), " was asked for, but ", why);
}

inline std::string to_text(const Choice& choice) {
    switch (choice.reason) {
        case Choice::Reason::asked:
            return "as the options say";
        case Choice::Reason::no_kernels:
            return "the processor has neither AVX2 nor AVX-512";
        case Choice::Reason::tiny:
            return "the products are few";
        case Choice::Reason::depthwise:
            return "each output channel sums one input channel";
        case Choice::Reason::no_tiles:
            return choice.no_tiles;
        case Choice::Reason::cheaper:
            break;
    }
    const bool channels = choice.algorithm == Algorithm::channels;
    const double own = (channels ? choice.channels : choice.pixels).total();
    const double other = (channels ? choice.pixels : choice.channels).total();
    return joined("estimated ", std::round(10 * other / own) / 10, " times as fast as ",
                  to_text(channels ? Algorithm::pixels : Algorithm::channels));
}

}  // namespace upconv::detail
