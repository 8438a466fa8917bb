// Eigen's devices as executors: DefaultDevice runs on the calling thread, ThreadPoolDevice on its pool.
#pragma once

#include <unsupported/Eigen/CXX11/Tensor>

#include "../engine/executor.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

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

inline Executor executor_of(const Eigen::DefaultDevice&) { return {}; }

/// From inside a worker the pool must not be waited for: with every worker doing so, nobody is left to work. So its
/// items run there, one after the other.
template <PoolDevice D>
Executor executor_of(const D& device) {
    if (device.currentThreadId() >= 0) return {};
    return {&device, static_cast<Index>(device.numThreads()),
            [](const void* pool, Index items, double cycles, const Task& task) {
                static_cast<const D*>(pool)->parallelFor(items, Eigen::TensorOpCost(0, 0, cycles),
                                                         [&](Index begin, Index end) {
                                                             for (Index i = begin; i < end; ++i) task(i);
                                                         });
            }};
}

}  // namespace upconv::detail
