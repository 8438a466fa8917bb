// Expected: some outputs of a workload, summed in double from the definition. The operands make them exact in float
// too.
#pragma once

#include <algorithm>
#include <iterator>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "operands.hpp"

namespace bench {

// 24 bits hold a multiple of 2^-11 up to 2^13.
static_assert(std::all_of(std::begin(workloads), std::end(workloads),
                          [](const Workload& w) { return w.depth() < 1 << 13; }));

class Expected {
  public:
    /// Of about `samples` outputs, the first and the last among them. The step is prime to the size, so that they
    /// spread over all rows, columns and channels.
    Expected(const Workload& w, const Operands& operands, Index samples = 1500) : w_(w) {
        const Index size = w.output_size();
        Index step = std::max<Index>(1, size / samples);
        while (std::gcd(step, size) != 1) ++step;
        for (Index at = 0; at < size; at += step) sums_.push_back(sum(operands, at));
        sums_.push_back(sum(operands, size - 1));
    }

    /// What is wrong with an output, if anything is.
    std::optional<std::string> error_of(const float* y, Order order) const {
        for (const Sum& s : sums_) {
            const float value = y[order == Order::nhwc ? nhwc(s.at) : s.at];
            if (static_cast<double>(value) != s.value)
                return "output " + std::to_string(s.at) + " is " + std::to_string(value) + " instead of " +
                       std::to_string(s.value);
        }
        return std::nullopt;
    }

  private:
    struct Sum {
        Index at;  // in NCHW
        double value;
    };

    Index nhwc(Index at) const {
        const Index plane = w_.oh() * w_.ow(), n = at / plane / w_.oc, c = at / plane % w_.oc;
        return (n * plane + at % plane) * w_.oc + c;
    }

    /// The input row (or column) that tap `tap` of output `out` reads, or none.
    std::optional<Index> source(Index out, Index tap, Index extent) const {
        const Index offset = tap * w_.dilation - w_.padding;
        const Index fine = out - offset;
        if (w_.transposed() && fine % w_.stride != 0) return std::nullopt;
        const Index in = w_.transposed() ? fine / w_.stride : out * w_.stride + offset;
        return in >= 0 && in < extent ? std::optional(in) : std::nullopt;
    }

    Index weight_at(Index in, Index out) const {
        const Index ic = w_.ic / w_.groups, oc = w_.oc / w_.groups;
        return w_.transposed() ? in * oc + out % oc : out * ic + in % ic;
    }

    Sum sum(const Operands& operands, Index at) const {
        const Index j = at % w_.ow(), i = at / w_.ow() % w_.oh(), o = at / w_.ow() / w_.oh() % w_.oc;
        const Index n = at / w_.ow() / w_.oh() / w_.oc, ic = w_.ic / w_.groups, group = o / (w_.oc / w_.groups);
        double value = operands.bias[o];
        for (Index a = 0; a < w_.k; ++a)
            for (Index b = 0; b < w_.k; ++b) {
                const auto row = source(i, a, w_.ih), column = source(j, b, w_.iw);
                if (!row || !column) continue;
                for (Index c = group * ic; c < (group + 1) * ic; ++c) {
                    const double x = operands.x_nchw[((n * w_.ic + c) * w_.ih + *row) * w_.iw + *column];
                    value += x * operands.weight[(weight_at(c, o) * w_.k + a) * w_.k + b];
                }
            }
        return {at, value};
    }

    Workload w_;
    std::vector<Sum> sums_;
};

}  // namespace bench
