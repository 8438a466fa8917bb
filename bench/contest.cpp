// contest: upconv beside other libraries on random shapes, and where it is farthest behind.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "calm_openmp.hpp"
#include "random_shapes.hpp"
#include "ratio_chart.hpp"
#include "table.hpp"

namespace {

struct Options {
    int shapes = 200;
    std::uint64_t seed = 1;
    std::vector<int> threads{1};
    double seconds = 0.5;
    std::string chart;
    bench::TableStyle style{.name_width = 36};
};

void print_worst(std::vector<bench::Row> rows) {
    constexpr std::size_t most = 10;
    std::erase_if(rows, [](const bench::Row& row) { return !(bench::ratio_to_best(row) > 0); });
    std::sort(rows.begin(), rows.end(),
              [](const auto& a, const auto& b) { return bench::ratio_to_best(a) < bench::ratio_to_best(b); });
    if (rows.size() > most) rows.resize(most);
    std::puts("\nfarthest behind:");
    for (const bench::Row& row : rows) {
        const bench::Score &ours = *bench::fastest_of_ours(row), &peer = *bench::fastest_peer(row);
        std::printf("%.2f of %s: %s\n", bench::ratio_to_best(row), peer.name.c_str(), ours.text.c_str());
    }
}

bool run(const Options& options, int threads) {
    bench::RandomShapes shapes(options.seed);
    bench::Table table(options.style, threads);
    std::vector<bench::Row> rows;
    bool all_right = true;
    table.print_head();
    for (int i = 0; i < options.shapes; ++i) {
        const bench::Workload workload = shapes.next();
        const bench::Operands operands(workload);
        rows.push_back(bench::forward_contest(workload, operands, threads, options.seconds));
        table.add(rows.back());
        all_right = bench::report_errors(rows.back()) && all_right;
    }
    table.print_means();
    print_worst(rows);
    if (!options.chart.empty()) bench::draw_ratios(rows, threads, options.chart);
    return all_right;
}

}  // namespace

int main(int argc, char** argv) try {
    bench::calm_openmp(argv);
    Options options;
    CLI::App app(
        "upconv and other libraries on random shapes: layers as people have them and their odd neighbours, the same\n"
        "from the same seed. The best of many short turns, every result checked.");
    app.add_option("--shapes", options.shapes, "how many")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--seed", options.seed, "which ones")->capture_default_str();
    app.add_option("--threads", options.threads, "a table for each number of threads")
        ->delimiter(',')
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--seconds", options.seconds, "how long to measure a shape")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--picture", options.chart, "draw the ratios into this PNG file (of the last table)")
        ->check([](const std::string&) { return bench::why_no_chart(); });
    app.add_flag("--markdown", options.style.markdown, "print markdown");
    app.add_flag("--details", options.style.details, "print every candidate of a shape");
    CLI11_PARSE(app, argc, argv);

    bench::name_skipped(bench::peers());
    bool all_right = true;
    for (const int threads : options.threads) all_right = run(options, threads) && all_right;
    return all_right ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "contest: %s\n", error.what());
    return 1;
}
