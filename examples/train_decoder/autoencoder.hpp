// The autoencoder: an encoder that makes 7 x 7 x 4 numbers of a picture's 28 x 28, and one of three decoders.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "image_set.hpp"

/// How the decoder goes from 7 x 7 to 14 x 14 to 28 x 28.
enum class Decoder { transposed_k3, transposed_k4, resize };

struct DecoderInfo {
    Decoder decoder;
    const char* key;  // on the command line and in names of files
    const char* name;
    const char* brief;  // where there is little room
    Index channels;     // between its two layers: as many as make its parameters 2,025 or 2,026
};

inline constexpr DecoderInfo decoders[] = {
    {Decoder::transposed_k3, "transposed_k3", "ConvTranspose2d k 3 s 2", "transposed k 3", 44},
    {Decoder::transposed_k4, "transposed_k4", "ConvTranspose2d k 4 s 2", "transposed k 4", 25},
    {Decoder::resize, "resize", "UpSampling2d + Conv2d k 3", "resize + conv", 44},
};

inline constexpr Index most_in_batch = 10000;

/// What a training depends on; the number of threads does not change its course.
struct TrainingOptions {
    Index batch = 100;
    std::uint64_t seed = 1;
};

/// The operators stay in autoencoder.cpp, so that no other unit compiles them.
class Autoencoder {
  public:
    /// All decoders of one seed have the same encoder to begin with.
    Autoencoder(const DecoderInfo& info, const TrainingOptions& options);
    /// As save() left it, with the seed and the batch of then.
    static Autoencoder load(const DecoderInfo& info, const std::filesystem::path& file);
    ~Autoencoder();
    Autoencoder(Autoencoder&&) noexcept;

    const TrainingOptions& options() const;
    /// Steps of training so far.
    long step() const;
    Index encoder_parameters() const;
    Index decoder_parameters() const;

    /// What becomes of pictures, however many.
    Images operator()(const Images& x, const Eigen::ThreadPoolDevice& device) const;

    /// One step of Adam on a batch; returns its mean squared error before.
    double learn(const Images& x, const Eigen::ThreadPoolDevice& device);

    /// The weights, Adam's moments and the number of steps.
    void save(const std::filesystem::path& file) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The sum of (a - b)^2.
double squared_error(const Images& a, const Images& b);
