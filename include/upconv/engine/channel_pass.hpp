// ChannelPass: a channel plan with its weights packed, and how it runs.
//
//     run -> worker: strip -> pack rows -> point at pixels -> for each block of output channels: tiles, unpack
#pragma once

#include "../plan/canonical_order.hpp"
#include "channel_worker.hpp"
#include "run_strips.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

template <class T>
class ChannelPass {
  public:
    using C = AccumulatorOf<T>;

    explicit ChannelPass(const FilterProblem& problem, Isa isa = best_isa())
        : plan_(problem, isa, sizeof(C), !std::is_same_v<C, T>),
          weight_(static_cast<std::size_t>(plan_.group_weights * problem.relation.groups), C(0)) {}

    void pack(const T* weight) {
        C* to = weight_.data();
        for (Index g = 0; g < plan_.problem.relation.groups; ++g)
            for (const ChannelBlock& b : plan_.blocks)
                for (const Phase& r : plan_.rows.phases)
                    for (const Phase& c : plan_.columns.phases) to = pack_phase(weight, g, b, r, c, to);
    }

    void run(View<const T> input, View<T> output, const Store<T>& store, const Executor& executor) const {
        const Index lines = plan_.problem.n * plan_.rows.steps(), groups = plan_.problem.relation.groups;
        const InPlace in_place = plan_.in_place(input.stride, output.stride);
        const StripCut cut =
            cut_strips(lines, in_place.input ? plan_.most_rows : plan_.packed_strip_rows(),
                       groups * plan_.column_tiles(), plan_.splittable, executor.threads(), plan_.has_more_weights());
        const Index window_rows = in_place.input ? 0 : plan_.row_numbers().most_read(cut);
        const auto lists = ChannelListSizes::of(plan_, cut, in_place);
        const ChannelCall<T> call{input, output, store, in_place, cut, window_rows, lists};
        run_strips(cut, plan_.problem.flops() / 32, executor,
                   [&](Arena& arena) { return ChannelWorker<T>(plan_, weight_.data(), call, arena); });
    }

  private:
    C* pack_phase(const T* weight, Index g, const ChannelBlock& outputs, const Phase& r, const Phase& c, C* to) const {
        const Index step = plan_.problem.weight_step();
        in_canonical_order({plan_.channels, r.taps, c.taps}, [&](Index i, Index a, Index b) {
            const T* from = weight + plan_.problem.weight_index(g, outputs.first, i, r.tap(a), c.tap(b));
            for (Index o = 0; o < outputs.channels; ++o, from += step) to[o] = widen<C>(*from);
            to += outputs.vectors * plan_.lanes / 2;
        });
        return to;
    }

    ChannelPlan plan_;
    std::vector<C> weight_;  // (groups, blocks, phases, blocks of input channels, taps, channels, lanes)
};

}  // namespace upconv::detail
