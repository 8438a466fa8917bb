// Scratch: the memory of a run, kept for the next one on the same thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../options/error.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Bytes that start on a cache line. Grows and never shrinks; what it held before is lost when it grows. They begin as
/// zeros, so that a vector which reads past what was written finds numbers.
class Scratch {
  public:
    /// Throws std::bad_alloc before anything is written.
    std::byte* at_least(Index bytes) {
        constexpr std::size_t line = 64;
        if (bytes > size_) {
            size_ = 0;
            std::vector<std::byte>().swap(memory_);
            memory_.resize(static_cast<std::size_t>(bytes) + line);
            size_ = bytes;
        }
        const auto address = reinterpret_cast<std::uintptr_t>(memory_.data());
        return memory_.data() + (line - address % line) % line;
    }

  private:
    std::vector<std::byte> memory_;
    Index size_ = 0;
};

/// The calling thread's own.
inline Scratch& scratch() {
    thread_local Scratch of_this_thread;
    return of_this_thread;
}
/// And what it keeps beside that, of any type, for a tensor with its border: `count` numbers, which hold anything.
template <class T>
T* border_scratch(Index count) {
    thread_local std::vector<T> of_this_thread;
    if (const auto size = static_cast<std::size_t>(count); of_this_thread.size() < size) {
        std::vector<T>().swap(of_this_thread);
        of_this_thread.resize(size);
    }
    return of_this_thread.data();
}

}  // namespace upconv::detail
