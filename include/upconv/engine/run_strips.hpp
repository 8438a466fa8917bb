// run_strips: a worker for each thread, with memory of its own, for the strips of a run.
#pragma once

#include "../plan/strips.hpp"
#include "executor.hpp"
#include "scratch.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Makes a worker for each thread, make(memory) with `bytes` of its own, and gives each a stretch of the items in
/// order: worker.run(part, lines, split).
template <class Make>
void run_strips(const StripCut& cut, Index bytes, double cycles, const Executor& executor, const Make& make) {
    const Index items = cut.items(), workers = (std::min)(items, executor.threads());
    std::byte* const memory = scratch().at_least(workers * bytes);
    executor(workers, cycles / static_cast<double>(workers), [&](Index w) {
        auto worker = make(memory + w * bytes);
        for (Index item = w * items / workers; item < (w + 1) * items / workers; ++item) {
            const Index strip = item % cut.strips, split = item / cut.strips % cut.splits;
            worker.run(item / cut.strips / cut.splits, cut.strip(strip), split);
        }
    });
}

/// Takes pieces of a block of memory, each on a cache line.
class Pieces {
  public:
    explicit Pieces(std::byte* memory) : next_(memory) {}

    template <class T>
    T* take(Index count) {
        T* const piece = reinterpret_cast<T*>(next_);
        next_ += bytes<T>(count);
        return piece;
    }

    template <class T>
    static constexpr Index bytes(Index count) {
        return (count * static_cast<Index>(sizeof(T)) + 63) / 64 * 64;
    }

  private:
    std::byte* next_;
};

}  // namespace upconv::detail
