#include "picture.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <upconv/upconv.hpp>
#include <vector>

#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#include <stb_image.h>
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb_image_write.h>

namespace {

// A shuffle and a cast stay two statements: in one expression Eigen 3.4.0 writes floats into the bytes' memory.
using Bytes = Eigen::Tensor<unsigned char, 4, Eigen::RowMajor>;  // 1, H, W, 3: the order of a file

const Eigen::array<Index, 4> to_planes{0, 3, 1, 2};
const Eigen::array<Index, 4> to_pixels{0, 2, 3, 1};

}  // namespace

Picture load(const std::filesystem::path& file) {
    int w = 0, h = 0, channels = 0;
    const std::unique_ptr<stbi_uc, decltype(&stbi_image_free)> bytes(
        stbi_load(file.string().c_str(), &w, &h, &channels, 3), &stbi_image_free);
    if (!bytes) throw std::runtime_error("cannot read " + file.string() + ": " + stbi_failure_reason());
    const Eigen::TensorMap<const Bytes> pixels(bytes.get(), 1, h, w, 3);
    const Tensor4 values = pixels.cast<float>() / 255.0f;
    return values.shuffle(to_planes);
}

void save(const Picture& picture, const std::filesystem::path& file) {
    const Tensor4 values = as_saved(picture).shuffle(to_pixels);
    const Bytes pixels = (values * 255.0f + 0.5f).cast<unsigned char>();
    const auto w = static_cast<int>(width(picture)), h = static_cast<int>(height(picture));
    if (!stbi_write_png(file.string().c_str(), w, h, 3, pixels.data(), 3 * w))
        throw std::runtime_error("cannot write " + file.string());
}

Picture crop(const Picture& picture, const Box& box) {
    const Eigen::array<Index, 4> from{0, 0, box.y, box.x};
    const Eigen::array<Index, 4> extent{picture.dimension(0), picture.dimension(1), box.h, box.w};
    return picture.slice(from, extent);
}

Picture as_saved(const Picture& picture) {
    return picture.unaryExpr([](float v) { return std::floor(std::clamp(v, 0.0f, 1.0f) * 255.0f + 0.5f) / 255.0f; });
}

Picture shrink(const Picture& picture, Index factor) {
    return upconv::upsample2d(picture, {.size = upconv::Size2{height(picture) / factor, width(picture) / factor},
                                        .mode = upconv::Interpolation::area});
}

Tensor4 colours_as_samples(const Picture& picture) {
    return picture.reshape(Eigen::array<Index, 4>{3, 1, height(picture), width(picture)});
}

Picture samples_as_colours(const Tensor4& samples) {
    return samples.reshape(Eigen::array<Index, 4>{1, 3, samples.dimension(2), samples.dimension(3)});
}

Tensor4 repeat_border(const Tensor4& x, Index margin) {
    // A depthwise 1 x 1 convolution of weight one changes nothing: what remains is its padding.
    const Index channels = x.dimension(1);
    Tensor4 one(channels, 1, 1, 1);
    one.setConstant(1);
    return upconv::conv2d(x, one,
                          {.padding = margin, .groups = channels, .padding_mode = upconv::PaddingMode::replicate});
}
