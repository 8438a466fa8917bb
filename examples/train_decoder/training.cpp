#include "training.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "batches.hpp"
#include "progress.hpp"
#include "text.hpp"

namespace {

/// The first pictures of a set that are shown, out of those whose spectrum is taken.
Images first(const Images& images, Index count) {
    const Eigen::array<Index, 4> from{0, 0, 0, 0}, extent{count, side, side, 1};
    return images.slice(from, extent);
}

Snapshot look(const Autoencoder& model, const Images& pictures, const Eigen::ThreadPoolDevice& device) {
    const Images outputs = model(pictures, device);
    return {.step = model.step(),
            .outputs = first(outputs, std::min(shown_pictures, outputs.dimension(0))),
            .energy = spectrum(outputs)};
}

/// Means of the losses, over more steps the later they are: for an axis that is logarithmic.
class LossCurve {
  public:
    void add(long step, double loss) {
        sum_ += loss;
        ++count_;
        ++steps_;
        if (points_.empty() || 30 * count_ >= steps_) finish(step);
    }
    double last() const { return points_.back().error; }

    std::vector<LossPoint> points() && { return std::move(points_); }

  private:
    void finish(long step) {
        points_.push_back({step, sum_ / static_cast<double>(count_)});
        sum_ = 0;
        count_ = 0;
    }

    long steps_ = 0, count_ = 0;
    double sum_ = 0;
    std::vector<LossPoint> points_;
};

}  // namespace

Course train(Autoencoder& model, const DecoderInfo& info, const Dataset& data, long steps, long early,
             const Eigen::ThreadPoolDevice& device) {
    const Images looked_at = data.test.range(0, std::min(measured_pictures, data.test.count()));
    const Index batch = model.options().batch;
    Course course{.info = info, .parameters = model.decoder_parameters(), .before = look(model, looked_at, device)};
    Batches batches(data.train.count(), batch, model.options().seed);
    LossCurve losses;
    Progress progress(info.name, steps);
    Images x;
    double seconds = 0;  // without the looking
    for (long k = 1; k <= steps; ++k) {
        const Stopwatch watch;
        data.train.copy(batches.at(model.step()), x);
        const double loss = model.learn(x, device);
        seconds += watch.seconds();
        if (!std::isfinite(loss))
            throw std::runtime_error(text("%s: the error of step %ld is no number", info.key, model.step()));

        losses.add(model.step(), loss);
        course.images_per_second = static_cast<double>(k * batch) / seconds;
        progress.at(k, text("loss %.5f  %.0f images/s  %.0f s left", losses.last(), course.images_per_second,
                            seconds / static_cast<double>(k) * static_cast<double>(steps - k)));
        if (k == early) course.during = look(model, looked_at, device);
    }
    course.losses = std::move(losses).points();
    course.after = look(model, looked_at, device);
    course.test_error = mean_error(model, data.test, device);
    return course;
}

double mean_error(const Autoencoder& model, const ImageSet& set, const Eigen::ThreadPoolDevice& device) {
    constexpr Index at_once = 500;
    double sum = 0;
    for (Index begin = 0; begin < set.count(); begin += at_once) {
        const Images x = set.range(begin, std::min(begin + at_once, set.count()));
        sum += squared_error(model(x, device), x);
    }
    return sum / static_cast<double>(set.count() * side * side);
}
