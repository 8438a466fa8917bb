// Data that lies is refused, training learns, and it goes the same way with a stop and with any number of threads.
#include <unistd.h>
#include <zlib.h>

#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <random>
#include <sstream>

#include "sheet.hpp"
#include "text.hpp"
#include "training.hpp"

namespace fs = std::filesystem;

namespace {

int failures = 0;

void check(bool holds, const std::string& what) {
    if (holds) return;
    std::printf("failed: %s\n", what.c_str());
    ++failures;
}

/// Gone with the test.
struct Folder {
    fs::path path = fs::temp_directory_path() / ("train_decoder-" + std::to_string(getpid()));
    Folder() { fs::create_directories(path); }
    Folder(const Folder&) = delete;
    ~Folder() { fs::remove_all(path); }
};

std::string bytes_of(const fs::path& file) {
    std::ostringstream bytes;
    bytes << std::ifstream(file, std::ios::binary).rdbuf();
    return bytes.str();
}

/// The header of the IDX format, which may say what is not so.
struct Header {
    std::uint32_t magic = 0x0803, count = 0, rows = side, columns = side;
};

std::string idx(const Header& header, const std::string& pixels) {
    std::string bytes;
    for (const std::uint32_t number : {header.magic, header.count, header.rows, header.columns})
        for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(number >> shift & 255);
    return bytes + pixels;
}

void write_packed(const fs::path& file, const std::string& bytes) {
    const gzFile to = gzopen(file.c_str(), "wb");
    gzwrite(to, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(to);
}

/// Each picture one bright box on black.
std::string boxes(std::uint32_t count) {
    std::mt19937 random(7);
    std::string pixels(std::size_t{count} * side * side, '\0');
    for (std::uint32_t n = 0; n < count; ++n) {
        const auto x = random() % 12, y = random() % 12, w = 6 + random() % 10, h = 6 + random() % 10;
        const auto light = static_cast<char>(128 + random() % 128);
        for (auto i = y; i < y + h; ++i)
            for (auto j = x; j < x + w; ++j) pixels[(n * side + i) * side + j] = light;
    }
    return pixels;
}

template <class F>
std::string refusal(const F& call) {
    try {
        call();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "nothing was refused";
}

void data_that_lies_is_refused(const fs::path& folder) {
    const fs::path file = folder / "lie.gz";
    const auto expect = [&](const char* part) {
        const std::string why = refusal([&] { read_images(file); });
        check(why.find(part) != std::string::npos, text("'%s' in '%s'", part, why.c_str()));
    };
    write_packed(file, idx({.count = 5}, boxes(4)));
    expect("5 pictures, 3920 bytes, but has 3136");
    write_packed(file, idx({.count = 4294967295}, boxes(4)));
    expect("but has 3136");
    write_packed(file, idx({.count = 3}, boxes(4)));
    expect("but has more");
    write_packed(file, idx({.count = 4, .rows = 14}, boxes(4)));
    expect("4 pictures of 14 x 28");
    write_packed(file, idx({.magic = 0x0801, .count = 4}, boxes(4)));
    expect("no set of pictures in the IDX format");
    write_packed(file, "");
    expect("ends within the header");

    write_packed(file, idx({.count = 400}, boxes(400)));
    const std::string packed = bytes_of(file);
    std::ofstream(file, std::ios::binary) << packed.substr(0, packed.size() / 2);
    expect("is damaged");
    std::string changed = packed;
    changed[packed.size() / 2] ^= 64;
    std::ofstream(file, std::ios::binary) << changed;
    expect("is damaged");
    check(refusal([&] { read_dataset(folder / "none"); }).find("apt-get install dataset-fashion-mnist") !=
              std::string::npos,
          "a folder without data says what to install");
}

void spectrum_finds_the_checkerboard() {
    Images board(1, side, side, 1);
    for (Index i = 0; i < side; ++i)
        for (Index j = 0; j < side; ++j) board(0, i, j, 0) = static_cast<float>((i + j) % 2);
    const Spectrum energy = spectrum(board);  // half and a half with alternating sign: (28 / 2)^2 / 28 each
    for (std::size_t f = 0; f < energy.size(); ++f)
        check(std::abs(energy[f] - (f == 0 || f == period_2 ? 7 : 0)) < 1e-9, text("energy at %zu cycles", f));
}

constexpr TrainingOptions training{.batch = 16, .seed = 3};
constexpr long half = 40;

Course train_on(Autoencoder& model, const DecoderInfo& info, const Dataset& data, long steps, int threads) {
    Eigen::ThreadPool pool(threads);
    const Eigen::ThreadPoolDevice device(&pool, threads);
    return train(model, info, data, steps, half, device);
}

Course training_learns_and_can_stop(const DecoderInfo& info, const Dataset& data, const fs::path& folder) {
    const fs::path whole = folder / "whole.safetensors", parts = folder / "parts.safetensors";
    Autoencoder model(info, training);
    check(model.decoder_parameters() == 2025 + (info.decoder == Decoder::transposed_k4),
          text("%s has %td parameters", info.key, model.decoder_parameters()));
    const Course course = train_on(model, info, data, 2 * half, 1);
    model.save(whole);
    const double before = course.losses.front().error;
    check(course.test_error < 0.5 * before, text("%s: %.4f, then %.4f", info.key, before, course.test_error));

    Autoencoder first(info, training);
    train_on(first, info, data, half, 3);
    first.save(parts);
    Autoencoder second = Autoencoder::load(info, parts);
    train_on(second, info, data, half, 2);
    second.save(parts);
    check(bytes_of(whole) == bytes_of(parts), text("%s: a stop and other threads change the weights", info.key));
    return course;
}

void weights_of_another_decoder_are_refused(const fs::path& folder) {
    Autoencoder(decoders[0], training).save(folder / "other.safetensors");
    const std::string why = refusal([&] { Autoencoder::load(decoders[1], folder / "other.safetensors"); });
    check(why.find("decoder.0.weight") != std::string::npos, why);
}

void run(const fs::path& folder) {
    data_that_lies_is_refused(folder);
    spectrum_finds_the_checkerboard();
    weights_of_another_decoder_are_refused(folder);

    write_packed(folder / "train-images-idx3-ubyte.gz", idx({.count = 100}, boxes(100)));
    std::ofstream(folder / "t10k-images-idx3-ubyte", std::ios::binary) << idx({.count = 20}, boxes(20));
    const Dataset data = read_dataset(folder);
    check(data.train.count() == 100 && data.test.count() == 20, "the data is read, packed or not");

    std::vector<Course> courses;
    for (const DecoderInfo& info : decoders) courses.push_back(training_learns_and_can_stop(info, data, folder));
    const Images shown = data.test.range(0, shown_pictures);
    save(draw_sheet(shown, spectrum(shown), courses), folder / "sheet.png");
    check(width(load(folder / "sheet.png")) > 1000, "the sheet is a picture");
}

}  // namespace

int main() {
    try {
        const Folder folder;
        run(folder.path);
    } catch (const std::exception& error) {
        check(false, error.what());
    }
    return failures == 0 ? 0 : 1;
}
