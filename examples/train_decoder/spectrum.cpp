#include "spectrum.hpp"

#include <cmath>
#include <numbers>

namespace {

using Line = std::array<double, side>;

/// cos and sin of 2 pi k / 28.
struct Circle {
    Line cosine, sine;

    Circle() {
        for (std::size_t k = 0; k < side; ++k) {
            const double angle = 2 * std::numbers::pi * static_cast<double>(k) / side;
            cosine[k] = std::cos(angle);
            sine[k] = std::sin(angle);
        }
    }
};

double energy(const Line& line, std::size_t cycles, const Circle& circle) {
    double real = 0, imaginary = 0;
    for (std::size_t j = 0; j < side; ++j) {
        real += line[j] * circle.cosine[cycles * j % side];
        imaginary += line[j] * circle.sine[cycles * j % side];
    }
    return (real * real + imaginary * imaginary) / side;
}

}  // namespace

Spectrum spectrum(const Images& pictures) {
    const Circle circle;
    const Index count = pictures.dimension(0);
    const double lines = static_cast<double>(2 * side * count);
    Spectrum sum{};
    for (Index n = 0; n < count; ++n)
        for (Index i = 0; i < side; ++i) {
            Line row, column;
            for (Index j = 0; j < side; ++j) {
                row[static_cast<std::size_t>(j)] = pictures(n, i, j, 0);
                column[static_cast<std::size_t>(j)] = pictures(n, j, i, 0);
            }
            for (std::size_t f = 0; f < sum.size(); ++f)
                sum[f] += (energy(row, f, circle) + energy(column, f, circle)) / lines;
        }
    return sum;
}
