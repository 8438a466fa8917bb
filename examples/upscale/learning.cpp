#include "learning.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

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

float mean_of(const Tensor4& x) {
    const Eigen::Tensor<float, 0, Eigen::RowMajor> mean = x.mean();
    return mean();
}

float sum_of_squares(const Tensor4& x, Eigen::ThreadPoolDevice& device) {
    Eigen::Tensor<float, 0, Eigen::RowMajor> sum;
    sum.device(device) = x.square().sum();
    return sum();
}

/// Reached when some steps together gain almost nothing.
class Convergence {
  public:
    Convergence() { recent_.fill(-std::numeric_limits<double>::infinity()); }

    bool reached(double psnr) {
        constexpr double least_gain = 0.001;  // dB
        const bool little = !(psnr - recent_[next_] >= least_gain);
        recent_[next_] = psnr;
        next_ = (next_ + 1) % recent_.size();
        return little;
    }

  private:
    std::array<double, 8> recent_;  // the steps before
    std::size_t next_ = 0;
};

}  // namespace

LearnedEnlarger::LearnedEnlarger(Index factor, Index reach)
    : factor_(factor), border_(reach / 2), up_(options(factor, reach)) {
    start_as_bilinear(up_, factor);
}

/// The error is a quadratic function of the weights, so the least is found by conjugate gradients (Hestenes and Stiefel
/// 1952): each step goes to the lowest point along a direction that undoes none of the steps before. It takes about as
/// many as an output pixel has taps, where plain gradient descent takes thousands, and what it asks of the operator is
/// the same: the output, and the gradient of the weights.
Learned LearnedEnlarger::learn(const Picture& small, const Picture& original, Index most_steps,
                               Eigen::ThreadPoolDevice& device, const Report& report) {
    grey_ = mean_of(small);
    const Tensor4 x = repeat_border(colours_as_samples(small - grey_), border_);
    Tensor4 error = colours_as_samples(original - grey_), change = up_(x, device);
    error.device(device) = error - change;

    upconv::ConvTranspose2d<float> along = up_;  // its weights are the direction of a step
    auto gradient = up_.gradient_plan(upconv::Dims(x.dimensions()), {.input = false, .bias = false});
    upconv::Gradients<float, Eigen::RowMajor> downhill;  // the gradient of half the squared error, with its sign turned
    gradient(x, error, up_, downhill, device);
    along.weight() = downhill.weight;
    float steepness = sum_of_squares(downhill.weight, device);
    double squares = sum_of_squares(error, device);
    Convergence convergence;
    for (Index step = 1; step <= most_steps; ++step) {
        along(x, change, device);
        const float bend = sum_of_squares(change, device), length = bend > 0 ? steepness / bend : 0;
        up_.weight() += length * along.weight();
        error.device(device) = error - length * change;
        squares -= length * steepness;  // what a step along a conjugate direction takes away
        const double psnr = -10 * std::log10(std::max(squares, 0.0) / static_cast<double>(error.size()));
        report(step, psnr);
        if (bend == 0 || convergence.reached(psnr)) return {step, true};
        gradient(x, error, up_, downhill, device);
        const float next = sum_of_squares(downhill.weight, device);
        along.weight() = downhill.weight + (next / steepness) * along.weight();
        steepness = next;
    }
    return {most_steps, false};
}

Picture LearnedEnlarger::operator()(const Picture& small, Eigen::ThreadPoolDevice& device) const {
    return samples_as_colours(up_(repeat_border(colours_as_samples(small - grey_), border_), device)) + grey_;
}
