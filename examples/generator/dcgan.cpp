// The DCGAN generator (Radford, Metz and Chintala 2016): transposed convolutions all the way from a few numbers to a
// picture of 64 x 64. The batch normalisation behind each is folded into it.
#include <vector>

#include "model.hpp"

namespace {

using upconv::Activation;

template <class Scalar>
upconv::ConvTranspose2d<Scalar> make_layer(Index number, Index before, Index after, const upconv::TensorFile* file) {
    using Op = upconv::ConvTranspose2d<Scalar>;
    const bool first = number == 0, last = number == 4;
    const auto name = [&](Index module) { return "main." + std::to_string(module); };
    const Op op = loaded<Op>({.in_channels = before,
                              .out_channels = after,
                              .kernel = 4,
                              .stride = first ? 1 : 2,
                              .padding = first ? 0 : 1,
                              .bias = false},
                             file, name(3 * number));
    if (last) return with_activation(op, Activation::tanh);
    if (file == nullptr) return with_activation(op, Activation::relu);
    const auto of_norm = [&](const char* what) { return file->read<Scalar, 1>(name(3 * number + 1) + "." + what); };
    return with_activation(upconv::fold_batch_norm(op, of_norm("weight"), of_norm("bias"), of_norm("running_mean"),
                                                   of_norm("running_var"), 1e-5),
                           Activation::relu);
}

template <class Scalar>
class Dcgan final : public Model<Scalar> {
  public:
    Dcgan(const Size& size, const upconv::TensorFile* file) {
        const Index w = size.width, channels[] = {size.latent, 8 * w, 4 * w, 2 * w, w, 3};
        for (Index i = 0; i < 5; ++i) layers_.emplace_back(make_layer<Scalar>(i, channels[i], channels[i + 1], file));
    }

    upconv::Dims input_shape(Index images, Index) const override {
        return {images, layers_[0].op().options().in_channels, 1, 1};
    }

    std::string summary(const upconv::Dims& input) const override {
        return upconv::summary(input, layers_[0].op(), layers_[1].op(), layers_[2].op(), layers_[3].op(),
                               layers_[4].op());
    }

    double flops(const upconv::Dims& input) const override {
        double sum = 0;
        upconv::Dims dims = input;
        for (const Transposed<Scalar>& layer : layers_) {
            sum += layer.op().flops(dims);
            dims = layer.op().output_shape(dims);
        }
        return sum;
    }

    const Tensor<Scalar>& run(const Tensor<Scalar>& x, const Eigen::ThreadPoolDevice& device) override {
        const Tensor<Scalar>* y = &x;
        for (Transposed<Scalar>& layer : layers_) y = &layer(*y, device);
        return *y;
    }

  private:
    std::vector<Transposed<Scalar>> layers_;
};

}  // namespace

template <class Scalar>
std::unique_ptr<Model<Scalar>> make_dcgan(const Size& size, const upconv::TensorFile* file) {
    if (file == nullptr) return std::make_unique<Dcgan<Scalar>>(size, file);
    const std::vector<Index> shape = file->info("main.0.weight").shape;
    if (shape.size() != 4 || shape[1] % 8 != 0)
        throw std::runtime_error("main.0.weight must have the shape (latent numbers, 8 x width, 4, 4)");
    return std::make_unique<Dcgan<Scalar>>(Size{.width = shape[1] / 8, .latent = shape[0]}, file);
}

template std::unique_ptr<Model<float>> make_dcgan(const Size&, const upconv::TensorFile*);
template std::unique_ptr<Model<double>> make_dcgan(const Size&, const upconv::TensorFile*);
