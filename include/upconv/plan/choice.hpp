// Choice: which kernel a problem gets, and why. The cheapest by their costs; but two rules stand before them, where
// costs cannot speak:
//
//   - listed: a few products are summed in less time than a plan of tiles takes to be made and set up, whatever the
//     tiles cost a step;
//   - canonical: what takes tiles memory without limit, or has no other kernel, is no matter of speed.
#pragma once

#include "depthwise_way.hpp"
#include "limits.hpp"
#include "tile_costs.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Which kernel, and why.
struct Choice {
    enum class Reason { asked, no_kernels, tiny, no_tiles, cheaper };

    Algorithm algorithm;
    Reason reason;
    const char* no_tiles = nullptr;  // why
};

/// What a kernel would cost.
struct Estimate {
    Algorithm algorithm;
    Cost cost;
};
/// The two cheapest kernels.
struct Estimates {
    Estimate best, second;

    std::string text() const {
        return joined("estimated ", std::round(10 * second.cost.total() / best.cost.total()) / 10, " times as fast as ",
                      to_text(second.algorithm));
    }
};

/// For sums of `element` bytes; `narrow` if the scalar is not theirs. The depthwise kernel is one of them where it does
/// something else than the tiles over pixels.
inline Estimates estimates(const FilterProblem& problem, Isa isa, Index element, bool narrow) {
    const Index width = vector_bytes(isa) / element;
    const Estimate channels{Algorithm::channels, channels_cost(problem, width, isa)};
    const Estimate pixels{Algorithm::pixels, pixels_cost(problem, width, isa)};
    const auto less = [](const Estimate& a, const Estimate& b) { return a.cost.total() < b.cost.total(); };
    const Estimates tiles = less(pixels, channels) ? Estimates{pixels, channels} : Estimates{channels, pixels};
    const DepthwiseWay way =
        problem.depthwise() ? depthwise_way(problem, isa, element, narrow) : DepthwiseWay::over_pixels;
    if (way == DepthwiseWay::over_pixels) return tiles;
    const auto cost = [](const auto& plan) { return plan.cost(); };
    const Estimate depthwise{Algorithm::depthwise, with_depthwise_plan(problem, isa, element, way, cost)};
    if (less(depthwise, tiles.best)) return {depthwise, tiles.best};
    return {tiles.best, less(depthwise, tiles.second) ? depthwise : tiles.second};
}

inline Choice choose(const FilterProblem& problem, Isa isa, Index element, bool narrow) {
    using Reason = Choice::Reason;
    if (problem.algorithm == Algorithm::reference || problem.algorithm == Algorithm::canonical)
        return {problem.algorithm, Reason::asked};
    const bool may_list = problem.algorithm == Algorithm::automatic || problem.algorithm == Algorithm::listed;
    if (may_list && can_be_listed(problem)) return {Algorithm::listed, Reason::tiny};
    if (!has_kernels(isa)) return {Algorithm::canonical, Reason::no_kernels};
    if (const char* const why = not_for_tiles(problem)) return {Algorithm::canonical, Reason::no_tiles, why};
    const bool not_depthwise = problem.algorithm == Algorithm::depthwise && !problem.depthwise();
    if (!may_list && !not_depthwise) return {problem.algorithm, Reason::asked};
    return {estimates(problem, isa, element, narrow).best.algorithm, Reason::cheaper};
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

inline std::string to_text(const Choice& choice, const FilterProblem& problem, Isa isa, Index element, bool narrow) {
    switch (choice.reason) {
        case Choice::Reason::asked:
            return "as the options say";
        case Choice::Reason::no_kernels:
            return "the processor has neither AVX2 nor AVX-512";
        case Choice::Reason::tiny:
            return "the products are few";
        case Choice::Reason::no_tiles:
            return choice.no_tiles;
        case Choice::Reason::cheaper:
            break;
    }
    return estimates(problem, isa, element, narrow).text();
}

}  // namespace upconv::detail
