#include "table.hpp"

#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

namespace bench {
namespace {

constexpr const char* family_names[] = {"tiny", "transposed", "dense", "depthwise and grouped"};
constexpr const char* us = "upconv";

bool is_ours(const Score& score) { return score.name.starts_with(us); }

/// The fastest of those that are right and fit, or null.
template <class Fits>
const Score* fastest(const Row& row, const Fits& fits) {
    const Score* best = nullptr;
    for (const Score& score : row.scores)
        if (score.error.empty() && fits(score) && (best == nullptr || score.seconds < best->seconds)) best = &score;
    return best;
}

std::string format(const char* pattern, double value) {
    char text[64];
    std::snprintf(text, sizeof text, pattern, value);
    return text;
}

std::string time_text(double seconds) {
    return seconds < 1e-6   ? format("%.0f ns", seconds * 1e9)
           : seconds < 1e-3 ? format("%.1f us", seconds * 1e6)
                            : format("%.2f ms", seconds * 1e3);
}

std::string share_text(const Row& row, const Score* score) {
    if (score == nullptr) return "";
    const double percent = 100 * row.rate(score->seconds) / row.peak;
    return format(percent < 9.95 ? "%.1f %%" : "%.0f %%", percent);
}

/// GFLOP/s and the share of the peak; the tiny ones are a matter of time.
std::string rate_text(const Row& row, const Score* score) {
    if (score == nullptr) return "wrong";
    if (row.workload.family() == Family::tiny) return time_text(score->seconds);
    return format("%.1f, ", row.rate(score->seconds) * 1e-9) + share_text(row, score);
}

std::string peer_text(const Row& row, const Score* score) {
    if (score == nullptr) return "";
    const bool tiny = row.workload.family() == Family::tiny;
    return score->name + ", " + (tiny ? time_text(score->seconds) : share_text(row, score));
}

/// How many times as fast as the peer we are, or NaN.
double ratio(const Score* ours, const Score* peer) {
    return ours == nullptr || peer == nullptr ? std::numeric_limits<double>::quiet_NaN()
                                              : peer->seconds / ours->seconds;
}

std::string ratio_text(double value) { return std::isnan(value) ? "" : format("%.2f", value); }

struct Column {
    const char* title;
    int width;  // of text: negative to the left
};

constexpr Column columns[] = {
    {"workload", -16},  {"GFLOP", 8}, {"upconv NCHW", 12},        {"upconv NHWC", 12},
    {"best peer", -29}, {"ratio", 5}, {"best peer in NCHW", -29}, {"ratio", 5},
};

void print_line(const std::vector<std::string>& cells, const TableStyle& style) {
    for (std::size_t i = 0; i < cells.size(); ++i)
        if (style.markdown)
            std::printf("| %s ", cells[i].c_str());
        else
            std::printf("%*s  ", i == 0 ? -style.name_width : columns[i].width, cells[i].c_str());
    std::puts(style.markdown ? "|" : "");
    std::fflush(stdout);
}

}  // namespace

const Score* fastest_of_ours(const Row& row) { return fastest(row, is_ours); }

const Score* fastest_peer(const Row& row) {
    return fastest(row, [](const Score& s) { return !is_ours(s); });
}

double ratio_to_best(const Row& row) { return ratio(fastest_of_ours(row), fastest_peer(row)); }

bool report_errors(const Row& row) {
    bool ours_are_right = true;
    for (const Score& score : row.scores) {
        if (score.error.empty()) continue;
        std::fprintf(stderr, "%s computes %s wrong: %s\n", score.name.c_str(), row.workload.name, score.error.c_str());
        ours_are_right = ours_are_right && !is_ours(score);
    }
    return ours_are_right;
}

void Table::Mean::add(double ratio_) {
    if (std::isnan(ratio_)) return;
    log_sum += std::log(ratio_);
    ++count;
}

double Table::Mean::value() const { return std::exp(log_sum / count); }

void Table::print_head() const {
    std::printf(style_.markdown ? "%d %s, GFLOP/s and share of the multiply-add peak (%s)\n\n"
                                : "\n%d %s: GFLOP/s and share of the multiply-add peak (%s)\n",
                threads_, threads_ == 1 ? "thread" : "threads", to_text(upconv::detail::best_isa()));
    std::vector<std::string> titles, rules;
    for (const Column& column : columns) {
        titles.emplace_back(column.title);
        rules.emplace_back(column.width < 0 ? "---" : "---:");
    }
    print_line(titles, style_);
    if (style_.markdown) print_line(rules, style_);
}

void Table::add(const Row& row) {
    const auto ours_in = [](Order order) { return [order](const Score& s) { return is_ours(s) && s.order == order; }; };
    const Score* nchw = fastest(row, ours_in(Order::nchw));
    const Score* nhwc = fastest(row, ours_in(Order::nhwc));
    const Score* peer = fastest_peer(row);
    const Score* nchw_peer = fastest(row, [](const Score& s) { return !is_ours(s) && s.order == Order::nchw; });
    const double best_ratio = ratio_to_best(row), nchw_ratio = ratio(nchw, nchw_peer);
    print_line(
        {row.workload.name, format("%.3g", row.workload.flops() * 1e-9), rate_text(row, nchw), rate_text(row, nhwc),
         peer_text(row, peer), ratio_text(best_ratio), peer_text(row, nchw_peer), ratio_text(nchw_ratio)},
        style_);
    if (style_.details) print_details(row);

    Means& means = means_[static_cast<int>(row.workload.family())];
    means.ratio.add(best_ratio);
    means.nchw_ratio.add(nchw_ratio);
    lowest_peak_ = highest_peak_ == 0 ? row.peak : std::min(lowest_peak_, row.peak);
    highest_peak_ = std::max(highest_peak_, row.peak);
}

void Table::print_details(const Row& row) const {
    for (const Score& score : row.scores)
        std::printf("    %-24s %12s  %s\n", score.name.c_str(), time_text(score.seconds).c_str(),
                    score.error.empty() ? share_text(row, &score).c_str() : ("wrong: " + score.error).c_str());
    std::printf("    %-24s %s\n", "peak", format("%.1f GFLOP/s", row.peak * 1e-9).c_str());
}

void Table::print_means() const {
    std::puts("");
    for (std::size_t family = 0; family < std::size(means_); ++family) {
        const auto& [best, in_nchw] = means_[family];
        if (best.count == 0) continue;
        std::printf("%sgeometric mean, %s: %.2f times the best peer, in NCHW %.2f times (%d rows)\n",
                    style_.markdown ? "- " : "", family_names[family], best.value(), in_nchw.value(), best.count);
    }
    std::printf("%speak: %.1f to %.1f GFLOP/s\n", style_.markdown ? "- " : "", lowest_peak_ * 1e-9,
                highest_peak_ * 1e-9);
}

}  // namespace bench
