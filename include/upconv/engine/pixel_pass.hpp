// PixelPass: a pixel plan with its weights packed, and how it runs.
//
//     run -> worker: strip -> pack rows -> tiles of all groups that were packed -> unpack
#pragma once

#include "../plan/canonical_order.hpp"
#include "pixel_worker.hpp"
#include "run_strips.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

template <class T>
class PixelPass {
  public:
    using C = AccumulatorOf<T>;

    explicit PixelPass(const FilterProblem& problem, Isa isa = best_isa())
        : plan_(problem, isa, sizeof(C), !std::is_same_v<C, T>),
          weight_(static_cast<std::size_t>(plan_.group_weights * problem.relation.groups), C(0)) {}

    void pack(const T* weight) {
        for (Index g = 0; g < plan_.problem.relation.groups; ++g)
            for (const PixelTile& tile : plan_.tiles)
                pack_tile(weight, g, tile, weight_.data() + g * plan_.group_weights + tile.weight);
    }

    void run(View<const T> input, View<T> output, const Store<T>& store, const Executor& executor) const {
        const PixelStrip strip = plan_.strip_for(executor.threads());
        const PixelCall<T> call{
            input, output, store, strip, plan_.in_place(input.stride, output.stride, strip), plan_.lengths_of(strip)};
        const Index strips = (plan_.problem.n + strip.images - 1) / strip.images * plan_.pieces(strip);
        const StripCut cut{strips, 1, strips, plan_.group_tiles() * plan_.column_tiles(), 1};
        run_strips(cut, plan_.problem.flops() / 32, executor,
                   [&](Arena& arena) { return PixelWorker<T>(plan_, weight_.data(), call, arena); });
    }

  private:
    void pack_tile(const T* weight, Index g, const PixelTile& tile, C* to) const {
        const PhaseSet& r = plan_.rows.sets[static_cast<std::size_t>(tile.row_set)];
        const PhaseSet& c = plan_.columns.sets[static_cast<std::size_t>(tile.column_set)];
        in_canonical_order({plan_.channels, r.taps, c.taps}, [&](Index i, Index a, Index b) {
            for (std::size_t o = 0; o < tile.output.size(); ++o) {
                const PixelOutput& out = tile.output[o];
                const Index row_tap = r.phases[static_cast<std::size_t>(out.row_phase)].tap(a);
                const Index column_tap = c.phases[static_cast<std::size_t>(out.column_phase)].tap(b);
                if (row_tap >= 0 && column_tap >= 0)
                    to[o] = widen<C>(weight[plan_.problem.weight_index(g, out.channel, i, row_tap, column_tap)]);
            }
            to += tile.outputs;
        });
    }

    PixelPlan plan_;
    std::vector<C> weight_;  // (groups, tiles, blocks of input channels, taps, channels, outputs)
};

}  // namespace upconv::detail
