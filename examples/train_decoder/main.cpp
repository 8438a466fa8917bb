// Trains an autoencoder with each of three decoders, which double height and width twice, and draws what becomes of
// pictures on the way.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <thread>

#include "progress.hpp"
#include "sheet.hpp"
#include "text.hpp"
#include "training.hpp"

namespace fs = std::filesystem;

namespace {

struct Options {
    std::string decoder = "all";
    long steps = 3000, early = 30;
    TrainingOptions training;
    int threads = static_cast<int>(std::max(2u, std::thread::hardware_concurrency()));
    fs::path data = debian_folder, output = "trained", load;
};

fs::path weights_in(const fs::path& folder, const DecoderInfo& info) {
    return folder / (std::string(info.key) + ".safetensors");
}

Autoencoder start(const DecoderInfo& info, const Options& options) {
    if (options.load.empty()) return Autoencoder(info, options.training);
    return Autoencoder::load(info, weights_in(options.load, info));
}

/// The energy at a frequency as a share of the data's.
double share(const Snapshot& snapshot, const Spectrum& data, std::size_t cycles) {
    return snapshot.energy[cycles] / data[cycles];
}

void print_table(const std::vector<Course>& courses, const Spectrum& data) {
    std::printf("\n  %-26s %10s %10s %10s      energy at 2 and 4 pixels a cycle, the data's own as 1\n", "",
                "parameters", "images/s", "test error");
    std::printf("  %-26s %10s %10s %10s %15s %15s %15s\n", "", "", "", "", "before", "during", "after");
    for (const Course& c : courses) {
        std::printf("  %-26s %10td %10.0f %10.5f", c.info.name, c.parameters, c.images_per_second, c.test_error);
        for (const Snapshot* snapshot : {&c.before, &c.during, &c.after})
            std::printf("  %6.2f %6.2f", share(*snapshot, data, period_2), share(*snapshot, data, period_4));
        std::printf("\n");
    }
    std::printf(
        "\n  The test error is the mean squared error over all test pictures, whose pixels are from 0 to 1; the energy "
        "is\n"
        "  that of the first %td of them, along rows and columns.\n",
        measured_pictures);
}

void write_pictures(const std::vector<Course>& courses, const Images& originals, const Spectrum& data,
                    const fs::path& folder) {
    save(draw_reconstructions(originals, courses), folder / "reconstructions.png");
    save(draw_losses(courses), folder / "losses.png");
    save(draw_spectrum(data, courses, When::during), folder / "spectrum_during.png");
    save(draw_spectrum(data, courses, When::after), folder / "spectrum_after.png");
    save(draw_sheet(originals, data, courses), folder / "sheet.png");
    std::printf("\nLook at %s; its parts and the weights are files beside it.\n",
                fs::absolute(folder / "sheet.png").lexically_normal().c_str());
}

void train_all(const Options& options) {
    const Stopwatch watch;
    const Dataset data = read_dataset(options.data);
    std::printf("%td pictures to learn from, %td to test with\n", data.train.count(), data.test.count());
    Eigen::ThreadPool pool(options.threads);
    const Eigen::ThreadPoolDevice device(&pool, options.threads);
    fs::create_directories(options.output);

    std::vector<std::pair<DecoderInfo, Autoencoder>> models;  // all of them, before the first is trained
    for (const DecoderInfo& info : decoders)
        if (options.decoder == "all" || options.decoder == info.key) models.emplace_back(info, start(info, options));
    std::vector<Course> courses;
    for (auto& [info, model] : models) {
        courses.push_back(train(model, info, data, options.steps, std::min(options.early, options.steps), device));
        model.save(weights_in(options.output, info));
    }
    const Spectrum of_data = spectrum(data.test.range(0, std::min(measured_pictures, data.test.count())));
    print_table(courses, of_data);
    write_pictures(courses, data.test.range(0, std::min(shown_pictures, data.test.count())), of_data, options.output);
    std::printf("%.0f s in all\n", watch.seconds());
}

void add_options(CLI::App& app, Options& options) {
    std::vector<std::string> keys{"all"};
    for (const DecoderInfo& info : decoders) keys.emplace_back(info.key);
    app.add_option("--decoder", options.decoder, "all, transposed_k3, transposed_k4 or resize")
        ->check(CLI::IsMember(keys).description(""))
        ->capture_default_str();
    app.add_option("-s,--steps", options.steps, "steps of Adam for each decoder; 600 of 100 are all pictures once")
        ->check(CLI::Range(1, 10000000).description(""))
        ->capture_default_str();
    app.add_option("--early", options.early, "the step of the pictures during training, counted from the start")
        ->check(CLI::Range(1, 10000000).description(""))
        ->capture_default_str();
    app.add_option("--batch", options.training.batch, "pictures a step")
        ->check(CLI::Range(Index(1), most_in_batch).description(""))
        ->capture_default_str();
    app.add_option("--seed", options.training.seed, "of the first weights and the order of the pictures")
        ->check(CLI::Range(0, 1000000000).description(""))
        ->capture_default_str();
    app.add_option("-t,--threads", options.threads, "threads to compute with; the results are the same for any number")
        ->check(CLI::Range(1, 1024).description(""))
        ->capture_default_str();
    app.add_option("--data", options.data, "the folder of Fashion-MNIST's files")
        ->type_name("DIR")
        ->capture_default_str();
    app.add_option("-o,--output", options.output, "the folder to write to")->type_name("DIR")->capture_default_str();
    app.add_option("--load", options.load, "go on from the weights in this folder, with the seed and batch of then")
        ->type_name("DIR");
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app{
        "Trains an autoencoder on Fashion-MNIST with each of three decoders from 7 x 7 to 14 x 14 to 28 x 28: two "
        "with\n"
        "ConvTranspose2d, one with UpSampling2d and Conv2d. Writes weights, reconstructions, errors and spectra.\n"};
    add_options(app, options);
    CLI11_PARSE(app, argc, argv);

    try {
        train_all(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "train_decoder: %s\n", error.what());
        return 1;
    }
}
