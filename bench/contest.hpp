// Contest: all candidates of one workload, measured in turns within one process, around the machine's peak.
#pragma once

#include <string>
#include <vector>

#include "expected.hpp"
#include "peak.hpp"
#include "peer.hpp"
#include "stopwatch.hpp"

namespace bench {

struct Score {
    std::string name;
    Order order;
    double seconds;
    std::string error;  // empty when the result is right
    std::string text;   // how it is done, if it says so
};

struct Row {
    Workload workload;
    double peak;  // FLOP/s, of all threads
    std::vector<Score> scores;

    double rate(double seconds) const { return workload.flops() / seconds; }
};

class Contest {
  public:
    Contest(const Workload& w, int threads) : w_(w), threads_(threads) {}

    /// Its result is compared before anything is measured: error_of(output, order) says what is wrong with it, if
    /// anything is.
    template <class ErrorOf>
    void enter(Candidate candidate, const ErrorOf& error_of) {
        Entry entry{std::move(candidate), {}, {}};
        entry.watch.turn(0, entry.candidate.run);
        entry.error = error_of(entry.candidate.output(), entry.candidate.order).value_or("");
        entries_.push_back(std::move(entry));
    }

    Row run(double seconds) {
        constexpr int rounds = 8;
        const double slice = seconds / rounds / static_cast<double>(entries_.size() + 1);
        double peak_rate = 0;
        for (int round = 0; round < rounds; ++round) {
            wait_until_idle();
            peak_rate = std::max(peak_rate, peak(threads_));
            for (Entry& entry : entries_) {
                if (!entry.error.empty() || hopeless(entry)) continue;
                wait_until_idle();
                if (entry.watch.best() < slow) entry.candidate.run();  // its data back into the caches
                entry.watch.turn(slice, entry.candidate.run);
            }
        }
        Row row{w_, peak_rate, {}};
        for (const Entry& entry : entries_)
            row.scores.push_back({entry.candidate.name, entry.candidate.order, entry.watch.best(), entry.error, entry.candidate.text});
        return row;
    }

  private:
    struct Entry {
        Candidate candidate;
        Stopwatch watch;
        std::string error;
    };

    /// Slow calls that are far behind are not repeated often. A few times they are: one call may meet a neighbour.
    bool hopeless(const Entry& entry) const {
        constexpr double very_slow = 10 * slow, far = 4;
        double best = entry.watch.best();
        for (const Entry& other : entries_) best = std::min(best, other.watch.best());
        const double least = entry.watch.timings() < 4 ? very_slow : slow;
        return entry.watch.best() > least && entry.watch.best() > far * best;
    }

    static constexpr double slow = 20e-3;

    Workload w_;
    int threads_;
    std::vector<Entry> entries_;
};

/// Everyone's forward pass.
inline Row forward_contest(const Workload& w, const Operands& operands, int threads, double seconds) {
    const Expected expected(w, operands);
    Contest contest(w, threads);
    for (const Peer& peer : peers())
        if (peer.make != nullptr)
            for (Candidate& candidate : peer.make(w, operands, threads))
                contest.enter(std::move(candidate),
                              [&](const float* y, Order order) { return expected.error_of(y, order); });
    return contest.run(seconds);
}

}  // namespace bench
