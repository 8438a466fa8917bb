// Layer: an operator with its plan and its output, which a model runs one after the other.
#pragma once

#include <optional>
#include <string>
#include <upconv/upconv.hpp>
#include <upconv/weights.hpp>

using Index = Eigen::Index;

template <class Scalar>
using Tensor = Eigen::Tensor<Scalar, 4, Eigen::RowMajor>;

template <class Op>
class Layer {
  public:
    using Scalar = typename Op::Scalar;

    explicit Layer(Op op) : op_(std::move(op)) {}

    const Op& op() const { return op_; }

    /// Planned at the first run, and when the shape is another.
    template <class Device>
    const Tensor<Scalar>& operator()(const Tensor<Scalar>& x, const Device& device) {
        const upconv::Dims dims(x.dimensions());
        if (!plan_ || plan_->input_shape() != dims) {
            plan_.emplace(op_.plan(dims));
            y_.resize(plan_->output_shape());
        }
        (*plan_)(x, y_, device);
        return y_;
    }

  private:
    using Plan = decltype(std::declval<const Op&>().plan(upconv::Dims{}));

    Op op_;
    std::optional<Plan> plan_;
    Tensor<Scalar> y_;
};

template <class Scalar>
using Conv = Layer<upconv::Conv2d<Scalar>>;
template <class Scalar>
using Transposed = Layer<upconv::ConvTranspose2d<Scalar>>;

/// With the weights that the file has by that name; without a file they stay random.
template <class Op>
Op loaded(const typename Op::Options& options, const upconv::TensorFile* file, const std::string& name) {
    Op op(options);
    if (file != nullptr) upconv::load(op, *file, name);
    return op;
}

/// The same operator with an activation.
template <class Op>
Op with_activation(const Op& op, const upconv::Activation& activation) {
    auto options = op.options();
    options.activation = activation;
    return Op(options, op.weight(), op.bias());
}
