// A U-Net of depth 4 (Ronneberger, Fischer and Brox 2015), padded so that pictures keep their size: what goes up by
// transposed convolutions meets what was seen at the same size on the way down.
#include <algorithm>
#include <cstdio>
#include <vector>

#include "model.hpp"

namespace {

constexpr Index depth = 4;

/// Two convolutions of 3 x 3, as name.0 and name.2.
template <class Scalar>
struct Pair {
    Conv<Scalar> first, second;

    Pair(Index before, Index after, const upconv::TensorFile* file, const std::string& name)
        : first(make(before, after, file, name + ".0")), second(make(after, after, file, name + ".2")) {}

    template <class Device>
    const Tensor<Scalar>& operator()(const Tensor<Scalar>& x, const Device& device) {
        return second(first(x, device), device);
    }

  private:
    static Conv<Scalar> make(Index before, Index after, const upconv::TensorFile* file, const std::string& name) {
        using Op = upconv::Conv2d<Scalar>;
        return Conv<Scalar>(loaded<Op>({.in_channels = before,
                                        .out_channels = after,
                                        .kernel = 3,
                                        .padding = 1,
                                        .activation = upconv::Activation::relu},
                                       file, name));
    }
};

/// f(n, c) for the channels of all images.
template <class Scalar, class F>
void for_planes(const Tensor<Scalar>& y, const Eigen::ThreadPoolDevice& device, const F& f) {
    const Index channels = y.dimension(1), pixels = y.dimension(2) * y.dimension(3);
    const double numbers = static_cast<double>(pixels), bytes = numbers * sizeof(Scalar);
    device.parallelFor(y.dimension(0) * channels, Eigen::TensorOpCost(bytes, bytes, numbers),
                       [&](Index first, Index last) {
                           for (Index i = first; i < last; ++i) f(i / channels, i % channels);
                       });
}

/// The largest of each 2 x 2 pixels.
template <class Scalar>
void max_pool(const Tensor<Scalar>& x, Tensor<Scalar>& y, const Eigen::ThreadPoolDevice& device) {
    y.resize(x.dimension(0), x.dimension(1), x.dimension(2) / 2, x.dimension(3) / 2);
    for_planes(y, device, [&](Index n, Index c) {
        for (Index i = 0; i < y.dimension(2); ++i)
            for (Index j = 0; j < y.dimension(3); ++j)
                y(n, c, i, j) = std::max({x(n, c, 2 * i, 2 * j), x(n, c, 2 * i, 2 * j + 1), x(n, c, 2 * i + 1, 2 * j),
                                          x(n, c, 2 * i + 1, 2 * j + 1)});
    });
}

/// The channels of a, then those of b.
template <class Scalar>
void concatenate(const Tensor<Scalar>& a, const Tensor<Scalar>& b, Tensor<Scalar>& y,
                 const Eigen::ThreadPoolDevice& device) {
    const Index of_a = a.dimension(1), of_b = b.dimension(1), pixels = a.dimension(2) * a.dimension(3);
    y.resize(a.dimension(0), of_a + of_b, a.dimension(2), a.dimension(3));
    for_planes(y, device, [&](Index n, Index c) {
        const Scalar* const from =
            c < of_a ? a.data() + (n * of_a + c) * pixels : b.data() + (n * of_b + c - of_a) * pixels;
        std::copy_n(from, pixels, y.data() + (n * (of_a + of_b) + c) * pixels);
    });
}

template <class Scalar>
class UNet final : public Model<Scalar> {
  public:
    UNet(Index width, const upconv::TensorFile* file)
        : bottom_(width << (depth - 1), width << depth, file, "bottom"),
          head_(loaded<upconv::Conv2d<Scalar>>({.in_channels = width, .out_channels = 2, .kernel = 1}, file, "head")) {
        for (Index i = 0; i < depth; ++i) {
            const Index c = width << i;
            const std::string level = "." + std::to_string(i);
            down_.emplace_back(i == 0 ? 3 : c / 2, c, file, "down" + level);
            up_.emplace_back(loaded<upconv::ConvTranspose2d<Scalar>>(
                {.in_channels = 2 * c, .out_channels = c, .kernel = 2, .stride = 2}, file, "up" + level));
            merge_.emplace_back(2 * c, c, file, "merge" + level);
        }
        pooled_.resize(depth);
        merged_.resize(depth);
    }

    upconv::Dims input_shape(Index images, Index side) const override { return {images, 3, side, side}; }

    std::string summary(const upconv::Dims& input) const override {
        std::string text = line("layer", "output", "parameters");
        Index total = 0;
        walk(input, [&](const std::string& name, const auto& op, const upconv::Dims& dims) {
            text += line(name, to_text(op.output_shape(dims)), std::to_string(op.parameter_count()));
            total += op.parameter_count();
        });
        return text + line("all", "", std::to_string(total));
    }

    double flops(const upconv::Dims& input) const override {
        double sum = 0;
        walk(input, [&](const std::string&, const auto& op, const upconv::Dims& dims) { sum += op.flops(dims); });
        return sum;
    }

    const Tensor<Scalar>& run(const Tensor<Scalar>& x, const Eigen::ThreadPoolDevice& device) override {
        constexpr Index least = 1 << depth;  // what comes up must be as large as what went down
        if (x.dimension(2) % least != 0 || x.dimension(3) % least != 0)
            throw std::invalid_argument("the U-Net's pictures must have sides that are multiples of " +
                                        std::to_string(least) + ", got " + std::to_string(x.dimension(2)) + " x " +
                                        std::to_string(x.dimension(3)) + ": pad them");
        std::vector<const Tensor<Scalar>*> skips;
        const Tensor<Scalar>* y = &x;
        for (std::size_t i = 0; i < depth; ++i) {
            skips.push_back(&down_[i](*y, device));
            max_pool(*skips[i], pooled_[i], device);
            y = &pooled_[i];
        }
        y = &bottom_(*y, device);
        for (std::size_t i = depth; i-- > 0;) {
            concatenate(*skips[i], up_[i](*y, device), merged_[i], device);
            y = &merge_[i](merged_[i], device);
        }
        return head_(*y, device);
    }

  private:
    static std::string line(const std::string& name, const std::string& output, const std::string& parameters) {
        char text[100];
        std::snprintf(text, sizeof text, "%-28s %-22s %12s\n", name.c_str(), output.c_str(), parameters.c_str());
        return text;
    }

    /// f(name, operator, the shape it gets) in the order in which they run.
    template <class F>
    void walk(const upconv::Dims& input, const F& f) const {
        upconv::Dims dims = input;
        const auto pass = [&](const std::string& name, const auto& op) {
            f(name + " " + op.name, op, dims);
            dims = op.output_shape(dims);
        };
        const auto pair = [&](const std::string& name, const Pair<Scalar>& layers) {
            pass(name + ".0", layers.first.op());
            pass(name + ".2", layers.second.op());
        };
        for (std::size_t i = 0; i < depth; ++i) {
            pair("down." + std::to_string(i), down_[i]);
            dims[2] /= 2, dims[3] /= 2;
        }
        pair("bottom", bottom_);
        for (std::size_t i = depth; i-- > 0;) {
            pass("up." + std::to_string(i), up_[i].op());
            dims[1] *= 2;  // the skip connection
            pair("merge." + std::to_string(i), merge_[i]);
        }
        pass("head", head_.op());
    }

    std::vector<Pair<Scalar>> down_, merge_;
    Pair<Scalar> bottom_;
    std::vector<Transposed<Scalar>> up_;
    Conv<Scalar> head_;
    std::vector<Tensor<Scalar>> pooled_, merged_;
};

}  // namespace

template <class Scalar>
std::unique_ptr<Model<Scalar>> make_unet(const Size& size, const upconv::TensorFile* file) {
    if (file == nullptr) return std::make_unique<UNet<Scalar>>(size.width, file);
    const std::vector<Index> shape = file->info("down.0.0.weight").shape;
    if (shape.empty()) throw std::runtime_error("down.0.0.weight must have the shape (width, 3, 3, 3)");
    return std::make_unique<UNet<Scalar>>(shape[0], file);
}

template std::unique_ptr<Model<float>> make_unet(const Size&, const upconv::TensorFile*);
template std::unique_ptr<Model<double>> make_unet(const Size&, const upconv::TensorFile*);
