// Training one decoder and looking at it on the way.
#pragma once

#include <string>
#include <vector>

#include "autoencoder.hpp"
#include "spectrum.hpp"

/// What the decoder makes of the first test pictures after so many steps.
struct Snapshot {
    long step = 0;
    Images outputs;  // the pictures that are shown
    Spectrum energy{};
};

struct LossPoint {
    long step;
    double error;
};

/// How a training went.
struct Course {
    DecoderInfo info;
    Index parameters = 0;
    double test_error = 0;  // mean squared error over all test pictures
    double images_per_second = 0;
    std::vector<LossPoint> losses = {};  // each the mean over the steps since the one before
    Snapshot before = {}, during = {}, after = {};
};

inline constexpr Index shown_pictures = 8;        // on the sheet
inline constexpr Index measured_pictures = 1000;  // whose spectrum is taken

/// `steps` more steps; the snapshot during them is taken after `early` of them. Writes a line of progress.
Course train(Autoencoder& model, const DecoderInfo& info, const Dataset& data, long steps, long early,
             const Eigen::ThreadPoolDevice& device);

/// The mean squared error over all pictures of a set.
double mean_error(const Autoencoder& model, const ImageSet& set, const Eigen::ThreadPoolDevice& device);
