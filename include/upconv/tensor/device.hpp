// Eigen's devices as executors: DefaultDevice runs on the calling thread, ThreadPoolDevice on its pool.
#pragma once

#include <unsupported/Eigen/CXX11/Tensor>

#include "../plan/executor.hpp"

namespace upconv {

/// What ThreadPoolDevice offers, without needing EIGEN_USE_THREADS here.
template <class D>
concept PoolDevice = requires(const D& device, Eigen::TensorOpCost cost, void (*block)(Index, Index)) {
    device.parallelFor(Index(1), cost, block);
    device.numThreads();
    device.currentThreadId();
};

/// Eigen::DefaultDevice or Eigen::ThreadPoolDevice.
template <class D>
concept Device = std::same_as<D, Eigen::DefaultDevice> || PoolDevice<D>;

template <PoolDevice D>
class PoolExecutor {
  public:
    explicit PoolExecutor(const D& device) : device_(device) {}

    Index threads() const { return nested() ? 1 : static_cast<Index>(device_.numThreads()); }

    template <class Item>
    void operator()(Index items, double cycles, const Item& item) const {
        if (nested()) return Serial{}(items, cycles, item);
        device_.parallelFor(items, Eigen::TensorOpCost(0, 0, cycles), [&](Index begin, Index end) {
            for (Index i = begin; i < end; ++i) item(i);
        });
    }

  private:
    /// From inside a worker the pool must not be waited for: with every worker doing so, nobody is left to work.
    bool nested() const { return device_.currentThreadId() >= 0; }

    const D& device_;
};

inline Serial executor_of(const Eigen::DefaultDevice&) { return {}; }

template <PoolDevice D>
PoolExecutor<D> executor_of(const D& device) {
    return PoolExecutor<D>(device);
}

}  // namespace upconv
