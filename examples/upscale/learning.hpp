// Learning the filter of a transposed convolution from a picture, with its gradients.
#pragma once

#include <functional>
#include <upconv/upconv.hpp>

#include "picture.hpp"

/// How the learning ended.
struct Learned {
    Index steps;
    bool converged;
};

/// Enlarges by `factor` with one filter that the three colours share. Every output pixel is a sum over the
/// `reach` x `reach` input pixels around it; reach is odd.
class LearnedEnlarger {
  public:
    /// Starts as bilinear interpolation.
    LearnedEnlarger(Index factor, Index reach);

    /// Called at each step with what the filter of that step achieved: the mean squared error, as PSNR in dB.
    using Report = std::function<void(Index step, double psnr)>;

    /// Goes to the filter that brings `original` back from `small` with the least squared error, in `most_steps` at
    /// most.
    Learned learn(const Picture& small, const Picture& original, Index most_steps, Eigen::ThreadPoolDevice& device,
                  const Report& report);

    Picture operator()(const Picture& small, Eigen::ThreadPoolDevice& device) const;

    const upconv::ConvTranspose2d<float>& filter() const { return up_; }

  private:
    Index factor_, border_;
    float grey_ = 0;  // the mean of the picture learned from: the filter works on differences from it
    upconv::ConvTranspose2d<float> up_;
};
