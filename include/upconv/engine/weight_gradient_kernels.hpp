// What a PlannedWeightGradient is made of:
//
//     run -> for each block and chunk: worker -> add the chunks of a block in a tree -> store
#pragma once

#include "weight_gradient.hpp"
#include "weight_gradient_worker.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

template <class T>
void PlannedWeightGradient<T>::run_inside(View<const T> coarse, View<const T> fine, T* weight, GradientSum how,
                                          const Executor& executor) const {
    using C = AccumulatorOf<T>;
    if (!has_kernels(plan_.isa)) return correlate(plan_.problem.relation, coarse, fine, weight, how, executor);
    const WeightGradientCall<T> call{plan_.swapped ? fine : coarse, plan_.swapped ? coarse : fine};
    const WeightGradientPlan plan = plan_.for_threads(executor.threads());
    const Index blocks = plan.blocks(), items = plan.items();
    const Index workers = (std::min)(items, executor.threads());
    Arena counting;
    WeightGradientWorker<T>(plan, call, counting);
    const Index of_worker = counting.bytes(), of_sums = WeightGradientWorker<T>::sums_size(plan);
    const auto of_chunks = [&](Arena& arena) { return arena.take<C>(plan.chunks > 1 ? items * of_sums : 0); };
    Arena counting_chunks;
    of_chunks(counting_chunks);
    std::byte* const memory = scratch().at_least(workers * of_worker + counting_chunks.bytes());
    Arena chunks(memory + workers * of_worker);
    C* const sums = of_chunks(chunks);
    const auto worker_at = [&](Index w) {
        Arena arena(memory + w * of_worker);
        return WeightGradientWorker<T>(plan, call, arena);
    };
    executor(workers, plan.item_cycles() * static_cast<double>(items) / static_cast<double>(workers), [&](Index w) {
        auto worker = worker_at(w);
        for (Index item = w * items / workers; item < (w + 1) * items / workers; ++item) {
            const WeightBlock block = plan.block(item / plan.chunks);
            C* const to = plan.chunks > 1 ? sums + item * of_sums : worker.own_sums();
            worker.sum(block, plan.strips_of(item % plan.chunks), to);
            if (plan.chunks == 1) worker.store(block, {0, plan.broadcasts(block).size()}, to, weight, how);
        }
    });
    if (plan.chunks == 1) return;
    // Threads share the broadcast channels of a block, too.
    const Index pieces = (std::min)((workers + blocks - 1) / blocks, plan.most_broadcasts()), sets = blocks * pieces;
    const Index adders = (std::min)(sets, workers);
    executor(adders, static_cast<double>(plan.most_sums() * plan.chunks * blocks / adders), [&](Index w) {
        const auto worker = worker_at(w);
        for (Index set = w * sets / adders; set < (w + 1) * sets / adders; ++set) {
            const WeightBlock block = plan.block(set / pieces);
            const Index piece = set % pieces, all = plan.broadcasts(block).size();
            const Range broadcasts{piece * all / pieces, (piece + 1) * all / pieces};
            C* const of_block = sums + set / pieces * plan.chunks * of_sums;
            worker.add_chunks(block, broadcasts, of_sums, of_block);
            worker.store(block, broadcasts, of_block, weight, how);
        }
    });
}

}  // namespace upconv::detail
