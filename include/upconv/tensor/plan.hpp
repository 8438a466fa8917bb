// Plan: a pass over views as something to call with Eigen tensors. It makes the checks and holds no loop.
#pragma once

#include <ostream>
#include <utility>

#include "device.hpp"
#include "tensor.hpp"

namespace upconv {

/// Decided once for the shape of one input: run it many times, from many threads at once. Made by an operator's plan().
template <class Pass, LayoutName L>
class Plan {
  public:
    using Scalar = typename Pass::Scalar;

    Plan(const char* op, Pass pass) : op_(op), pass_(std::move(pass)) {
        detail::check_dims(op, "the output", output_shape(), sizeof(Scalar));
    }

    Dims input_shape() const { return detail::dims_of<L>(pass_.input_shape()); }
    Dims output_shape() const { return detail::dims_of<L>(pass_.output_shape()); }

    /// On one line: what it computes, how, and why so.
    std::string text() const {
        return detail::joined(op_, " ", L::name, " ", input_shape(), " -> ", output_shape(), ": ", pass_.text());
    }
    friend std::ostream& operator<<(std::ostream& to, const Plan& plan) { return to << plan.text(); }

    /// A new tensor, in the storage order of x.
    template <detail::InputTensor<Scalar> X, detail::Device D = Eigen::DefaultDevice>
    auto operator()(const X& x, const D& device = {}) const {
        const auto input = detail::checked_view<L, Scalar>(op_, "the input", x, pass_.input_shape());
        Tensor4<Scalar, detail::storage_of<X>> y(output_shape());
        pass_.run(input, detail::view_of<L>(op_, "the output", y), detail::executor_of(device));
        return y;
    }

    /// Into y, which must have the shape of output_shape() and share no memory with x.
    template <detail::InputTensor<Scalar> X, detail::OutputTensor<Scalar> Y, detail::Device D = Eigen::DefaultDevice>
    void operator()(const X& x, Y&& y, const D& device = {}) const {
        const auto input = detail::checked_view<L, Scalar>(op_, "the input", x, pass_.input_shape());
        pass_.run(input, detail::checked_output<L>(op_, y, pass_.output_shape(), input), detail::executor_of(device));
    }

  private:
    const char* op_;
    Pass pass_;
};

/// An operator as a node of an Eigen expression: y.device(device) = x.customOp(up.op()). Refers to the operator, which
/// must outlive it.
template <class Operator>
class ExpressionOp {
  public:
    explicit ExpressionOp(const Operator& op) : op_(&op) {}

    template <class X>
    Eigen::DSizes<Eigen::Index, 4> dimensions(const X& x) const {
        return Eigen::DSizes<Eigen::Index, 4>(op_->output_shape(dims_of_expression(x)));
    }

    template <class X, class Y, detail::Device D>
    void eval(const X& x, Y& y, const D& device) const {
        if constexpr (detail::TensorOfRank4<X>) {
            (*op_)(x, y, device);
        } else {
            Tensor4<typename Operator::Scalar, detail::storage_of<X>> value(dims_of_expression(x));
            value.device(device) = x;
            (*op_)(value, y, device);
        }
    }

  private:
    template <class X>
    static Dims dims_of_expression(const X& x) {
        return Dims(Eigen::TensorEvaluator<const X, Eigen::DefaultDevice>(x, Eigen::DefaultDevice()).dimensions());
    }

    const Operator* op_;
};

}  // namespace upconv
