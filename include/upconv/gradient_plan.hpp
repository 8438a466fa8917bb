// GradientPlan: the gradients of a FilterOperator, planned once for a shape: the same relation, walked the other way
// for the input and summed over the pixels for the weights.
#pragma once

#include <array>
#include <initializer_list>
#include <optional>

#include "engine/gradient.hpp"
#include "filter_operator.hpp"

namespace upconv {

/// Made by an operator's gradient_plan(). Reads the operator's weights anew at each call, so that a training loop makes
/// it once. Keeps memory to work in, so that each thread needs one of its own: after the first run on a thread, with
/// results of the right shape, a run allocates nothing.
template <class Op>
class GradientPlan {
  public:
    using Scalar = typename Op::Scalar;
    using Layout = typename Op::Layout;
    template <int Storage>
    using Result = Gradients<Scalar, Storage>;

    GradientPlan(const Op& op, const Dims& input, const GradientOptions& wanted)
        : problem_(op.problem(input)), bias_(op.options().bias), wanted_(wanted), weight_(problem_) {
        detail::check_dims(Op::name, "the output", output_shape(), sizeof(Scalar));
        if (wanted.input) input_.emplace(backwards());
    }
    GradientPlan(GradientPlan&&) = default;
    GradientPlan& operator=(GradientPlan&&) = default;

    Dims input_shape() const { return detail::dims_of<Layout>(problem_.input_shape()); }
    Dims output_shape() const { return detail::dims_of<Layout>(problem_.output_shape()); }

    /// On two lines: how the gradients of input and weights are computed, and why so.
    std::string text() const {
        return detail::joined(Op::name, " ", Layout::name, " ", output_shape(), " -> ", input_shape(), ": ",
                              detail::FilterPass<Scalar>::text(backwards()), "\n", Op::name, ": ", weight_.text());
    }
    friend std::ostream& operator<<(std::ostream& to, const GradientPlan& plan) { return to << plan.text(); }

    /// Of a loss, given its gradient with respect to y = op(x). Tensors of `grads` that have another shape are made
    /// anew; none may lie in what is read. With an activation the forward pass is run again, without it: the form with
    /// y spares that.
    template <detail::InputTensor<Scalar> X, detail::InputTensor<Scalar> G, int Storage,
              detail::Device D = Eigen::DefaultDevice>
    void operator()(const X& x, const G& grad_y, const Op& op, Result<Storage>& grads, const D& device = {}) {
        const auto input = input_view(x, op);
        const auto grad = gradient_view(grad_y);
        const Targets to = targets(grads, {input, grad});
        const detail::Executor executor = detail::executor_of(device);
        run(input, linear(input, grad, op, executor), op, to, executor);
    }

    /// With y, from which the slope of the activation follows.
    template <detail::InputTensor<Scalar> X, detail::InputTensor<Scalar> Y, detail::InputTensor<Scalar> G, int Storage,
              detail::Device D = Eigen::DefaultDevice>
    void operator()(const X& x, const Y& y, const G& grad_y, const Op& op, Result<Storage>& grads,
                    const D& device = {}) {
        const auto input = input_view(x, op);
        const auto grad = gradient_view(grad_y);
        const auto output = detail::checked_view<Layout, Scalar>(Op::name, "the output", y, problem_.output_shape());
        const Activation& f = problem_.activation;
        if (f.kind == Activation::Kind::leaky_relu && f.low < 0)
            detail::refuse(Op::name, ": the slope ", f.low,
                           " of leaky_relu is negative, so y does not say on which side of it x was; leave y out");
        const Targets to = targets(grads, {input, output, grad});
        const detail::Executor executor = detail::executor_of(device);
        run(input, through(detail::SlopeFrom::output, grad, output, executor), op, to, executor);
    }

    /// The gradient of the input alone, which needs no input where there is no activation.
    template <detail::InputTensor<Scalar> G, int Storage, detail::Device D = Eigen::DefaultDevice>
    void input_gradient(const G& grad_y, const Op& op, Tensor4<Scalar, Storage>& to, const D& device = {}) {
        check(op);
        if (!input_) detail::refuse(Op::name, ": the gradient plan was made without the gradient of the input");
        if (problem_.activation != Activation::none)
            detail::refuse(Op::name,
                           ": without the input there is no gradient through the activation, whose slope "
                           "depends on it; use backward(x, grad_y)");
        const auto grad = gradient_view(grad_y);
        check_target(of_input(), to, {grad});
        run_input(grad, op, make_input(to), detail::executor_of(device));
    }

  private:
    using Input = detail::View<const Scalar>;

    /// Where the gradients go; null where they are not wanted.
    struct Targets {
        detail::View<Scalar> input;
        Scalar *weight = nullptr, *bias = nullptr;
    };

    detail::GradientSum how() const {
        return wanted_.accumulate ? detail::GradientSum::adds : detail::GradientSum::replaces;
    }
    detail::FilterProblem backwards() const {
        using enum detail::Direction;
        detail::FilterProblem problem = problem_;
        problem.direction = problem.direction == to_coarse ? to_fine : to_coarse;
        problem.activation = Activation::none;
        return problem;
    }

    void check(const Op& op) const {
        op.check_parameters();
        if (op.problem(input_shape()) != problem_ || op.options().bias != bias_)
            detail::refuse(Op::name, ": the gradient plan was made for an operator with other options; make one with ",
                           "this operator's gradient_plan()");
    }
    template <class X>
    Input input_view(const X& x, const Op& op) const {
        check(op);
        return detail::checked_view<Layout, Scalar>(Op::name, "the input", x, problem_.input_shape());
    }
    template <class G>
    Input gradient_view(const G& grad_y) const {
        return detail::checked_view<Layout, Scalar>(Op::name, "the output's gradient", grad_y, problem_.output_shape());
    }

    /// One of the results: its name, and the shape that it must have.
    template <std::size_t Rank>
    struct Target {
        const char* what;
        std::array<Index, Rank> shape;
    };
    Target<4> of_input() const { return {"the input's gradient", input_shape()}; }
    Target<4> of_weight() const {
        const detail::Relation& r = problem_.relation;
        return {"the weights' gradient", {r.coarse_channels, r.fine_per_group(), r.rows.kernel, r.columns.kernel}};
    }
    Target<1> of_bias() const { return {"the bias' gradient", {bias_ ? problem_.output_shape().c : 0}}; }

    template <std::size_t Rank, class Tensor>
    static bool fits(const Target<Rank>& target, const Tensor& tensor) {
        return std::equal(target.shape.begin(), target.shape.end(),
                          &tensor.dimensions()[0]);  // Eigen's array may have no iterators
    }
    /// Refuses what cannot be added to, and a result that lies in what is read.
    template <std::size_t Rank, class Tensor>
    void check_target(const Target<Rank>& target, const Tensor& tensor, std::initializer_list<Input> read) const {
        if (wanted_.accumulate && tensor.size() > 0 && !fits(target, tensor))
            detail::refuse(Op::name, ": ", target.what, ", to which is added, has the shape ",
                           shape_text(&tensor.dimensions()[0], Rank), " but must have ",
                           shape_text(target.shape.data(), Rank), "; give one of the right shape, or an empty one");
        const detail::Shape4 all{1, 1, 1, tensor.size()};
        for (const Input& input : read)
            if (detail::overlap<Scalar>(input, {tensor.data(), all, detail::contiguous(all)}))
                detail::refuse(Op::name, ": ", target.what, " overlaps in memory what it is computed from; ",
                               "give it a tensor of its own");
    }
    static std::string shape_text(const Index* extents, std::size_t rank) {
        std::string text;
        for (std::size_t i = 0; i < rank; ++i) text += (i == 0 ? "(" : ", ") + std::to_string(extents[i]);
        return text + ")";
    }
    /// To write to, or to add to: then what was empty begins as zeros.
    template <std::size_t Rank, class Tensor>
    Scalar* make_target(const Target<Rank>& target, Tensor& tensor) const {
        if (!fits(target, tensor)) {
            typename Tensor::Dimensions dimensions;
            std::copy(target.shape.begin(), target.shape.end(), &dimensions[0]);
            tensor.resize(dimensions);
            if (wanted_.accumulate) tensor.setConstant(detail::number<Scalar>(0));
        }
        return tensor.data();
    }
    template <int Storage>
    detail::View<Scalar> make_input(Tensor4<Scalar, Storage>& input) const {
        make_target(of_input(), input);
        return detail::view_of<Layout>(Op::name, of_input().what, input);
    }
    template <int Storage>
    Targets targets(Result<Storage>& grads, std::initializer_list<Input> read) const {
        if (wanted_.weight) check_target(of_weight(), grads.weight, read);
        if (wanted_.bias) check_target(of_bias(), grads.bias, read);
        if (wanted_.input) check_target(of_input(), grads.input, read);
        Targets to;
        if (wanted_.weight) to.weight = make_target(of_weight(), grads.weight);
        if (wanted_.bias) to.bias = make_target(of_bias(), grads.bias);
        if (wanted_.input) to.input = make_input(grads.input);
        return to;
    }

    /// `grad` as it reaches the linear part: through the activation at what that part gives for x.
    Input linear(Input x, Input grad, const Op& op, const detail::Executor& executor) {
        if (problem_.activation == Activation::none) return grad;
        detail::FilterProblem problem = problem_;
        problem.activation = Activation::none;
        const detail::View<Scalar> sums = slopes(grad);
        if (!linear_) linear_.emplace(problem);
        linear_->pack(op.weight().data(), bias_ ? op.bias().data() : nullptr, executor);
        linear_->run(x, sums, executor);
        return through(detail::SlopeFrom::input, grad, sums, executor);
    }
    Input through(detail::SlopeFrom from, Input grad, Input value, const detail::Executor& executor) {
        if (problem_.activation == Activation::none) return grad;
        const detail::View<Scalar> to = slopes(grad);
        detail::Gradient<Scalar>::through(problem_.activation, from, grad, value, to, executor);
        return to;
    }
    /// Memory for a gradient that lies as this one does.
    detail::View<Scalar> slopes(Input grad) {
        slopes_.resize(static_cast<std::size_t>(grad.shape.size()));
        return {slopes_.data(), grad.shape, grad.stride};
    }

    void run(Input x, Input grad, const Op& op, const Targets& to, const detail::Executor& executor) {
        const bool input_is_fine = Op::direction == detail::Direction::to_coarse;
        if (to.bias != nullptr && bias_) detail::Gradient<Scalar>::bias(grad, to.bias, how(), executor);
        if (to.weight != nullptr)
            weight_.run(input_is_fine ? grad : x, input_is_fine ? x : grad, to.weight, how(), executor);
        if (to.input.data != nullptr) run_input(grad, op, to.input, executor);
    }

    void run_input(Input grad, const Op& op, detail::View<Scalar> to, const detail::Executor& executor) {
        input_->pack(op.weight().data(), nullptr, executor);
        if (!wanted_.accumulate) return input_->run(grad, to, executor);
        sums_.resize(static_cast<std::size_t>(to.shape.size()));
        input_->run(grad, {sums_.data(), to.shape, to.stride}, executor);
        constexpr Index piece = 1 << 14;
        const Index all = to.shape.size();
        executor((all + piece - 1) / piece, piece, [&](Index item) {
            for (Index i = item * piece; i < (std::min)((item + 1) * piece, all); ++i)
                to.data[i] = Scalar(to.data[i] + sums_[static_cast<std::size_t>(i)]);
        });
    }

    detail::FilterProblem problem_;
    bool bias_;
    GradientOptions wanted_;
    std::optional<detail::FilterPass<Scalar>> input_, linear_;  // to the input, if wanted; forward without activation
    detail::WeightGradient<Scalar> weight_;
    std::vector<Scalar> slopes_, sums_;  // the gradient through the activation; the input's, to be added
};

template <class Kind, class S, LayoutName L>
template <detail::InputTensor<S> X, detail::InputTensor<S> G, detail::Device D>
auto FilterOperator<Kind, S, L>::backward(const X& x, const G& grad_y, const D& device) const
    -> Gradients<S, detail::storage_of<X>> {
    Gradients<S, detail::storage_of<X>> grads;
    gradient_plan(Dims(x.dimensions()))(x, grad_y, *this, grads, device);
    return grads;
}

template <class Kind, class S, LayoutName L>
template <detail::InputTensor<S> G, detail::Device D>
auto FilterOperator<Kind, S, L>::backward_input(const G& grad_y, const Dims& x_dims, const D& device) const
    -> Tensor4<S, detail::storage_of<G>> {
    Tensor4<S, detail::storage_of<G>> gradient;
    gradient_plan(x_dims).input_gradient(grad_y, *this, gradient, device);
    return gradient;
}

template <class Kind, class S, LayoutName L>
template <detail::InputTensor<S> X, detail::InputTensor<S> G, detail::Device D>
auto FilterOperator<Kind, S, L>::backward_weight(const X& x, const G& grad_y, const D& device) const -> Weight {
    Gradients<S, detail::storage_of<X>> grads;
    gradient_plan(Dims(x.dimensions()), {.input = false, .bias = false})(x, grad_y, *this, grads, device);
    return std::move(grads.weight);
}

}  // namespace upconv
