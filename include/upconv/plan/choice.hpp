// Choice: which kernel a problem gets, and why. The cheapest by their costs; but three rules stand before them, where
// costs cannot speak:
//
//   - listed: a few products are summed in less time than a plan of tiles takes to be made and set up, whatever the
//     tiles cost a step;
//   - canonical: what takes tiles memory without limit, or has no other kernel, is no matter of speed;
//   - depthwise: its costs are counted, those of the others fitted to timings. They are printed, and a test holds that
//     they agree with the rule on the shapes that networks have.
#pragma once

#include "depthwise_way.hpp"
#include "limits.hpp"
#include "tile_costs.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Which kernel, and why.
struct Choice {
    enum class Reason { asked, no_kernels, tiny, no_tiles, depthwise, cheaper };

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

/// For sums of `element` bytes.
inline Estimates tile_estimates(const FilterProblem& problem, Isa isa, Index element) {
    const Index width = vector_bytes(isa) / element;
    const Estimate channels{Algorithm::channels, channels_cost(problem, width, isa)};
    const Estimate pixels{Algorithm::pixels, pixels_cost(problem, width, isa)};
    return pixels.cost.total() < channels.cost.total() ? Estimates{pixels, channels} : Estimates{channels, pixels};
}

/// The depthwise kernel in the way it goes, and the better of the two that could stand in for it.
inline Estimates depthwise_estimates(const FilterProblem& problem, Isa isa, Index element, bool narrow) {
    const Estimates tiles = tile_estimates(problem, isa, element);
    const DepthwiseWay way = depthwise_way(problem, isa, element, narrow);
    if (way != DepthwiseWay::over_pixels) {
        const auto cost = [](const auto& plan) { return plan.cost(); };
        return {{Algorithm::depthwise, with_depthwise_plan(problem, isa, element, way, cost)}, tiles.best};
    }
    const bool by_pixels = tiles.best.algorithm == Algorithm::pixels;
    return {{Algorithm::depthwise, (by_pixels ? tiles.best : tiles.second).cost},
            by_pixels ? tiles.second : tiles.best};
}

inline Choice choose(const FilterProblem& problem, Isa isa, Index element) {
    using Reason = Choice::Reason;
    if (problem.algorithm == Algorithm::reference || problem.algorithm == Algorithm::canonical)
        return {problem.algorithm, Reason::asked};
    const bool may_list = problem.algorithm == Algorithm::automatic || problem.algorithm == Algorithm::listed;
    if (may_list && can_be_listed(problem)) return {Algorithm::listed, Reason::tiny};
    if (!has_kernels(isa)) return {Algorithm::canonical, Reason::no_kernels};
    if (const char* const why = not_for_tiles(problem)) return {Algorithm::canonical, Reason::no_tiles, why};
    const bool not_depthwise = problem.algorithm == Algorithm::depthwise && !problem.depthwise();
    if (!may_list && !not_depthwise) return {problem.algorithm, Reason::asked};
    if (problem.depthwise()) return {Algorithm::depthwise, Reason::depthwise};
    return {tile_estimates(problem, isa, element).best.algorithm, Reason::cheaper};
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
        case Choice::Reason::depthwise:
            return joined("each output channel sums one input channel, ",
                          depthwise_estimates(problem, isa, element, narrow).text());
        case Choice::Reason::cheaper:
            break;
    }
    return tile_estimates(problem, isa, element).text();
}

}  // namespace upconv::detail
