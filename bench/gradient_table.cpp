#include "gradient_table.hpp"

#include <cmath>
#include <cstdio>
#include <limits>

namespace bench {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr const char* family_names[] = {"tiny", "transposed", "dense", "depthwise and grouped"};

/// Of the fastest that is right, or NaN.
double seconds_of(const Row& row, const char* name, Order order) {
    double best = none;
    for (const Score& s : row.scores)
        if (s.error.empty() && s.name.starts_with(name) && s.order == order && !(s.seconds >= best)) best = s.seconds;
    return best;
}

std::string cell(const char* pattern, double value) {
    if (std::isnan(value)) return "-";
    char text[64];
    std::snprintf(text, sizeof text, pattern, value);
    return text;
}

}  // namespace

void GradientTable::Mean::add(double ratio) {
    if (std::isnan(ratio)) return;
    log_sum += std::log(ratio);
    ++count;
    behind += ratio < 0.9;
}

void GradientTable::print_head() const {
    std::printf(
        "\n%d %s (%s). Ours: GFLOP/s, and %% of the multiply-add peak. The others: how many times as fast we are, on\n"
        "the same tensors, and our better layout against oneDNN in a layout of its own.\n"
        "%-17s %-8s %7s  %13s  %13s  %5s %5s %5s  %6s %6s\n",
        threads_, threads_ == 1 ? "thread" : "threads", to_text(upconv::detail::best_isa()), "", "", "", "upconv NCHW",
        "upconv NHWC", "DNN", "DNN", "DNN", "Torch", "Torch");
    std::printf("%-17s %-8s %7s  %13s  %13s  %5s %5s %5s  %6s %6s\n", "workload", "pass", "GFLOP", "", "", "NCHW",
                "NHWC", "own", "NCHW", "NHWC");
}

void GradientTable::add(Pass pass, const Row& row) {
    const double flops = row.workload.flops() * (pass == Pass::backward ? 2 : 1);
    const double nchw = seconds_of(row, "upconv", Order::nchw), nhwc = seconds_of(row, "upconv", Order::nhwc);
    const double of_peers[ratios] = {
        seconds_of(row, "oneDNN", Order::nchw) / nchw, seconds_of(row, "oneDNN", Order::nhwc) / nhwc,
        seconds_of(row, "oneDNN", Order::own) / std::fmin(nchw, nhwc), seconds_of(row, "PyTorch", Order::nchw) / nchw,
        seconds_of(row, "PyTorch", Order::nhwc) / nhwc};
    const auto ours = [&](double seconds) {
        return cell("%.1f", flops / seconds * 1e-9) + cell(", %.0f %%", 100 * flops / seconds / row.peak);
    };
    std::printf("%-17s %-8s %7.3g  %13s  %13s ", row.workload.name, pass_names[static_cast<int>(pass)], flops * 1e-9,
                ours(nchw).c_str(), ours(nhwc).c_str());
    Means& means = means_[{pass, row.workload.family()}];
    for (std::size_t i = 0; i < ratios; ++i) {
        std::printf(i < 3 ? " %5s" : " %6s", cell("%.2f", of_peers[i]).c_str());
        means[i].add(of_peers[i]);
    }
    std::puts("");
    std::fflush(stdout);
    if (flops < 0.05e9) return;
    const std::string name = std::string(row.workload.name) + ' ' + pass_names[static_cast<int>(pass)];
    seconds_[name + " NCHW"] = nchw;
    seconds_[name + " NHWC"] = nhwc;
}

void GradientTable::print_means() const {
    std::puts("\ngeometric means, and in brackets the rows below 0.9: oneDNN NCHW, NHWC, own; PyTorch NCHW, NHWC");
    for (const auto& [key, means] : means_) {
        std::printf("  %-8s, %-21s", pass_names[static_cast<int>(key.first)],
                    family_names[static_cast<int>(key.second)]);
        for (const Mean& mean : means)
            if (mean.count > 0)
                std::printf("  %5.2f (%d of %d)", std::exp(mean.log_sum / mean.count), mean.behind, mean.count);
        std::puts("");
    }
}

void GradientTable::print_scaling(const GradientTable& one) const {
    Mean mean;
    std::string behind;
    for (const auto& [name, seconds] : seconds_) {
        const auto alone = one.seconds_.find(name);
        if (alone == one.seconds_.end()) continue;
        const double times = alone->second / seconds;
        mean.add(times);
        if (times < 0.925 * threads_) behind += "  " + name + cell(" %.2f\n", times);
    }
    if (mean.count == 0) return;
    std::printf(
        "\n%d threads are %.2f times as fast as one (geometric mean of the %d rows above 0.05 GFLOP). Below %.2f:\n%s",
        threads_, std::exp(mean.log_sum / mean.count), mean.count, 0.925 * threads_, behind.c_str());
}

}  // namespace bench
