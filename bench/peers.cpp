// peers: upconv and other libraries side by side, in one process, workload by workload.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <regex>
#include <string>
#include <vector>

#include "table.hpp"

namespace {

struct Options {
    std::string filter;
    std::vector<int> threads{1, 2};
    double seconds = 1;
    bench::TableStyle style;
};

/// OpenMP's idle threads spin for 5 ms. 0.2 ms outlast any gap within a turn and leave the rest of the machine in
/// peace, so this program starts itself anew with that, before OpenMP has looked.
void calm_openmp(char** argv) {
    if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
    setenv("GOMP_SPINCOUNT", "20000", 1);
    execv("/proc/self/exe", argv);  // where there is none, all goes on as it is
}

void print_missing_peers() {
    for (const bench::Peer& peer : bench::peers())
        if (peer.make == nullptr)
            std::fprintf(stderr, "skipped: %s was not found (Debian, Ubuntu: %s)\n", peer.name, peer.packages);
}

bool run(const Options& options, int threads) {
    const std::regex filter(options.filter);
    bench::Table table(options.style, threads);
    bool all_right = true;
    table.print_head();
    for (const bench::Workload& workload : bench::workloads) {
        if (!std::regex_search(workload.name, filter)) continue;
        const bench::Row row = bench::Contest(workload, threads).run(options.seconds);
        table.add(row);
        for (const bench::Score& score : row.scores) {
            if (score.error.empty()) continue;
            std::fprintf(stderr, "%s computes %s wrong: %s\n", score.name.c_str(), workload.name, score.error.c_str());
            all_right = all_right && !score.name.starts_with("upconv");
        }
    }
    table.print_means();
    return all_right;
}

}  // namespace

int main(int argc, char** argv) try {
    calm_openmp(argv);
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

    print_missing_peers();
    bool all_right = true;
    for (const int threads : options.threads) all_right = run(options, threads) && all_right;
    return all_right ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "peers: %s\n", error.what());
    return 1;
}
