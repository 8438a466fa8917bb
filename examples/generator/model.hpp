// Models: what the program measures of either.
#pragma once

#include <memory>

#include "layer.hpp"

template <class Scalar>
class Model {
  public:
    Model() = default;
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;
    virtual ~Model() = default;

    /// Of a number of images; a model that draws pictures from other pictures gets them `side` pixels a side.
    virtual upconv::Dims input_shape(Index images, Index side) const = 0;
    virtual std::string summary(const upconv::Dims& input) const = 0;
    /// Two for each multiply-add of the operators.
    virtual double flops(const upconv::Dims& input) const = 0;
    /// Throws std::invalid_argument for a shape that it cannot compute.
    virtual const Tensor<Scalar>& run(const Tensor<Scalar>& x, const Eigen::ThreadPoolDevice& device) = 0;
};

/// How large it is: of its widest pictures' channels, and the numbers that the generator starts from.
struct Size {
    Index width = 64, latent = 100;
};

/// The sizes of the file's tensors, or `size`; with the file's weights, or random ones.
template <class Scalar>
std::unique_ptr<Model<Scalar>> make_dcgan(const Size& size, const upconv::TensorFile* file);
template <class Scalar>
std::unique_ptr<Model<Scalar>> make_unet(const Size& size, const upconv::TensorFile* file);
