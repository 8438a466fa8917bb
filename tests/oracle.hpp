// Oracle: what the operators have to compute, from the formulas of their definitions alone, by brute force.
//
// One visitor over the triples (coarse, tap, fine) of an axis pair serves both operators and all of their gradients
// with the roles permuted. Nothing of the library is used: 64-bit integers, sums in double, plain vectors in NCHW
// order.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace oracle {

using Index = std::ptrdiff_t;
using Values = std::vector<double>;

// Extents. n input, m output, k kernel, s stride, d dilation, ke = (k - 1) d + 1.

/// The triples: fine = coarse * stride + tap * dilation - begin, within both extents.
struct Axis {
    Index coarse, fine, kernel, stride, dilation, begin;
};

/// What both operators are asked for along one axis.
struct Request {
    Index n, kernel, stride, dilation, before, after;

    Index span() const { return (kernel - 1) * dilation + 1; }
    Index natural() const { return (n - 1) * stride + span(); }
};

/// A convolution has as many outputs as there are places for the filter in the padded input; none: refused.
inline std::optional<Axis> conv_axis(const Request& r) {
    Index places = 0;
    while (places * r.stride + r.span() <= r.n + r.before + r.after) ++places;
    if (places == 0) return std::nullopt;
    return Axis{places, r.n, r.kernel, r.stride, r.dilation, r.before};
}

/// m = N - before - after + op. Refused: m < 1, op < 0, op at least both stride and dilation.
inline std::optional<Axis> transposed_axis(const Request& r, Index output_padding = 0) {
    const Index output = r.natural() - r.before - r.after + output_padding;
    const bool padding_fits = output_padding >= 0 && (output_padding < r.stride || output_padding < r.dilation);
    if (!padding_fits || output < 1) return std::nullopt;
    return Axis{r.n, output, r.kernel, r.stride, r.dilation, r.before};
}

/// The fewest cells of padding that give a convolution ceil(n / s) outputs.
inline Index same_padding(const Request& r) {
    Index outputs = 0, total = 0;
    while (outputs * r.stride < r.n) ++outputs;
    while ((outputs - 1) * r.stride + r.span() > r.n + total) ++total;
    return total;
}

// Sums over the triples.

enum class Border { zeros, reflect, replicate, circular };

/// The cell of [0, extent) that stands at a position, or -1 for none. Walks there one step at a time.
inline Index cell(Border border, Index position, Index extent) {
    if (position >= 0 && position < extent) return position;
    if (border == Border::zeros) return -1;
    Index at = position < 0 ? 0 : extent - 1, step = position < 0 ? 1 : -1;  // the edge, and inward from it
    const Index beyond = position < 0 ? -position : position - (extent - 1);
    if (border == Border::circular) at = extent - 1 - at, step = -step;  // one beyond is the other edge
    const Index steps = border == Border::reflect ? beyond : border == Border::circular ? beyond - 1 : 0;
    const auto outside = [&](Index place) { return place < 0 || place >= extent; };
    for (Index i = 0; i < steps; ++i) {
        if (border == Border::reflect && outside(at + step)) step = -step;  // back from the other edge
        if (!outside(at + step))
            at += step;
        else if (border == Border::circular)
            at = at == 0 ? extent - 1 : 0;
    }
    return at;
}

struct Problem {
    Axis rows, columns;
    Index n = 1, coarse_channels = 1, fine_channels = 1, groups = 1;
    Border border = Border::zeros;

    Index coarse_per_group() const { return coarse_channels / groups; }
    Index fine_per_group() const { return fine_channels / groups; }
    Index coarse_size() const { return n * coarse_channels * rows.coarse * columns.coarse; }
    Index fine_size() const { return n * fine_channels * rows.fine * columns.fine; }
    Index weight_size() const { return coarse_channels * fine_per_group() * rows.kernel * columns.kernel; }
};

inline std::string to_text(const Axis& a) {
    const auto number = [](const char* name, Index value) { return std::string(name) + std::to_string(value) + " "; };
    return number("coarse ", a.coarse) + number("fine ", a.fine) + number("k", a.kernel) + number("s", a.stride) +
           number("d", a.dilation) + "begin " + std::to_string(a.begin);
}

inline std::string to_text(const Problem& p) {
    return "rows (" + to_text(p.rows) + "), columns (" + to_text(p.columns) + "), n " + std::to_string(p.n) + ", " +
           std::to_string(p.coarse_channels) + " coarse, " + std::to_string(p.fine_channels) +
           " fine channels, groups " + std::to_string(p.groups) + ", border " +
           std::to_string(static_cast<int>(p.border));
}

/// Calls visitor(coarse, fine, weight) with the three positions of each triple of one axis, brute force.
template <class Visitor>
void visit(const Axis& axis, Border border, const Visitor& visitor) {
    for (Index coarse = 0; coarse < axis.coarse; ++coarse)
        for (Index tap = 0; tap < axis.kernel; ++tap) {
            const Index fine = cell(border, coarse * axis.stride + tap * axis.dilation - axis.begin, axis.fine);
            if (fine >= 0) visitor(coarse, fine, tap);
        }
}

/// The same for the whole problem: flat positions in the coarse tensor, the fine tensor and the weights.
template <class Visitor>
void visit(const Problem& p, const Visitor& visitor) {
    for (Index n = 0; n < p.n; ++n)
        for (Index c = 0; c < p.coarse_channels; ++c)
            for (Index f = 0; f < p.fine_per_group(); ++f) {
                const Index coarse_plane = n * p.coarse_channels + c;
                const Index fine_plane = n * p.fine_channels + c / p.coarse_per_group() * p.fine_per_group() + f;
                const Index filter = c * p.fine_per_group() + f;
                visit(p.rows, p.border, [&](Index ci, Index fi, Index a) {
                    visit(p.columns, p.border, [&](Index cj, Index fj, Index b) {
                        visitor(static_cast<std::size_t>((coarse_plane * p.rows.coarse + ci) * p.columns.coarse + cj),
                                static_cast<std::size_t>((fine_plane * p.rows.fine + fi) * p.columns.fine + fj),
                                static_cast<std::size_t>((filter * p.rows.kernel + a) * p.columns.kernel + b));
                    });
                });
            }
}

/// Each output: its value with the bias, S = sum |products|, how many products, and the bias.
struct Sums {
    Values value, magnitude, bias;
    std::vector<Index> terms;

    explicit Sums(Index size) {
        for (Values* values : {&value, &magnitude, &bias}) values->assign(static_cast<std::size_t>(size), 0);
        terms.assign(static_cast<std::size_t>(size), 0);
    }
    void add(std::size_t at, double product) {
        value[at] += product;
        magnitude[at] += std::abs(product);
        terms[at] += 1;
    }
    /// One number a channel; the tensor is (n, channels, plane).
    void add_bias(const Values& channels, Index plane) {
        if (channels.empty()) return;
        for (std::size_t i = 0; i < value.size(); ++i) {
            bias[i] = channels[i / static_cast<std::size_t>(plane) % channels.size()];
            value[i] += bias[i];
        }
    }
};

inline Sums coarse_sums(const Problem& p, const Values& weight, const Values& fine) {
    Sums sums(p.coarse_size());
    visit(p, [&](std::size_t c, std::size_t f, std::size_t w) { sums.add(c, weight[w] * fine[f]); });
    return sums;
}
inline Sums fine_sums(const Problem& p, const Values& weight, const Values& coarse) {
    Sums sums(p.fine_size());
    visit(p, [&](std::size_t c, std::size_t f, std::size_t w) { sums.add(f, weight[w] * coarse[c]); });
    return sums;
}
inline Sums weight_sums(const Problem& p, const Values& coarse, const Values& fine) {
    Sums sums(p.weight_size());
    visit(p, [&](std::size_t c, std::size_t f, std::size_t w) { sums.add(w, coarse[c] * fine[f]); });
    return sums;
}
/// The gradient of the bias: the sum of each channel of a tensor (n, channels, plane).
inline Sums channel_sums(const Values& grad, Index channels, Index plane) {
    Sums sums(channels);
    for (std::size_t i = 0; i < grad.size(); ++i)
        sums.add(i / static_cast<std::size_t>(plane) % static_cast<std::size_t>(channels), grad[i]);
    return sums;
}

/// How far a sum of n products and a bias may be from the exact one, in any order, with or without fused multiply-add,
/// in arithmetic of that unit roundoff (Higham, Accuracy and Stability of Numerical Algorithms, ch. 3). No products:
/// the bias exactly.
inline double error_bound(Index n, double magnitude, double bias, double unit_roundoff, double tiny) {
    if (n == 0) return 0;
    const auto m = static_cast<double>(n + 1);
    const double gamma = m * unit_roundoff / (1 - m * unit_roundoff);
    return gamma * (std::abs(bias) + magnitude) + m * tiny;
}

}  // namespace oracle
