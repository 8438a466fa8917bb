// Random numbers that are the same everywhere: the standard's engine, and a distribution of our own, since the
// standard's differ.
#pragma once

#include <cstdint>
#include <random>

namespace upconv::detail::inline UPCONV_BUILD {

/// Uniform in [low, high), from 53 bits of the Mersenne Twister.
class Uniform {
  public:
    Uniform(double low, double high, std::uint64_t seed) : engine_(seed), low_(low), width_(high - low) {}

    double operator()() { return low_ + width_ * (static_cast<double>(engine_() >> 11) * 0x1p-53); }

  private:
    std::mt19937_64 engine_;
    double low_, width_;
};

}  // namespace upconv::detail
