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
          weight_(static_cast<std::size_t>(plan_.group_weights * problem.relation.groups), C(0)) {
        for (const PixelTile& tile : plan_.tiles) list_offsets(tile);
    }

    void pack(const T* weight, const Executor& = {}) {
        for (Index g = 0; g < plan_.problem.relation.groups; ++g)
            for (const PixelTile& tile : plan_.tiles)
                pack_tile(weight + plan_.problem.weight_index(g, 0, 0, 0, 0), tile,
                          weight_.data() + g * plan_.group_weights + tile.weight);
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
    const PhaseSet& rows_of(const PixelTile& tile) const {
        return plan_.rows.sets[static_cast<std::size_t>(tile.row_set)];
    }
    const PhaseSet& columns_of(const PixelTile& tile) const {
        return plan_.columns.sets[static_cast<std::size_t>(tile.column_set)];
    }

    void list_offsets(const PixelTile& tile) {
        const PhaseSet &r = rows_of(tile), &c = columns_of(tile);
        for (Index a = 0; a < r.taps; ++a)
            for (Index b = 0; b < c.taps; ++b)
                for (const PixelOutput& out : tile.output) {
                    const Index row_tap = r.phases[static_cast<std::size_t>(out.row_phase)].tap(a);
                    const Index column_tap = c.phases[static_cast<std::size_t>(out.column_phase)].tap(b);
                    const bool has = row_tap >= 0 && column_tap >= 0;
                    offset_.push_back(has ? plan_.problem.weight_index(0, out.channel, 0, row_tap, column_tap) : -1);
                }
    }

    /// `weight` is that of the tile's group. What an output lacks stays 0.
    void pack_tile(const T* weight, const PixelTile& tile, C* to) const {
        const Index column_taps = columns_of(tile).taps, of_input = plan_.problem.weight_index(0, 0, 1, 0, 0);
        const Index* const offsets = offset_.data() + tile.weight / plan_.channels;
        in_canonical_order({plan_.channels, rows_of(tile).taps, column_taps}, [&](Index i, Index a, Index b) {
            const Index* const offset = offsets + (a * column_taps + b) * tile.outputs;
            const T* const from = weight + i * of_input;
            for (Index o = 0; o < tile.outputs; ++o)
                if (offset[o] >= 0) to[o] = widen<C>(from[offset[o]]);
            to += tile.outputs;
        });
    }

    PixelPlan plan_;
    std::vector<Index> offset_;  // (tiles, taps, outputs): of the weight of input channel 0 in its group, or -1
    std::vector<C> weight_;      // (groups, tiles, blocks of input channels, taps, channels, outputs)
};

}  // namespace upconv::detail
