// Arena: the memory of a worker. A worker takes its pieces where it is constructed, and is constructed twice: first of
// an arena that only counts, then of one that gives. So no other place knows how many bytes it takes.
#pragma once

#include <algorithm>
#include <cstddef>

#include "../options/error.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

class Arena {
  public:
    /// Counts. Its pieces are null: nobody may write to them, nor reckon with them.
    Arena() = default;
    /// Gives pieces of `memory`, which begins on a cache line and has as many bytes as the same takes have counted.
    explicit Arena(std::byte* memory) : memory_(memory) {}

    bool gives() const { return memory_ != nullptr; }
    Index bytes() const { return bytes_; }  // taken so far

    /// `count` numbers from a cache line on.
    template <class T>
    T* take(Index count) {
        T* const piece = gives() ? reinterpret_cast<T*>(memory_ + bytes_) : nullptr;
        constexpr Index line = 64;
        bytes_ += (count * static_cast<Index>(sizeof(T)) + line - 1) / line * line;
        return piece;
    }

    template <class T>
    T* take_zeros(Index count) {
        T* const piece = take<T>(count);
        if (gives()) std::fill(piece, piece + count, T(0));
        return piece;
    }

  private:
    std::byte* memory_ = nullptr;
    Index bytes_ = 0;
};

}  // namespace upconv::detail
