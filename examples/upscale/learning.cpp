#include "learning.hpp"

#include <algorithm>
#include <cmath>

namespace {

/// The filter has reach * factor taps a side. The border stands for the pixels that the outermost outputs reach beyond
/// the picture, and is cropped from the output again.
upconv::ConvTranspose2dOptions options(Index factor, Index reach) {
    const Index kernel = reach * factor, border = reach / 2;
    return {.in_channels = 1,
            .out_channels = 1,
            .kernel = kernel,
            .stride = factor,
            .padding = border * factor + (kernel - factor) / 2,
            .bias = false};
}

/// The bilinear filter in the middle of a larger one of zeros.
void start_as_bilinear(upconv::ConvTranspose2d<float>& up, Index factor) {
    const Index size = 2 * factor - factor % 2;
    upconv::ConvTranspose2d<float> bilinear(
        {.in_channels = 1, .out_channels = 1, .kernel = size, .stride = factor, .bias = false});
    upconv::init::bilinear(bilinear);
    const Index margin = (up.weight().dimension(2) - size) / 2;
    upconv::init::zeros(up);
    up.weight().slice(Eigen::array<Index, 4>{0, 0, margin, margin}, bilinear.weight().dimensions()) = bilinear.weight();
}

/// What is learned from: inputs with their border, and the outputs wanted for them.
struct Lesson {
    Tensor4 input, wanted;
};

constexpr double most_pixels = 36000;  // of the shrunk picture; more of them change the filter little and take longer
constexpr Index tiles_per_side = 4;

/// The whole picture if it is small enough, else 4 x 4 tiles spread evenly over it.
Lesson make_lesson(const Tensor4& input, const Tensor4& wanted, Index factor, Index border) {
    const Index h = wanted.dimension(2) / factor, w = wanted.dimension(3) / factor;
    const double share = most_pixels / static_cast<double>(h * w);
    if (share >= 1) return {input, wanted};

    const auto part = [&](Index side) {
        return static_cast<Index>(std::sqrt(share) * static_cast<double>(side)) / tiles_per_side;
    };
    const Index th = part(h), tw = part(w), tiles = tiles_per_side * tiles_per_side;
    Lesson lesson{Tensor4(3 * tiles, 1, th + 2 * border, tw + 2 * border),
                  Tensor4(3 * tiles, 1, th * factor, tw * factor)};
    const auto copy = [](Tensor4& to, Index tile, const Tensor4& from, Index y, Index x) {
        const Eigen::array<Index, 4> extent{3, 1, to.dimension(2), to.dimension(3)};
        to.slice(Eigen::array<Index, 4>{3 * tile, 0, 0, 0}, extent) =
            from.slice(Eigen::array<Index, 4>{0, 0, y, x}, extent);
    };
    for (Index tile = 0; tile < tiles; ++tile) {
        const Index y = (h - th) * (tile / tiles_per_side) / (tiles_per_side - 1);
        const Index x = (w - tw) * (tile % tiles_per_side) / (tiles_per_side - 1);
        copy(lesson.input, tile, input, y, x);
        copy(lesson.wanted, tile, wanted, y * factor, x * factor);
    }
    return lesson;
}

float mean_of(const Tensor4& x) {
    const Eigen::Tensor<float, 0, Eigen::RowMajor> mean = x.mean();
    return mean();
}

float sum_of_squares(const Tensor4& x) {
    const Eigen::Tensor<float, 0, Eigen::RowMajor> sum = x.square().sum();
    return sum();
}

}  // namespace

LearnedEnlarger::LearnedEnlarger(Index factor, Index reach)
    : factor_(factor), border_(reach / 2), up_(options(factor, reach)) {
    start_as_bilinear(up_, factor);
}

void LearnedEnlarger::learn(const Picture& small, const Picture& original, Index steps, Eigen::ThreadPoolDevice& device,
                            const Report& report) {
    grey_ = mean_of(small);
    const Lesson lesson = make_lesson(repeat_border(colours_as_samples(small - grey_), border_),
                                      colours_as_samples(original - grey_), factor_, border_);
    const Tensor4 &x = lesson.input, &wanted = lesson.wanted;

    // Half the squared error nowhere curves more than the input's squares summed over the taps of one output: a step of
    // one over that never overshoots. Neighbouring pixels are nearly equal, which makes the error a long narrow valley;
    // momentum (Nesterov 1983) carries the descent along it in 200 steps where plain steps take thousands.
    const auto taps = static_cast<float>(up_.weight().size() / (factor_ * factor_));
    const float rate = 1 / std::max(taps * sum_of_squares(x), 1e-12f);  // not 1 / 0 for a picture of one colour
    constexpr float momentum = 0.97f;

    Tensor4 velocity = up_.weight().constant(0), y(wanted.dimensions());
    for (Index step = 1; step <= steps; ++step) {
        up_.weight() += momentum * velocity;  // where the momentum leads: the gradient is taken there
        up_(x, y, device);
        const Tensor4 error = y - wanted;
        const Tensor4 change = -rate * up_.backward_weight(x, error, device);
        up_.weight() += change;
        velocity = momentum * velocity + change;
        report(step, -10 * std::log10(sum_of_squares(error) / static_cast<float>(error.size())));
    }
}

Picture LearnedEnlarger::operator()(const Picture& small, Eigen::ThreadPoolDevice& device) const {
    return samples_as_colours(up_(repeat_border(colours_as_samples(small - grey_), border_), device)) + grey_;
}
