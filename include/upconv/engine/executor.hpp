// Executor: who runs the independent items of a pass. Kernels and plans see only this, whoever it is, so that a pass is
// compiled once for all; tensor/device.hpp makes one of an Eigen device.
#pragma once

#include "../options/error.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// A function of an item's index whose type nobody needs to know. Refers to it.
class Task {
  public:
    template <class F>
    explicit Task(const F& f)
        : function_(&f), call_([](const void* function, Index item) { (*static_cast<const F*>(function))(item); }) {}

    void operator()(Index item) const { call_(function_, item); }

  private:
    const void* function_;
    void (*call_)(const void*, Index);
};

/// Called with a number of items, about how many cycles one takes, and a function of the item's index. Items write
/// disjoint outputs, so they may run in any order and at once.
class Executor {
  public:
    /// Runs `items` of a task on a device; cycles: of one item.
    using Run = void (*)(const void* device, Index items, double cycles, const Task& task);

    /// One after the other on the calling thread.
    Executor() = default;
    /// On a device, which must outlive the executor.
    Executor(const void* device, Index threads, Run run) : device_(device), threads_(threads), run_(run) {}

    Index threads() const { return threads_; }

    template <class Item>
    void operator()(Index items, double cycles, const Item& item) const {
        run_all(items, cycles, Task(item));
    }

  private:
    void run_all(Index items, double cycles, const Task& task) const {
        if (run_ != nullptr) return run_(device_, items, cycles, task);
        for (Index i = 0; i < items; ++i) task(i);
    }

    const void* device_ = nullptr;
    Index threads_ = 1;
    Run run_ = nullptr;
};

}  // namespace upconv::detail
