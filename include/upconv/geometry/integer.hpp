// Integer arithmetic for sizes: products that cannot wrap unseen, and division that rounds down.
#pragma once

#include "../options/error.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// An Index that remembers whether any step towards it left 64 bits. Compute with it, then ask once.
class Checked {
  public:
    constexpr Checked(Index value) : value_(value) {}

    friend constexpr Checked operator+(Checked a, Checked b) {
        Checked sum = 0;
        sum.overflow_ = __builtin_add_overflow(a.value_, b.value_, &sum.value_) || a.overflow_ || b.overflow_;
        return sum;
    }
    friend constexpr Checked operator-(Checked a, Checked b) {
        Checked difference = 0;
        difference.overflow_ =
            __builtin_sub_overflow(a.value_, b.value_, &difference.value_) || a.overflow_ || b.overflow_;
        return difference;
    }
    friend constexpr Checked operator*(Checked a, Checked b) {
        Checked product = 0;
        product.overflow_ = __builtin_mul_overflow(a.value_, b.value_, &product.value_) || a.overflow_ || b.overflow_;
        return product;
    }

    /// Another value that was computed from this one: it is as trustworthy as this one.
    constexpr Checked then(Index value) const {
        Checked next = value;
        next.overflow_ = overflow_;
        return next;
    }

    constexpr bool overflow() const { return overflow_; }
    /// Meaningful only without overflow.
    constexpr Index value() const { return value_; }

  private:
    Index value_;
    bool overflow_ = false;
};

/// floor(a / b) for b > 0. C++ rounds toward zero instead, which is one off for negative a.
constexpr Index floor_div(Index a, Index b) { return a / b - (a % b < 0 ? 1 : 0); }

/// ceil(a / b) for b > 0.
constexpr Index ceil_div(Index a, Index b) { return a / b + (a % b > 0 ? 1 : 0); }

constexpr Index floor_mod(Index a, Index b) { return a - floor_div(a, b) * b; }

}  // namespace upconv::detail
