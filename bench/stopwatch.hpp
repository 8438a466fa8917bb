// Stopwatch: the best time of a call, from many short turns. Only a minimum says something on a machine with
// neighbours.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <limits>
#include <thread>

namespace bench {

inline double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The best seconds a call takes.
class Stopwatch {
  public:
    double best() const { return best_; }
    /// Calls that are timed together: as many as the clock can resolve.
    std::int64_t batch() const { return batch_; }
    std::int64_t timings() const { return timings_; }

    /// Calls `run` for about `slice` seconds, once at least.
    template <class Run>
    void turn(double slice, const Run& run) {
        constexpr double resolved = 20e-6;
        const double begin = seconds_now();
        double now = begin;
        do {
            const double start = now;
            for (std::int64_t i = 0; i < batch_; ++i) run();
            now = seconds_now();
            best_ = std::min(best_, (now - start) / static_cast<double>(batch_));
            ++timings_;
            if (now - start < resolved) batch_ *= 2;
        } while (now - begin < slice);
    }

  private:
    std::int64_t batch_ = 1, timings_ = 0;
    double best_ = std::numeric_limits<double>::infinity();
};

/// Waits, at most 50 ms, until no thread of this process works: thread pools spin for a while after their last task,
/// and would disturb who runs next.
inline void wait_until_idle() {
    const auto processor_time = [] {
        timespec t{};
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
    };
    for (int i = 0; i < 50; ++i) {
        const double before = processor_time();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (processor_time() - before < 0.2e-3) return;
    }
}

}  // namespace bench
