// gradients: the three gradients of upconv and of other libraries beside the forward pass, in one process, workload by
// workload.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "calm_openmp.hpp"
#include "gradient_peer.hpp"
#include "gradient_table.hpp"

namespace {

using bench::conv, bench::deconv;
using bench::Gradient;
using bench::Order;
using bench::Pass;
using bench::Workload;

// clang-format off
/// Layers as they are trained, in batches.
constexpr Workload training[] = {
    // name              op       n    ic   ih   iw   oc   k   s   p  op   d    g
    {"train_64",         conv,    8,   64,  56,  56,  64,  3,  1,  1,  0,  1,   1},
    {"train_128",        conv,    8,  128,  28,  28, 128,  3,  1,  1,  0,  1,   1},
    {"train_256",        conv,    8,  256,  14,  14, 256,  3,  1,  1,  0,  1,   1},
    {"train_512",        conv,    8,  512,   7,   7, 512,  3,  1,  1,  0,  1,   1},
    {"train_first",      conv,    1,    3, 224, 224,  64,  7,  2,  3,  0,  1,   1},
    {"train_last",       conv,    1,   64, 128, 128,   3,  3,  1,  1,  0,  1,   1},
    {"train_1x1",        conv,    1,  256,  56,  56,  64,  1,  1,  0,  0,  1,   1},
    {"train_up64",       deconv, 16,   64,  16,  16,  32,  4,  2,  1,  0,  1,   1},
    {"train_up512",      deconv, 16,  512,   4,   4, 256,  4,  2,  1,  0,  1,   1},
    {"train_up128",      deconv, 16,  128,  16,  16,  64,  4,  2,  1,  0,  1,   1},
    {"train_up_last",    deconv, 16,   64,  32,  32,   3,  4,  2,  1,  0,  1,   1},
    {"train_unet1",      deconv,  1, 1024,  28,  28, 512,  2,  2,  0,  0,  1,   1},
    {"train_unet4",      deconv,  1,  128, 100, 100,  64,  2,  2,  0,  0,  1,   1},
    {"train_depthwise",  conv,    1,   96,  56,  56,  96,  3,  1,  1,  0,  1,  96},
    {"train_groups",     conv,    1,  128,  28,  28, 128,  3,  1,  1,  0,  1,   8},
    {"train_fsrcnn",     deconv,  1,   56,  64,  64,   1,  9,  2,  4,  1,  1,   1},
};
// clang-format on

struct Options {
    std::string filter = "^train_", passes = ".";
    std::vector<int> threads{1, 2};
    double seconds = 1;
};

bench::Row gradient_contest(Gradient gradient, const Workload& w, const bench::GradientOperands& operands,
                            const bench::ExpectedGradients& expected, int threads, double seconds) {
    bench::Contest contest(w, threads);
    for (const bench::GradientPeer& peer : bench::gradient_peers()) {
        if (peer.make == nullptr) continue;
        for (bench::Candidate& candidate : peer.make(gradient, w, operands, threads))
            contest.enter(std::move(candidate), [&](const float* result, Order order) {
                return gradient == Gradient::input ? expected.error_of_input(result, order)
                                                   : expected.error_of_weights(result);
            });
    }
    return contest.run(seconds);
}

/// Whether ours are right.
bool report_errors(const bench::Row& row, Pass pass) {
    bool ours_are_right = true;
    for (const bench::Score& score : row.scores) {
        if (score.error.empty()) continue;
        std::fprintf(stderr, "%s computes %s of %s wrong: %s\n", score.name.c_str(),
                     bench::pass_names[static_cast<int>(pass)], row.workload.name, score.error.c_str());
        ours_are_right = ours_are_right && !score.name.starts_with("upconv");
    }
    return ours_are_right;
}

bool run(const Workload& w, const Options& options, int threads, bench::GradientTable& table) {
    const bench::GradientOperands operands(w);
    const bench::ExpectedGradients expected(w, operands);
    const std::regex passes(options.passes);
    bool right = true;
    for (const Pass pass : {Pass::forward, Pass::input, Pass::weights, Pass::backward}) {
        const int number = static_cast<int>(pass);
        if (!std::regex_search(bench::pass_names[number], passes)) continue;
        const bench::Row row =
            pass == Pass::forward
                ? bench::forward_contest(w, operands.forward, threads, options.seconds)
                : gradient_contest(static_cast<Gradient>(number - 1), w, operands, expected, threads, options.seconds);
        table.add(pass, row);
        right = report_errors(row, pass) && right;
    }
    return right;
}

bool run(const Options& options, int threads, bench::GradientTable& table) {
    const std::regex filter(options.filter);
    bool right = true;
    table.print_head();
    for (const Workload& w : training)
        if (std::regex_search(w.name, filter)) right = run(w, options, threads, table) && right;
    for (const Workload& w : bench::workloads)
        if (std::regex_search(w.name, filter)) right = run(w, options, threads, table) && right;
    table.print_means();
    return right;
}

}  // namespace

int main(int argc, char** argv) try {
    bench::calm_openmp(argv);
    Options options;
    CLI::App app(
        "The gradients of upconv and of other libraries beside the forward pass: the best of many short turns, every\n"
        "result checked. Forward and gradients of input and weights by a plan; backward, all at once, without one.");
    app.add_option(
           "--filter", options.filter,
           "the workloads whose names match this regular expression: ^train_ for sixteen layers in batches, . for "
           "those and the forty of peers")
        ->capture_default_str();
    app.add_option("--passes", options.passes, "of forward, input, weights and backward those that match")
        ->capture_default_str();
    app.add_option("--threads", options.threads, "a table for each number of threads")
        ->delimiter(',')
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--seconds", options.seconds, "how long to measure a line")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    bench::name_skipped(bench::gradient_peers());
    bool right = true;
    std::optional<bench::GradientTable> one;
    for (const int threads : options.threads) {
        bench::GradientTable table(threads);
        right = run(options, threads, table) && right;
        if (one && threads > 1) table.print_scaling(*one);
        if (threads == 1) one = table;
    }
    return right ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "gradients: %s\n", error.what());
    return 1;
}
