// Executor: who runs the independent items of a pass. Kernels see only this; tensor/device.hpp makes one of an Eigen
// device.
#pragma once

#include <concepts>

#include "../geometry/error.hpp"

namespace upconv {

/// Called with a number of items, about how many cycles one takes, and a function of the item's index. Items write
/// disjoint outputs, so they may run in any order and at once.
template <class E>
concept Executor = requires(const E& executor, void (*item)(Index)) {
    executor(Index(1), 1.0, item);
    { executor.threads() } -> std::convertible_to<Index>;
};

/// One after the other on the calling thread.
struct Serial {
    Index threads() const { return 1; }

    template <class Item>
    void operator()(Index items, double /*cycles*/, const Item& item) const {
        for (Index i = 0; i < items; ++i) item(i);
    }
};

}  // namespace upconv
