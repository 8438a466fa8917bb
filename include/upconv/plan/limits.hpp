// Limits: the problems that are too small, and those that are too large, for tiles.
#pragma once

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

}  // namespace upconv::detail
