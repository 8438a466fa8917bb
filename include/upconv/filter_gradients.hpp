// The gradients of a FilterOperator: the same relation, walked the other way for the input and correlated for the
// weights.
#pragma once

#include "engine/gradient.hpp"
#include "filter_operator.hpp"

namespace upconv {

template <class Kind, class S, LayoutName L>
template <class X, class G>
auto FilterOperator<Kind, S, L>::gradient_call(const X& x, const G& grad_y) const -> GradientCall {
    check_parameters();
    const detail::FilterProblem shapes = problem(Dims(x.dimensions()));
    return {shapes, detail::checked_view<L, S>(name, "the input", x, shapes.input_shape()),
            gradient_view(shapes, grad_y)};
}

template <class Kind, class S, LayoutName L>
template <int Storage, class D>
detail::View<const S> FilterOperator<Kind, S, L>::linear_gradient(const GradientCall& call, Tensor4<S, Storage>& value,
                                                                  const D& device) const {
    detail::FilterProblem linear = call.problem;
    if (linear.activation == Activation::none) return call.grad;
    linear.activation = Activation::none;
    value.resize(detail::dims_of<L>(linear.output_shape()));
    const auto sums = detail::view_of<L>(name, "the output", value);
    forward_pass(linear).run(call.x, sums, detail::executor_of(device));
    detail::apply_derivative(call.problem.activation, call.grad, sums);
    return sums;
}

template <class Kind, class S, LayoutName L>
template <class D>
WeightTensor<S> FilterOperator<Kind, S, L>::weight_gradient(const GradientCall& call, detail::View<const S> grad,
                                                            const D& device) const {
    const bool input_is_fine = direction == detail::Direction::to_coarse;
    Weight gradient(detail::dims_of<NCHW>(weight_shape()));
    detail::WeightGradient<S>(call.problem)
        .run(input_is_fine ? grad : call.x, input_is_fine ? call.x : grad, gradient.data(),
             detail::GradientSum::replaces, detail::executor_of(device));
    return gradient;
}

template <class Kind, class S, LayoutName L>
template <int Storage, class D>
Tensor4<S, Storage> FilterOperator<Kind, S, L>::input_gradient(detail::FilterProblem problem,
                                                               detail::View<const S> grad, const D& device) const {
    problem.direction = backwards;
    problem.activation = Activation::none;
    Tensor4<S, Storage> gradient(detail::dims_of<L>(problem.output_shape()));
    detail::FilterPass<S>(problem, weight_.data(), nullptr)
        .run(grad, detail::view_of<L>(name, "the input's gradient", gradient), detail::executor_of(device));
    return gradient;
}

template <class Kind, class S, LayoutName L>
template <detail::InputTensor<S> X, detail::InputTensor<S> G, detail::Device D>
auto FilterOperator<Kind, S, L>::backward(const X& x, const G& grad_y, const D& device) const
    -> Gradients<S, detail::storage_of<X>> {
    const GradientCall call = gradient_call(x, grad_y);
    Tensor4<S, detail::storage_of<G>> value;
    const detail::View<const S> grad = linear_gradient(call, value, device);
    Bias bias(bias_size());
    for (Index c = 0; c < bias.size(); ++c) bias(c) = detail::sum_channel(grad, c);
    return {input_gradient<detail::storage_of<X>>(call.problem, grad, device), weight_gradient(call, grad, device),
            std::move(bias)};
}

template <class Kind, class S, LayoutName L>
template <detail::InputTensor<S> G, detail::Device D>
auto FilterOperator<Kind, S, L>::backward_input(const G& grad_y, const Dims& x_dims, const D& device) const
    -> Tensor4<S, detail::storage_of<G>> {
    check_parameters();
    const detail::FilterProblem shapes = problem(x_dims);
    if (shapes.activation != Activation::none)
        detail::refuse(
            name,
            ": backward_input() has no input, on which the activation's derivative depends; use backward(x, grad_y)");
    return input_gradient<detail::storage_of<G>>(shapes, gradient_view(shapes, grad_y), device);
}

template <class Kind, class S, LayoutName L>
template <detail::InputTensor<S> X, detail::InputTensor<S> G, detail::Device D>
auto FilterOperator<Kind, S, L>::backward_weight(const X& x, const G& grad_y, const D& device) const -> Weight {
    const GradientCall call = gradient_call(x, grad_y);
    Tensor4<S, detail::storage_of<G>> value;
    return weight_gradient(call, linear_gradient(call, value, device), device);
}

}  // namespace upconv
