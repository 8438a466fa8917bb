// The DCGAN generator and a U-Net, with weights from a file of PyTorch's or random ones: what they are made of, whether
// they compute what PyTorch does, and how fast.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>

#include "model.hpp"
#include "peak.hpp"

namespace {

struct Options {
    std::string model = "dcgan", weights;
    Size size;
    Index batch = 1, side = 256;
    int threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
};

template <class Scalar>
std::unique_ptr<Model<Scalar>> make(const Options& options, const upconv::TensorFile* file) {
    return options.model == "dcgan" ? make_dcgan<Scalar>(options.size, file) : make_unet<Scalar>(options.size, file);
}

/// Compares the output of the file's input with the file's, which PyTorch computed in double. Twenty sums of some
/// hundred terms one after the other lose less than 5 of the bits of a number as large as the largest.
template <class Scalar>
bool compare(const char* scalar, const Options& options, const upconv::TensorFile& file,
             const Eigen::ThreadPoolDevice& device) {
    const Tensor<Scalar> y = make<Scalar>(options, &file)->run(file.read<Scalar, 4>("input"), device);
    const Tensor<double> expected = file.read<double, 4>("output");
    if (upconv::Dims(y.dimensions()) != upconv::Dims(expected.dimensions())) {
        std::printf("%s: the output has another shape than PyTorch's\n", scalar);
        return false;
    }
    double largest = 0, error = 0;
    for (Index i = 0; i < y.size(); ++i) {
        const double difference = std::abs(static_cast<double>(y.data()[i]) - expected.data()[i]);
        largest = std::max(largest, std::abs(expected.data()[i]));
        error = std::isnan(difference) ? INFINITY : std::max(error, difference);
    }
    const double bound = 32 * static_cast<double>(std::numeric_limits<Scalar>::epsilon()) * largest;
    std::printf("%s: %.2g from PyTorch's output, whose largest number is %.2g; allowed: %.2g\n", scalar, error, largest,
                bound);
    return error <= bound;
}

void measure(const Options& options, Model<float>& model, const Tensor<float>& x,
             const Eigen::ThreadPoolDevice& device) {
    using Clock = std::chrono::steady_clock;
    double best = 1e9, peak = 0;
    const auto begin = Clock::now();
    const auto seconds = [](Clock::time_point since) {
        return std::chrono::duration<double>(Clock::now() - since).count();
    };
    for (int run = 0; run < 5 || seconds(begin) < 1; ++run) {
        const auto start = Clock::now();
        model.run(x, device);
        best = std::min(best, seconds(start));
        if (run % 8 == 0) peak = std::max(peak, bench::peak(options.threads));
    }
    const double flops = model.flops(upconv::Dims(x.dimensions())), images = static_cast<double>(x.dimension(0));
    std::printf("%d %s: %.2f ms an image, %.1f GFLOP/s, %.0f %% of the %.0f that multiply-adds alone reach\n",
                options.threads, options.threads == 1 ? "thread" : "threads", 1e3 * best / images, flops / best * 1e-9,
                100 * flops / best / peak, peak * 1e-9);
}

bool run(const Options& options) {
    std::optional<upconv::TensorFile> file;
    if (!options.weights.empty()) file = upconv::open_tensors(options.weights);
    const upconv::TensorFile* const tensors = file ? &*file : nullptr;
    Eigen::ThreadPool pool(options.threads);
    const Eigen::ThreadPoolDevice device(&pool, options.threads);

    const auto model = make<float>(options, tensors);
    Tensor<float> x(model->input_shape(options.batch, options.side));
    x.setRandom();
    std::printf("%s\n", model->summary(upconv::Dims(x.dimensions())).c_str());
    if (file && file->contains("input") && file->contains("output")) {
        const bool right = compare<double>("double", options, *file, device);
        if (!compare<float>("float", options, *file, device) || !right) return false;
    }
    measure(options, *model, x, device);
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app{
        "The DCGAN generator, or a U-Net of depth 4: a summary, the time for an image, and the share of the machine's\n"
        "peak. With a file that has an input and PyTorch's output, what is computed of the one is compared with the "
        "other.\n"};
    const auto above_zero = [] { return CLI::Range(Index(1), Index(1) << 30).description(""); };
    app.add_option("-m,--model", options.model, "dcgan or unet")
        ->check(CLI::IsMember({"dcgan", "unet"}).description(""))
        ->capture_default_str();
    CLI::Option* const weights =
        app.add_option(
               "-w,--weights", options.weights,
               "a .npz or .safetensors file with PyTorch's names, as make_weights.py writes it; else random weights")
            ->check(CLI::ExistingFile);
    app.add_option("--width", options.size.width, "channels of the widest pictures, of random weights")
        ->check(above_zero())
        ->excludes(weights)
        ->capture_default_str();
    app.add_option("-n,--batch", options.batch, "images at once in what is timed")
        ->check(above_zero())
        ->capture_default_str();
    app.add_option("--side", options.side, "pixels a side of the U-Net's pictures in what is timed, a multiple of 16")
        ->check(above_zero())
        ->check(CLI::Validator(
            [](std::string& side) {
                return std::strtoll(side.c_str(), nullptr, 10) % 16 == 0 ? "" : "not a multiple of 16";
            },
            "", "sixteen"))
        ->capture_default_str();
    app.add_option("-t,--threads", options.threads, "threads to compute with")
        ->check(CLI::Range(1, 1024).description(""))
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        return run(options) ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "generator: %s\n", error.what());
        return 1;
    }
}
