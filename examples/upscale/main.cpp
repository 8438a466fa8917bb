// Shrinks a picture and brings it back by each upsampling operator, one of them with a filter learned from the picture.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <thread>

#include "contact_sheet.hpp"
#include "learning.hpp"
#include "methods.hpp"
#include "metrics.hpp"
#include "picture.hpp"
#include "progress.hpp"
#include "text.hpp"

namespace fs = std::filesystem;

namespace {

constexpr Index reach = 5;  // input pixels a side that an output of the learned filter sees; 7 and 9 gain 0.02 dB

struct Options {
    fs::path picture = UPSCALE_DEFAULT_PICTURE;
    fs::path output = "upscaled";
    Index factor = 2;
    Index steps = 1000;
    int threads = static_cast<int>(std::max(2u, std::thread::hardware_concurrency()));
    std::vector<float> detail;  // x, y
};

/// The picture, cropped to whole multiples of the factor, and shrunk.
struct Task {
    std::string name;
    Picture original, small;
};

Task load_task(const Options& options) {
    const Index factor = options.factor, least = 2 * ssim_window * factor;
    const Picture whole = load(options.picture);
    const Index w = width(whole), h = height(whole);
    if (std::min(w, h) < least)
        throw std::runtime_error(text("%s is %td x %td pixels; factor %td needs at least %td x %td",
                                      options.picture.c_str(), w, h, factor, least, least));
    const Picture original = crop(whole, {0, 0, w / factor * factor, h / factor * factor});
    return {options.picture.filename().string(), original, shrink(original, factor)};
}

/// A filter, and how the learning of it ended.
struct Lesson {
    LearnedEnlarger enlarger;
    Learned learned;
};

Lesson learn(const std::string& from, const Picture& small, const Picture& original, const Options& options,
             Eigen::ThreadPoolDevice& device) {
    Lesson lesson{LearnedEnlarger(options.factor, reach), {}};
    Progress progress("learning from " + from);
    lesson.learned = lesson.enlarger.learn(small, original, options.steps, device,
                                           [&](Index step, double db) { progress.at(step, text("%.2f dB", db)); });
    progress.end(lesson.learned.converged ? "converged" : "not converged: more --steps would bring it nearer");
    return lesson;
}

Result judge(const Method& method, const Task& task, Eigen::ThreadPoolDevice& device) {
    constexpr int repeats = 3;  // the quickest counts: the first call also warms the caches
    Result result{.method = method, .picture = {}, .seconds = 1e9};
    for (int repeat = 0; repeat < repeats; ++repeat) {
        const Stopwatch watch;
        result.picture = method.enlarge(task.small, device);
        result.seconds = std::min(result.seconds, watch.seconds());
    }
    result.picture = as_saved(result.picture);
    result.psnr = psnr(result.picture, task.original);
    result.ssim = ssim(result.picture, task.original);
    return result;
}

/// How near the right half is brought back by a filter that was learned from the left half, and what bicubic makes of
/// it.
struct HeldOut {
    double learned, bicubic;
};

HeldOut hold_out(const Task& task, const Picture& bicubic, const Options& options, Eigen::ThreadPoolDevice& device) {
    const Index half = width(task.small) / 2, seen = half * options.factor;
    const LearnedEnlarger enlarger = learn("its left half", crop(task.small, {0, 0, half, height(task.small)}),
                                           crop(task.original, {0, 0, seen, height(task.original)}), options, device)
                                         .enlarger;
    const auto on_the_right = [&](const Picture& picture) {
        const Box unseen{seen, 0, width(picture) - seen, height(picture)};
        return psnr(crop(picture, unseen), crop(task.original, unseen));
    };
    return {on_the_right(as_saved(enlarger(task.small, device))), on_the_right(bicubic)};
}

void print_table(const std::vector<Result>& results) {
    std::printf("\n  %-30s %9s %8s %10s %20s\n", "", "PSNR", "SSIM", "time", "learned parameters");
    for (const Result& r : results)
        std::printf("%s %-30s %6.2f dB %8.4f %7.1f ms %20td\n", &r == &best_of(results) ? "*" : " ",
                    r.method.name.c_str(), r.psnr, r.ssim, 1e3 * r.seconds, r.method.learned_parameters);
    std::printf(
        "\n  * comes nearest to the original. PSNR is over the three colours, SSIM (Gaussian window 11 x 11,\n"
        "  sigma 1.5) of the luminance, both of the pictures as saved.\n");
}

ContactSheet sheet_of(const Task& task, const std::vector<Result>& results, const HeldOut& held_out,
                      const Learned& learned, const Options& options) {
    const bool chosen = !options.detail.empty();
    const std::string name = task.name.size() <= 48 ? task.name : task.name.substr(0, 45) + "...";
    return {
        .title = text("%s, shrunk %tdx and brought back seven ways", name.c_str(), options.factor),
        .explanation = text("Shrunk by area: each pixel is the mean of %td x %td. PSNR (dB) and SSIM say how "
                            "near a result comes to the original: higher is better.",
                            options.factor, options.factor),
        .footnotes = {text("The learned filter was fitted to this very picture by %td steps of conjugate gradients.",
                           learned.steps),
                      text("Learned from the left half alone, it brings the right half, which it has not seen, "
                           "back at %.2f dB; bicubic brings that half back at %.2f dB.",
                           held_out.learned, held_out.bicubic),
                      "In the filters' maps colour grows with the square root of a weight; the bars are the middle "
                      "row."},
        .original = task.original,
        .small = task.small,
        .results = results,
        .detail =
            chosen ? Point{options.detail[0], options.detail[1]} : busiest_detail(task.original, results[1].picture)};
}

void write_all(const ContactSheet& sheet, const fs::path& directory) {
    fs::create_directories(directory);
    save(sheet.original, directory / "original.png");
    save(sheet.small, directory / "shrunk.png");
    for (const Result& result : sheet.results) save(result.picture, directory / (result.method.file + ".png"));
    save(draw(sheet), directory / "contact_sheet.png");
    std::printf("\nLook at %s; each picture is a file beside it.\n",
                fs::absolute(directory / "contact_sheet.png").lexically_normal().c_str());
}

void upscale(const Options& options) {
    const Task task = load_task(options);
    std::printf("%s: %td x %td pixels, shrunk to %td x %td and brought back\n", task.name.c_str(), width(task.original),
                height(task.original), width(task.small), height(task.small));

    Eigen::ThreadPool pool(options.threads);
    Eigen::ThreadPoolDevice device(&pool, options.threads);
    std::vector<Method> methods = fixed_methods(options.factor);
    const Lesson lesson = learn("the picture", task.small, task.original, options, device);
    methods.push_back(learned_method(lesson.enlarger));
    std::vector<Result> results;
    for (const Method& method : methods) results.push_back(judge(method, task, device));
    const HeldOut held_out = hold_out(task, results[2].picture, options, device);

    print_table(results);
    std::printf(
        "  The learned filter has seen this very picture. Learned from the left half alone, it brings the right\n"
        "  half, which it has not seen, back at %.2f dB; bicubic at %.2f dB.\n",
        held_out.learned, held_out.bicubic);
    write_all(sheet_of(task, results, held_out, lesson.learned, options), options.output);
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app{
        "Shrinks a picture and brings it back seven ways: by interpolation, by transposed convolutions with fixed\n"
        "filters, and by one whose filter is learned from the picture. Writes the results and a contact sheet.\n"};
    app.add_option("PICTURE", options.picture, "a PNG or JPEG file; without one the photograph of a cat")
        ->check(CLI::ExistingFile);
    app.add_option("-f,--factor", options.factor, "how many times smaller: 2, 3 or 4")
        ->check(CLI::IsMember({2, 3, 4}).description(""))
        ->capture_default_str();
    app.add_option("-o,--output", options.output, "the folder to write to")->type_name("DIR")->capture_default_str();
    app.add_option("-s,--steps", options.steps, "steps of learning at most: it ends when it has converged")
        ->check(CLI::Range(1, 100000).description(""))
        ->capture_default_str();
    app.add_option("-t,--threads", options.threads, "threads to compute with")
        ->check(CLI::Range(1, 1024).description(""))
        ->capture_default_str();
    app.add_option("-d,--detail", options.detail, "the middle of what is magnified; else where bilinear misses most")
        ->expected(2)
        ->check(CLI::NonNegativeNumber.description(""))
        ->type_name("X Y");
    CLI11_PARSE(app, argc, argv);

    try {
        if (options.detail.empty() && options.picture == UPSCALE_DEFAULT_PICTURE)
            options.detail = {172, 116};  // an eye
        upscale(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "upscale: %s\n", error.what());
        return 1;
    }
}
