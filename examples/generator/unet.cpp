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

/// The largest of each 2 x 2 pixels.
template <class Scalar>
void max_pool(const Tensor<Scalar>& x, Tensor<Scalar>& y) {
    y.resize(x.dimension(0), x.dimension(1), x.dimension(2) / 2, x.dimension(3) / 2);
    for (Index n = 0; n < y.dimension(0); ++n)
        for (Index c = 0; c < y.dimension(1); ++c)
            for (Index i = 0; i < y.dimension(2); ++i)
                for (Index j = 0; j < y.dimension(3); ++j)
                    y(n, c, i, j) = std::max({x(n, c, 2 * i, 2 * j), x(n, c, 2 * i, 2 * j + 1),
                                              x(n, c, 2 * i + 1, 2 * j), x(n, c, 2 * i + 1, 2 * j + 1)});
}

/// The channels of a, then those of b.
template <class Scalar>
void concatenate(const Tensor<Scalar>& a, const Tensor<Scalar>& b, Tensor<Scalar>& y) {
    y.resize(a.dimension(0), a.dimension(1) + b.dimension(1), a.dimension(2), a.dimension(3));
    const Index of_a = a.size() / a.dimension(0), of_b = b.size() / b.dimension(0);
    for (Index n = 0; n < a.dimension(0); ++n) {
        Scalar* const to = y.data() + n * (of_a + of_b);
        std::copy_n(a.data() + n * of_a, of_a, to);
        std::copy_n(b.data() + n * of_b, of_b, to + of_a);
    }
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
        std::vector<const Tensor<Scalar>*> skips;
        const Tensor<Scalar>* y = &x;
        for (std::size_t i = 0; i < depth; ++i) {
            skips.push_back(&down_[i](*y, device));
            max_pool(*skips[i], pooled_[i]);
            y = &pooled_[i];
        }
        y = &bottom_(*y, device);
        for (std::size_t i = depth; i-- > 0;) {
            concatenate(*skips[i], up_[i](*y, device), merged_[i]);
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
