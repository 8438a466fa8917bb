// Bounds: how far a computed result may be from the golden one. No tolerance is typed in.
//
// A sum of n products and a bias in arithmetic of unit roundoff u, in any order, is within
//     gamma(n + 1) (|b| + sum |products|) + (n + 1) tiny,   gamma(m) = m u / (1 - m u)
// of the exact one (Higham, Accuracy and Stability, ch. 3). PyTorch's result is one such sum in double, ours
// another, so they differ by at most both bounds. What is given is exact in float and is not rounded again.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "case.hpp"

namespace golden {

struct Roundoff {
    double unit, tiny;

    template <class T>
    static constexpr Roundoff of() {
        return {std::numeric_limits<T>::epsilon() / 2, std::numeric_limits<T>::denorm_min()};
    }
    double gamma(double m) const { return m * unit / (1 - m * unit); }
};

/// One output as its definition makes it, and what errors of the factors add.
struct Sum {
    double value = 0, magnitude = 0, slack = 0, terms = 0;

    void add(double product, double error = 0) {
        value += product;
        magnitude += std::abs(product);
        slack += error;
        terms += 1;
    }
    /// A sum of no terms is the bias exactly. `roundings` are those that a term has beside its product and
    /// the sums.
    double bound(const Roundoff& r, double bias = 0, double roundings = 0) const {
        if (terms == 0) return 0;
        const double m = terms + 1 + roundings;
        return r.gamma(m) * (std::abs(bias) + magnitude + slack) + slack + m * r.tiny;
    }
};
using Sums = std::vector<Sum>;

inline Values bounds(const Sums& sums, const Roundoff& r, double roundings = 0) {
    Values result;
    for (const Sum& sum : sums) result.push_back(sum.bound(r, 0, roundings));
    return result;
}

// --- the relation of the two convolutions ---

/// Positions of one triple in the coarse tensor, the fine tensor and the weights.
struct Triple {
    Index coarse, fine, weight;
};

/// The cell of [0, n) that stands at `i`, or -1.
inline Index cell(const std::string& mode, Index i, Index n) {
    if (i >= 0 && i < n) return i;
    if (mode == "reflect") return i < 0 ? -i : 2 * (n - 1) - i;
    if (mode == "replicate") return i < 0 ? 0 : n - 1;
    if (mode == "circular") return (i + n) % n;
    return -1;
}

/// All triples: fine = coarse * stride + tap * dilation - begin.
template <class Visitor>
void visit(const Case& c, const Visitor& visitor) {
    const bool conv = c.op == "conv2d";
    const Shape& coarse = c[conv ? "y" : "x"].shape;
    const Shape& fine = c[conv ? "x" : "y"].shape;
    const Shape& weight = c["weight"].shape;
    const auto flat = [](const Shape& shape, Index n, Index channel, Index i, Index j) {
        return ((n * shape[1] + channel) * shape[2] + i) * shape[3] + j;
    };
    const Index sh = c.number("sh"), sw = c.number("sw"), dh = c.number("dh"), dw = c.number("dw");
    const Index bh = c.number("bh"), bw = c.number("bw"), coarse_per_group = weight[0] / c.number("g");
    const std::string& mode = c.text("mode");
    for (Index n = 0; n < coarse[0]; ++n)
        for (Index cc = 0; cc < weight[0]; ++cc)
            for (Index i = 0; i < coarse[2]; ++i)
                for (Index j = 0; j < coarse[3]; ++j)
                    for (Index a = 0; a < weight[2]; ++a)
                        for (Index b = 0; b < weight[3]; ++b) {
                            const Index row = cell(mode, i * sh + a * dh - bh, fine[2]);
                            const Index column = cell(mode, j * sw + b * dw - bw, fine[3]);
                            if (row < 0 || column < 0) continue;
                            for (Index fc = 0; fc < weight[1]; ++fc) {
                                const Index channel = cc / coarse_per_group * weight[1] + fc;
                                visitor(Triple{flat(coarse, n, cc, i, j), flat(fine, n, channel, row, column),
                                               flat(weight, cc, fc, a, b)});
                            }
                        }
}

/// Values, and where a triple has its own.
struct Operand {
    Index Triple::*position;
    const Values& values;
};

/// result[position] = sum of a * b, where each b is off by at most its error.
inline Sums products(const Case& c, const Array& result, Index Triple::*position, Operand a, Operand b,
                     const Values* errors = nullptr) {
    Sums sums(result.values.size());
    visit(c, [&](const Triple& t) {
        const double factor = at(a.values, t.*a.position);
        const double error = errors ? std::abs(factor) * at(*errors, t.*b.position) : 0;
        at(sums, t.*position).add(factor * at(b.values, t.*b.position), error);
    });
    return sums;
}

// --- activations ---

/// What the bounds need to know of an activation f.
struct Curve {
    double lipschitz = 1;             // of f
    double curvature = 0;             // sup |f''| away from the kinks
    double result_ulps = 0;           // error of f itself, in u |f(x)|
    double derivative_roundings = 0;  // error of f' itself, in u
    Values kinks = {};                // where f' jumps, by at most `lipschitz`
    std::function<double(double)> derivative = [](double) { return 1.0; };
};

/// The name and the parameters of "clamp,-0.5,0.75".
inline std::pair<std::string, Values> named_parameters(const std::string& text) {
    const auto comma = std::min(text.find(','), text.size());
    return {text.substr(0, comma), numbers(text.substr(std::min(comma + 1, text.size())))};
}

inline Curve curve(const Case& c) {
    const auto [name, p] = named_parameters(c.text("act"));
    if (name == "relu") return {.kinks = {0}, .derivative = [](double x) { return x > 0 ? 1.0 : 0.0; }};
    if (name == "leaky_relu")
        return {.lipschitz = std::max(p[0], 1.0),
                .result_ulps = 2,
                .derivative_roundings = p[0],
                .kinks = {0},
                .derivative = [slope = p[0]](double x) { return x > 0 ? 1.0 : slope; }};
    if (name == "clamp")
        return {.kinks = p,
                .derivative = [low = p[0], high = p[1]](double x) { return low < x && x < high ? 1.0 : 0.0; }};
    if (name == "sigmoid")
        return {.lipschitz = 0.25,
                .curvature = 0.0963,
                .result_ulps = 8,
                .derivative_roundings = 12,
                .derivative = [](double x) { return 1 / (2 + 2 * std::cosh(x)); }};
    if (name == "tanh")
        return {.curvature = 0.77, .result_ulps = 8, .derivative_roundings = 20, .derivative = [](double x) {
                    return 1 / (std::cosh(x) * std::cosh(x));
                }};
    return {};
}

// --- a convolution, forward and back ---

/// The outputs before their activation: sums, and the bias of each.
struct Linear {
    Sums sums;
    Values bias;
    Curve f;

    double z(std::size_t i) const { return sums[i].value + bias[i]; }
    double z_bound(std::size_t i, const Roundoff& r) const { return sums[i].bound(r, bias[i]); }
};

/// Which side of the relation the operator reads, and which it writes.
inline auto input_side(const Case& c) { return c.op == "conv2d" ? &Triple::fine : &Triple::coarse; }
inline auto output_side(const Case& c) { return c.op == "conv2d" ? &Triple::coarse : &Triple::fine; }

inline Index channel_of(const Array& y, std::size_t i) {
    return static_cast<Index>(i) / (y.shape[2] * y.shape[3]) % y.shape[1];
}

inline Linear linear(const Case& c) {
    const Array& y = c["y"];
    const Operand x{input_side(c), c["x"].values}, weight{&Triple::weight, c["weight"].values};
    Linear result{products(c, y, output_side(c), x, weight), Values(y.values.size()), curve(c)};
    for (std::size_t i = 0; c.has_bias() && i < y.values.size(); ++i)
        result.bias[i] = at(c["bias"].values, channel_of(y, i));
    return result;
}

inline Values output_bounds(const Case& c, const Linear& l, const Roundoff& r) {
    Values result;
    for (std::size_t i = 0; i < l.sums.size(); ++i)
        result.push_back(l.f.lipschitz * l.z_bound(i, r) + l.f.result_ulps * r.unit * std::abs(c["y"].values[i]));
    return result;
}

/// The gradient with respect to z, f'(z) gy, and how far off it may be when z is off by its bound.
struct Inner {
    Values values, errors;
};

inline Inner inner(const Case& c, const Linear& l, const Roundoff& r) {
    Inner result;
    for (std::size_t i = 0; i < l.sums.size(); ++i) {
        const double z = l.z(i), off = l.z_bound(i, r), gy = c["gy"].values[i], slope = l.f.derivative(z);
        double slope_error = l.f.curvature * off + l.f.derivative_roundings * r.unit;
        for (double kink : l.f.kinks)
            if (std::abs(z - kink) <= off) slope_error += l.f.lipschitz;
        const bool exact = slope_error == 0 && (slope == 0 || slope == 1);
        result.values.push_back(slope * gy);
        result.errors.push_back(exact ? 0 : std::abs(gy) * (slope_error + 2 * r.unit * slope));
    }
    return result;
}

inline Values gradient_bounds(const Case& c, const std::string& name, const Linear& l, const Roundoff& r) {
    const Inner gz = inner(c, l, r);
    const Operand x{input_side(c), c["x"].values}, weight{&Triple::weight, c["weight"].values};
    const Operand inner{output_side(c), gz.values};
    if (name == "gx") return bounds(products(c, c[name], x.position, weight, inner, &gz.errors), r);
    if (name == "gweight") return bounds(products(c, c[name], weight.position, x, inner, &gz.errors), r);
    Sums sums(c[name].values.size());
    for (std::size_t i = 0; i < gz.values.size(); ++i) at(sums, channel_of(c["y"], i)).add(gz.values[i], gz.errors[i]);
    return bounds(sums, r);
}

// --- resizing ---

/// One axis: the golden matrix [m, n], and how far a weight may be off. A coordinate has a few roundings of
/// numbers up to n + 1, and no filter is steeper than 1.4; nearest and area have no coordinate to round.
struct ResizeMatrix {
    const Array& weights;
    double error;

    Index outputs() const { return weights.shape[0]; }
    Index inputs() const { return weights.shape[1]; }
    double operator()(Index o, Index i) const {
        return i < 0 || i >= inputs() ? 0 : at(weights.values, o * inputs() + i);
    }
    /// Cells beside a tap may have a weight, too: where the coordinate is on a cell.
    bool reaches(Index o, Index i) const {
        const double weight = std::abs((*this)(o, i));
        return error == 0 ? weight > 0 : weight + std::abs((*this)(o, i - 1)) + std::abs((*this)(o, i + 1)) > 0;
    }
};

inline ResizeMatrix matrix(const Case& c, const std::string& name) {
    const bool smooth = c.text("mode").starts_with("bi") || c.text("mode") == "lanczos3";
    const double reach = static_cast<double>(c[name].shape[1]) + 2;
    return {c[name], smooth ? 16 * Roundoff::of<double>().unit * reach : 0};
}

/// Of y (given x), or of gx (given gy).
inline Values resize_bounds(const Case& c, const std::string& name, const Roundoff& r) {
    const ResizeMatrix rows = matrix(c, "rows"), columns = matrix(c, "columns");
    const bool forward = name == "y";
    const Values& given = c[forward ? "x" : "gy"].values;
    Sums sums(c[name].values.size());
    for (Index plane = 0; plane < c.number("n") * c.number("c"); ++plane)
        for (Index o = 0; o < rows.outputs(); ++o)
            for (Index i = 0; i < rows.inputs(); ++i)
                for (Index p = 0; rows.reaches(o, i) && p < columns.outputs(); ++p)
                    for (Index j = 0; j < columns.inputs(); ++j) {
                        if (!columns.reaches(p, j)) continue;
                        const Index in = (plane * rows.inputs() + i) * columns.inputs() + j;
                        const Index out = (plane * rows.outputs() + o) * columns.outputs() + p;
                        const double a = rows(o, i), b = columns(p, j), x = at(given, forward ? in : out);
                        const double error = std::abs(a) * columns.error + rows.error * (std::abs(b) + columns.error);
                        at(sums, forward ? out : in).add(a * b * x, error * std::abs(x));
                    }
    if (!c.text("mode").starts_with("nearest")) return bounds(sums, r, 4);  // two weights and their product are rounded
    Values result;
    for (const Sum& sum : sums)
        result.push_back(r.gamma(std::max(sum.terms - 1, 0.0)) * sum.magnitude);  // a copy is exact
    return result;
}

}  // namespace golden
