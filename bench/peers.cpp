// peers: upconv and other libraries side by side, in one process, workload by workload.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <regex>
#include <string>
#include <vector>

#include "calm_openmp.hpp"
#include "table.hpp"

namespace {

struct Options {
    std::string filter;
    std::vector<int> threads{1, 2};
    double seconds = 1;
    bench::TableStyle style;
};

bool run(const Options& options, int threads) {
    const std::regex filter(options.filter);
    bench::Table table(options.style, threads);
    bool all_right = true;
    table.print_head();
    for (const bench::Workload& workload : bench::workloads) {
        if (!std::regex_search(workload.name, filter)) continue;
        const bench::Operands operands(workload);
        const bench::Row row = bench::forward_contest(workload, operands, threads, options.seconds);
        table.add(row);
        all_right = bench::report_errors(row) && all_right;
    }
    table.print_means();
    return all_right;
}

}  // namespace

int main(int argc, char** argv) try {
    bench::calm_openmp(argv);
    Options options;
    CLI::App app("upconv and other libraries, side by side: the best of many short turns, every result checked.");
    app.add_option("--filter", options.filter, "only workloads whose name matches this regular expression");
    app.add_option("--threads", options.threads, "a table for each number of threads")
        ->delimiter(',')
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--seconds", options.seconds, "how long to measure a row")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_flag("--markdown", options.style.markdown, "print markdown");
    app.add_flag("--details", options.style.details, "print every candidate of a row");
    CLI11_PARSE(app, argc, argv);

    bench::name_skipped(bench::peers());
    bool all_right = true;
    for (const int threads : options.threads) all_right = run(options, threads) && all_right;
    return all_right ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "peers: %s\n", error.what());
    return 1;
}
