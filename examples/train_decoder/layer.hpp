// Layers: an operator with what its training needs, all of it made once: its output, its gradients and their plan, and
// Adam's moments.
#pragma once

#include <string>
#include <upconv/upconv.hpp>
#include <upconv/weights.hpp>
#include <variant>

#include "adam.hpp"
#include "image_set.hpp"

using Device = Eigen::ThreadPoolDevice;
using Conv = upconv::Conv2d<float, upconv::NHWC>;
using Transposed = upconv::ConvTranspose2d<float, upconv::NHWC>;
using Resize = upconv::UpSampling2d<float, upconv::NHWC>;

/// Conv2d or ConvTranspose2d.
template <class Op>
class FilterLayer {
  public:
    /// `name` is that of its weights in a file.
    FilterLayer(std::string name, const Op& op, const upconv::Dims& input, const upconv::GradientOptions& wanted)
        : name_(std::move(name)),
          op_(op),
          gradients_(op.gradient_plan(input, wanted)),
          y_(op.output_shape(input)),
          weight_moments_(op.weight().size()),
          bias_moments_(op.bias().size()) {}

    const Op& op() const { return op_; }

    /// Kept until the next call: the gradients need it.
    const Images& forward(const Images& x, const Device& device) {
        op_(x, y_, device);
        return y_;
    }
    /// Of what forward() was called with last; the slope of the activation follows from what it gave.
    const Images& backward(const Images& x, const Images& grad_y, const Device& device) {
        gradients_(x, y_, grad_y, op_, grads_, device);
        return grads_.input;
    }
    void learn(const AdamOptions& adam, long step) {
        adam_step(adam, step, grads_.weight, weight_moments_, op_.weight());
        adam_step(adam, step, grads_.bias, bias_moments_, op_.bias());
    }

    void save(upconv::TensorFile& file) const {
        upconv::save(op_, file, name_);
        visit_moments(*this, [&](const std::string& name, const Eigen::ArrayXf& moment) {
            file.add(name, Eigen::TensorMap<const Eigen::Tensor<float, 1>>(moment.data(), moment.size()));
        });
    }
    void load(const upconv::TensorFile& file) {
        upconv::load(op_, file, name_);
        visit_moments(*this, [&](const std::string& name, Eigen::ArrayXf& moment) {
            const auto read = file.read<float, 1>(name);
            if (read.size() != moment.size()) throw std::runtime_error(file.path() + ": " + name + " has a wrong size");
            std::copy_n(read.data(), read.size(), moment.data());
        });
    }

  private:
    template <class Self, class F>
    static void visit_moments(Self& self, const F& f) {
        f("adam.mean." + self.name_ + ".weight", self.weight_moments_.mean);
        f("adam.square." + self.name_ + ".weight", self.weight_moments_.square);
        f("adam.mean." + self.name_ + ".bias", self.bias_moments_.mean);
        f("adam.square." + self.name_ + ".bias", self.bias_moments_.square);
    }

    std::string name_;
    Op op_;
    upconv::GradientPlan<Op> gradients_;
    upconv::Gradients<float, Eigen::RowMajor> grads_;
    Images y_;
    Moments weight_moments_, bias_moments_;
};

/// UpSampling2d, which has no weights: both its ways are planned once.
class ResizeLayer {
  public:
    ResizeLayer(const Resize& op, const upconv::Dims& input)
        : op_(op),
          plan_(op.plan(input)),
          gradient_(op.gradient_plan(input)),
          y_(op.output_shape(input)),
          grad_x_(input) {}

    const Resize& op() const { return op_; }

    const Images& forward(const Images& x, const Device& device) {
        plan_(x, y_, device);
        return y_;
    }
    const Images& backward(const Images&, const Images& grad_y, const Device& device) {
        gradient_(grad_y, grad_x_, device);
        return grad_x_;
    }
    void learn(const AdamOptions&, long) {}
    void save(upconv::TensorFile&) const {}
    void load(const upconv::TensorFile&) {}

  private:
    using Plan = decltype(std::declval<const Resize&>().plan(upconv::Dims()));

    Resize op_;
    Plan plan_, gradient_;
    Images y_, grad_x_;
};

using Layer = std::variant<FilterLayer<Conv>, FilterLayer<Transposed>, ResizeLayer>;
