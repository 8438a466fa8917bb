// Which pictures each step of a training learns from.
#pragma once

#include <numeric>
#include <random>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "image_set.hpp"
#include "text.hpp"

/// Each epoch goes through all pictures once, in an order of its own. Which they are follows from the step's number and
/// the seed alone, so that a training that goes on sees what it would have seen without a stop.
class Batches {
  public:
    Batches(Index count, Index batch, std::uint64_t seed)
        : batch_(batch),
          per_epoch_(static_cast<long>(count / batch)),
          seed_(seed),
          order_(static_cast<std::size_t>(count)) {
        if (per_epoch_ == 0)
            throw std::runtime_error(text("a batch of %td is more than the %td pictures to learn from", batch, count));
    }

    /// Of the step with this number, which counts from 0. A rest that fills no batch waits for another epoch.
    std::span<const Index> at(long step) {
        if (step / per_epoch_ != epoch_) shuffle(step / per_epoch_);
        return std::span(order_).subspan(static_cast<std::size_t>(step % per_epoch_ * batch_),
                                         static_cast<std::size_t>(batch_));
    }

  private:
    void shuffle(long epoch) {
        epoch_ = epoch;
        std::iota(order_.begin(), order_.end(), Index(0));
        std::seed_seq seeds{seed_, static_cast<std::uint64_t>(epoch)};
        std::mt19937_64 random(seeds);
        // By hand: std::shuffle differs between standard libraries. The remainder favours none by more than 1e-14.
        for (std::size_t k = order_.size(); k > 1; --k) std::swap(order_[k - 1], order_[random() % k]);
    }

    Index batch_;
    long per_epoch_;
    std::uint64_t seed_;
    long epoch_ = -1;
    std::vector<Index> order_;
};
