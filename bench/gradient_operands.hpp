// Gradient operands: the numbers of a workload's gradients, and some of the results, summed in double from the
// definition.
#pragma once

#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "operands.hpp"

namespace bench {

/// Inputs are multiples of 2^-10 in [-1, 1), gradients and weights -1, -1/2, 1/2 or 1. The sums are those of a random
/// walk: as long as they stay below 2^13, which those of 10^7 products do, they are exact in float in any order.
struct GradientOperands {
    Operands forward;
    Buffer grad_nchw, grad_nhwc;  // with respect to the output

    explicit GradientOperands(const Workload& w) : forward(w), grad_nchw(w.output_size()), grad_nhwc(w.output_size()) {
        constexpr float values[] = {-1, -0.5f, 0.5f, 1};
        std::uint64_t state = 2;
        for (float& number : grad_nchw) number = values[random_bits(state) >> 62];
        reorder(grad_nchw, w.n, w.oc, w.oh() * w.ow(), grad_nhwc);
    }

    const Buffer& x(Order order) const { return forward.x(order); }
    const Buffer& grad(Order order) const { return order == Order::nhwc ? grad_nhwc : grad_nchw; }
    const Buffer& weight() const { return forward.weight; }
};

/// The definition of both gradients, a product at a time.
class ExpectedGradients {
  public:
    ExpectedGradients(const Workload& w, const GradientOperands& operands) : w_(w) {
        constexpr Index samples = 200;
        for_some(w.input_size(), samples, [&](Index at) { input_.push_back({at, input(operands, at)}); });
        for_some(w.weight_size(), samples, [&](Index at) { weights_.push_back({at, weight(operands, at)}); });
    }

    std::optional<std::string> error_of_input(const float* gradient, Order order) const {
        const Index plane = w_.ih * w_.iw;
        return error(input_, gradient, [&](Index at) {
            const Index n = at / plane / w_.ic, c = at / plane % w_.ic;
            return order == Order::nhwc ? (n * plane + at % plane) * w_.ic + c : at;
        });
    }
    std::optional<std::string> error_of_weights(const float* gradient) const {
        return error(weights_, gradient, [](Index at) { return at; });
    }

  private:
    struct Sum {
        Index at;
        double value;
    };

    /// The first, and others spread over all places.
    template <class F>
    static void for_some(Index size, Index samples, const F& f) {
        Index step = std::max<Index>(1, size / samples);
        while (std::gcd(step, size) != 1) ++step;
        for (Index at = 0; at < size; at += step) f(at);
    }

    template <class Place>
    static std::optional<std::string> error(const std::vector<Sum>& sums, const float* gradient, const Place& place) {
        for (const Sum& s : sums) {
            const float value = gradient[place(s.at)];
            if (static_cast<double>(value) != s.value)
                return "number " + std::to_string(s.at) + " is " + std::to_string(value) + " instead of " +
                       std::to_string(s.value);
        }
        return std::nullopt;
    }

    /// The two grids of the relation fine = coarse * stride + tap * dilation - padding: the coarse one is a
    /// convolution's output and a transposed convolution's input.
    struct Grid {
        Index channels, h, w;
        const Buffer& numbers;

        double at(Index n, Index c, Index i, Index j) const { return numbers[((n * channels + c) * h + i) * w + j]; }
    };
    Grid input_grid(const GradientOperands& o) const { return {w_.ic, w_.ih, w_.iw, o.forward.x_nchw}; }
    Grid output_grid(const GradientOperands& o) const { return {w_.oc, w_.oh(), w_.ow(), o.grad_nchw}; }
    Index fine_per_group() const { return (w_.transposed() ? w_.oc : w_.ic) / w_.groups; }
    Index coarse_per_group() const { return (w_.transposed() ? w_.ic : w_.oc) / w_.groups; }
    Index fine_at(Index coarse, Index tap) const { return coarse * w_.stride + tap * w_.dilation - w_.padding; }

    double weight(const GradientOperands& o, Index at) const {
        const Grid in = input_grid(o), out = output_grid(o);
        const Grid &coarse = w_.transposed() ? in : out, &fine = w_.transposed() ? out : in;
        const Index b = at % w_.k, a = at / w_.k % w_.k, f = at / w_.k / w_.k % fine_per_group();
        const Index c = at / w_.k / w_.k / fine_per_group(), fc = c / coarse_per_group() * fine_per_group() + f;
        double sum = 0;
        for (Index n = 0; n < w_.n; ++n)
            for (Index i = 0; i < coarse.h; ++i)
                for (Index j = 0; j < coarse.w; ++j) {
                    const Index y = fine_at(i, a), x = fine_at(j, b);
                    if (y >= 0 && y < fine.h && x >= 0 && x < fine.w)
                        sum += coarse.at(n, c, i, j) * fine.at(n, fc, y, x);
                }
        return sum;
    }

    double input(const GradientOperands& o, Index at) const {
        const Grid in = input_grid(o), out = output_grid(o);
        const Index j = at % in.w, i = at / in.w % in.h, c = at / in.w / in.h % in.channels;
        const Index n = at / in.w / in.h / in.channels, per_group = w_.oc / w_.groups, group = c / (w_.ic / w_.groups);
        double sum = 0;
        for (Index a = 0; a < w_.k; ++a)
            for (Index b = 0; b < w_.k; ++b) {
                const auto y = reached(i, a, out.h), x = reached(j, b, out.w);
                if (!y || !x) continue;
                for (Index k = 0; k < per_group; ++k) {
                    const Index oc = group * per_group + k;
                    const Index coarse = w_.transposed() ? c : oc, fine = w_.transposed() ? k : c % fine_per_group();
                    const Index place = ((coarse * fine_per_group() + fine) * w_.k + a) * w_.k + b;
                    sum += out.at(n, oc, *y, *x) * static_cast<double>(o.weight()[place]);
                }
            }
        return sum;
    }

    /// The output row (or column) that an input's product with a tap goes to, if any.
    std::optional<Index> reached(Index in, Index tap, Index extent) const {
        if (w_.transposed()) {
            const Index fine = fine_at(in, tap);
            return fine >= 0 && fine < extent ? std::optional(fine) : std::nullopt;
        }
        const Index from = in + w_.padding - tap * w_.dilation;
        return from >= 0 && from % w_.stride == 0 && from / w_.stride < extent ? std::optional(from / w_.stride)
                                                                               : std::nullopt;
    }

    Workload w_;
    std::vector<Sum> input_, weights_;
};

}  // namespace bench
