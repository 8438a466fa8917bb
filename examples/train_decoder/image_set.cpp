#include "image_set.hpp"

#include <zlib.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "text.hpp"

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t magic = 0x0803;  // bytes, in three dimensions: count, rows, columns

[[noreturn]] void refuse(const fs::path& file, const std::string& why) {
    throw std::runtime_error(file.string() + ": " + why);
}

/// Bytes out of a file, unpacked if it is packed.
class Source {
  public:
    explicit Source(const fs::path& path) : path_(path), file_(gzopen(path.c_str(), "rb"), &gzclose_r) {
        if (!file_) refuse(path_, "cannot be opened");
    }

    /// As many as there are, up to `most`.
    std::size_t read(std::uint8_t* to, std::size_t most) {
        std::size_t got = 0;
        while (got < most) {
            const int n = gzread(file_.get(), to + got, static_cast<unsigned>(most - got));
            int error = Z_OK;
            const char* reason = gzerror(file_.get(), &error);
            // A packed file that was cut off ends as if it were complete, but for this.
            if (n < 0 || (error != Z_OK && error != Z_STREAM_END)) refuse(path_, std::string("is damaged: ") + reason);
            if (n == 0) break;
            got += static_cast<std::size_t>(n);
        }
        return got;
    }

    std::uint32_t read_number() {
        std::uint8_t bytes[4] = {};  // the most significant first
        if (read(bytes, 4) != 4) refuse(path_, "ends within the header of the IDX format");
        return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
    }

  private:
    fs::path path_;
    std::unique_ptr<gzFile_s, decltype(&gzclose_r)> file_;
};

fs::path find(const fs::path& folder, const std::string& name) {
    for (const fs::path& file : {folder / (name + ".gz"), folder / name})
        if (fs::exists(file)) return file;
    throw std::runtime_error("there is no " + name + ".gz in " + folder.string() +
                             ": install Fashion-MNIST (Debian, Ubuntu: apt-get install dataset-fashion-mnist) or say "
                             "with --data where it is");
}

}  // namespace

void ImageSet::copy(std::span<const Index> numbers, Images& to) const {
    to.resize(static_cast<Index>(numbers.size()), side, side, 1);
    float* out = to.data();
    for (const Index number : numbers) {
        const std::uint8_t* from = pixels_.data() + number * side * side;
        out = std::transform(from, from + side * side, out, [](std::uint8_t v) { return static_cast<float>(v) / 255; });
    }
}

Images ImageSet::range(Index begin, Index end) const {
    std::vector<Index> numbers(static_cast<std::size_t>(end - begin));
    std::iota(numbers.begin(), numbers.end(), begin);
    Images images;
    copy(numbers, images);
    return images;
}

ImageSet read_images(const fs::path& file) {
    Source source(file);
    if (source.read_number() != magic) refuse(file, "is no set of pictures in the IDX format");
    const std::size_t count = source.read_number();
    const std::uint32_t rows = source.read_number(), columns = source.read_number();
    if (count == 0 || rows != side || columns != side)
        refuse(file, text("says that it has %zu pictures of %u x %u; there must be some, of %td x %td", count, rows,
                          columns, side, side));

    // Grows with what is there, not with what the header says is there.
    constexpr std::size_t block = std::size_t{1} << 20;
    const std::size_t expected = count * side * side;
    std::vector<std::uint8_t> pixels;
    for (std::size_t got = block; got == block && pixels.size() <= expected;) {
        const std::size_t before = pixels.size();
        pixels.resize(before + block);
        got = source.read(pixels.data() + before, block);
        pixels.resize(before + got);
    }
    if (pixels.size() != expected)
        refuse(file, text("says that it has %zu pictures, %zu bytes, but has %s", count, expected,
                          pixels.size() < expected ? text("%zu", pixels.size()).c_str() : "more"));
    return ImageSet(std::move(pixels));
}

Dataset read_dataset(const fs::path& folder) {
    return {read_images(find(folder, "train-images-idx3-ubyte")), read_images(find(folder, "t10k-images-idx3-ubyte"))};
}
