// Scratch: the memory of a run, kept for the next one on the same thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "../geometry/error.hpp"

namespace upconv {

/// Bytes that start on a cache line. Grows and never shrinks; what it held before is lost when it grows. They begin as
/// zeros, so that a vector which reads past what was written finds numbers.
class Scratch {
  public:
    /// Throws std::bad_alloc before anything is written.
    std::byte* at_least(Index bytes) {
        constexpr std::size_t line = 64;
        if (bytes > size_) {
            memory_.reset();
            size_ = 0;
            memory_ = std::make_unique<std::byte[]>(static_cast<std::size_t>(bytes) + line);
            size_ = bytes;
        }
        const auto address = reinterpret_cast<std::uintptr_t>(memory_.get());
        return memory_.get() + (line - address % line) % line;
    }

  private:
    std::unique_ptr<std::byte[]> memory_;
    Index size_ = 0;
};

/// The calling thread's own.
inline Scratch& scratch() {
    thread_local Scratch of_this_thread;
    return of_this_thread;
}

}  // namespace upconv
