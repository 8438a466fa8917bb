// run_strips: a worker for each thread, with memory of its own, for the strips of a run.
#pragma once

#include "../plan/strips.hpp"
#include "arena.hpp"
#include "executor.hpp"
#include "scratch.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Makes a worker for each thread, make(arena), and one more before, to count what memory each takes; gives each a
/// stretch of the items in order: worker.run(part, lines, split). `cycles`: about, of all together.
template <class Make>
void run_strips(const StripCut& cut, double cycles, const Executor& executor, const Make& make) {
    Arena counting;
    make(counting);
    const Index items = cut.items(), workers = (std::min)(items, executor.threads()), bytes = counting.bytes();
    std::byte* const memory = scratch().at_least(workers * bytes);
    executor(workers, cycles / static_cast<double>(workers), [&](Index w) {
        Arena arena(memory + w * bytes);
        auto worker = make(arena);
        for (Index item = w * items / workers; item < (w + 1) * items / workers; ++item) {
            const Index strip = item % cut.strips, split = item / cut.strips % cut.splits;
            worker.run(item / cut.strips / cut.splits, cut.strip(strip), split);
        }
    });
}

}  // namespace upconv::detail
