// Gradient table: a line for each pass of a workload, ours in both layouts beside the other libraries on the same
// tensors, and geometric means.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "contest.hpp"

namespace bench {

enum class Pass { forward, input, weights, backward };
inline constexpr const char* pass_names[] = {"forward", "input", "weights", "backward"};

class GradientTable {
  public:
    explicit GradientTable(int threads) : threads_(threads) {}

    void print_head() const;
    /// Printed as it comes. All gradients at once are twice the products of one.
    void add(Pass pass, const Row& row);
    void print_means() const;
    /// How much faster than `one`, a table of one thread.
    void print_scaling(const GradientTable& one) const;

  private:
    static constexpr std::size_t ratios = 5;  // oneDNN nchw, nhwc, its own layout; PyTorch nchw, nhwc

    struct Mean {
        double log_sum = 0;
        int count = 0, behind = 0;  // behind: below 0.9
        void add(double ratio);
    };
    using Means = std::array<Mean, ratios>;

    int threads_;
    std::map<std::pair<Pass, Family>, Means> means_;
    std::map<std::string, double> seconds_;  // ours, of rows above 0.05 GFLOP
};

}  // namespace bench
