// Operands: the numbers of a workload, the same for everyone who computes it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>

#include "workloads.hpp"

namespace bench {

/// Floats that start on a cache line, so that nobody's vectors are split by chance.
class Buffer {
  public:
    explicit Buffer(Index size) : size_(size), data_(allocate(size)) {
        std::fill(begin(), end(), std::numeric_limits<float>::quiet_NaN());  // whatever is not written shows
    }

    float* data() { return data_.get(); }
    const float* data() const { return data_.get(); }
    float* begin() { return data(); }
    float* end() { return data() + size_; }
    Index size() const { return size_; }
    float operator[](Index i) const { return data_[static_cast<std::size_t>(i)]; }
    float& operator[](Index i) { return data_[static_cast<std::size_t>(i)]; }

  private:
    struct Free {
        void operator()(float* p) const { std::free(p); }
    };
    static float* allocate(Index size) {
        constexpr std::size_t line = 64;
        const std::size_t bytes = static_cast<std::size_t>(size) * sizeof(float);
        return static_cast<float*>(std::aligned_alloc(line, (bytes + line - 1) / line * line));
    }

    Index size_;
    std::unique_ptr<float[], Free> data_;
};

/// Where the channels stand in memory. `own`: as a library likes it best, in blocks.
enum class Order { nchw, nhwc, own };

/// splitmix64 (Steele, Lea, Flood 2014).
inline std::uint64_t random_bits(std::uint64_t& state) {
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/// From NCHW to NHWC; `plane`: pixels of an image.
inline void reorder(const Buffer& from, Index images, Index channels, Index plane, Buffer& to) {
    for (Index n = 0; n < images; ++n)
        for (Index c = 0; c < channels; ++c)
            for (Index i = 0; i < plane; ++i) to[(n * plane + i) * channels + c] = from[(n * channels + c) * plane + i];
}

/// Inputs and biases are multiples of 2^-10 in [-1, 1), weights are -1, -1/2, 1/2 or 1: every sum of these workloads is
/// exact in float, in any order, so results compare with ==. And who computes with fewer bits than float has shows.
struct Operands {
    Buffer x_nchw, x_nhwc;
    Buffer weight;  // conv2d [oc, ic / groups, k, k], conv_transpose2d [ic, oc / groups, k, k]
    Buffer bias;    // [oc]

    explicit Operands(const Workload& w)
        : x_nchw(w.input_size()), x_nhwc(w.input_size()), weight(w.weight_size()), bias(w.oc) {
        constexpr float weights[] = {-1, -0.5f, 0.5f, 1};
        std::uint64_t state = 1;
        for (Buffer* buffer : {&x_nchw, &bias})
            for (float& number : *buffer) number = static_cast<float>(random_bits(state) >> 53) * 0x1p-10f - 1;
        for (float& number : weight) number = weights[random_bits(state) >> 62];
        reorder(x_nchw, w.n, w.ic, w.ih * w.iw, x_nhwc);
    }

    const Buffer& x(Order order) const { return order == Order::nhwc ? x_nhwc : x_nchw; }
};

}  // namespace bench
