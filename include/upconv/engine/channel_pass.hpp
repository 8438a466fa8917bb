// ChannelPass: a channel plan with its weights packed, and how it runs.
//
//     run -> worker: strip -> pack rows -> point at pixels -> for each block of output channels: tiles, unpack
#pragma once

#include <memory>

#include "channel_worker.hpp"
#include "pack_weights.hpp"
#include "run_strips.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

template <class T>
class ChannelPass {
  public:
    using C = AccumulatorOf<T>;

    explicit ChannelPass(const FilterProblem& problem, Isa isa = best_isa())
        : plan_(problem, isa, sizeof(C), !std::is_same_v<C, T>),
          size_(plan_.group_weights * problem.relation.groups),
          weight_(std::make_unique_for_overwrite<C[]>(static_cast<std::size_t>(size_))) {}

    void pack(const T* weight, const Executor& executor = {}) {
        const Index groups = plan_.problem.relation.groups, blocks = static_cast<Index>(plan_.blocks.size());
        const Index parts = (plan_.channels + channel_block - 1) / channel_block, items = groups * blocks * parts;
        const bool by_rows = plan_.problem.direction == Direction::to_coarse;  // as they come in memory
        executor(items, 4 * static_cast<double>(size_) / static_cast<double>(items), [&](Index item) {
            const Index of_group = item % (blocks * parts), group = item / (blocks * parts);
            const Index part = by_rows ? of_group % parts : of_group / blocks;
            const Index block = by_rows ? of_group / parts : of_group % blocks;
            const Index first = part * channel_block;
            PackWeights<T>(plan_, weight, group, weight_.get() + group * plan_.group_weights)
                .pack(plan_.blocks[static_cast<std::size_t>(block)],
                      {first, (std::min)(first + channel_block, plan_.channels)});
        });
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
                   [&](Arena& arena) { return ChannelWorker<T>(plan_, weight_.get(), call, arena); });
    }

  private:
    ChannelPlan plan_;
    Index size_;
    std::unique_ptr<C[]> weight_;  // (groups, blocks, phases, blocks of input channels, taps, channels, lanes)
};

}  // namespace upconv::detail
