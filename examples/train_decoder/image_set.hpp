// Sets of pictures in the IDX format of MNIST and its kin, packed with gzip or not.
#pragma once

#include <cstdint>
#include <filesystem>
#include <numeric>
#include <span>
#include <unsupported/Eigen/CXX11/Tensor>
#include <vector>

using Index = Eigen::Index;

/// Height and width of every picture.
inline constexpr Index side = 28;

/// N, 28, 28, 1: pixels from 0 (black) to 1.
using Images = Eigen::Tensor<float, 4, Eigen::RowMajor>;

/// Kept as the bytes that the file has, a quarter of the floats.
class ImageSet {
  public:
    explicit ImageSet(std::vector<std::uint8_t> pixels) : pixels_(std::move(pixels)) {}

    Index count() const { return static_cast<Index>(pixels_.size()) / (side * side); }

    /// Those with the given numbers, in their order.
    void copy(std::span<const Index> numbers, Images& to) const;
    Images range(Index begin, Index end) const;

  private:
    std::vector<std::uint8_t> pixels_;
};

/// Throws std::runtime_error for a file that is damaged, has pictures of another size, or more or fewer than it says.
ImageSet read_images(const std::filesystem::path& file);

struct Dataset {
    ImageSet train, test;
};

/// train-images-idx3-ubyte and t10k-images-idx3-ubyte out of a folder, with .gz or without.
Dataset read_dataset(const std::filesystem::path& folder);

/// Where Debian's package dataset-fashion-mnist puts it.
inline constexpr const char* debian_folder = "/usr/share/datasets/fashion-mnist";
