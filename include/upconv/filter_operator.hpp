// FilterOperator: what Conv2d and ConvTranspose2d have in common, which is everything but the way they choose their
// geometry and the direction in which they walk it. conv2d.hpp and conv_transpose2d.hpp give it that as `Kind`. Its
// gradients are defined in gradient_plan.hpp, its regions in filter_regions.hpp.
#pragma once

#include "engine.hpp"
#include "engine/filter_pass.hpp"
#include "init.hpp"
#include "options.hpp"
#include "tensor/alignment.hpp"
#include "tensor/plan.hpp"

namespace upconv {

template <class Scalar>
using WeightTensor = Eigen::Tensor<Scalar, 4, Eigen::RowMajor>;
template <class Scalar>
using BiasTensor = Eigen::Tensor<Scalar, 1, Eigen::RowMajor>;

/// What backward() returns: the gradients of the loss with respect to the input, the weights and the bias (empty
/// without one).
template <class Scalar, int Storage>
struct Gradients {
    Tensor4<Scalar, Storage> input;
    WeightTensor<Scalar> weight;
    BiasTensor<Scalar> bias;
};

}  // namespace upconv

namespace upconv::detail::inline UPCONV_BUILD {

/// The options of either operator as geometry has them.
template <class Kind>
Filter filter_of(const typename Kind::Options& o) {
    return {Kind::name, o.in_channels, o.out_channels, o.groups, o.kernel, o.stride, o.dilation, o.padding};
}

}  // namespace upconv::detail

namespace upconv {

template <class Op>
class GradientPlan;

/// Holds options, weights and bias. Use it as a function: up(x), up(x, y), up(x, y, device); or plan() once and run the
/// plan. Several threads may use one operator at once as long as none changes its weights.
template <class Kind, class Scalar_, LayoutName Layout_ = NCHW>
class FilterOperator {
  public:
    using Scalar = Scalar_;
    using Layout = Layout_;
    using Options = typename Kind::Options;
    using Weight = WeightTensor<Scalar>;
    using Bias = BiasTensor<Scalar>;
    static constexpr const char* name = Kind::name;
    static constexpr detail::Direction direction = Kind::direction;

    /// Weights start as PyTorch's layers do, kaiming_uniform with slope sqrt(5) and seed 0; the bias starts at 0, and
    /// so do weights of whole numbers, which cannot hold the fractions. Throws ShapeError for options that no input
    /// could make legal.
    explicit FilterOperator(const Options& options, detail::OneAlignment<> = {});

    /// With weights of either storage order, shaped as weight() is, and a bias of out_channels numbers (or an empty
    /// one).
    template <class W, class B>
    FilterOperator(const Options& options, const W& weight, const B& bias, detail::OneAlignment<> = {});

    const Options& options() const { return options_; }
    /// Conv2d: [out, in / groups, kh, kw]. ConvTranspose2d: [in, out / groups, kh, kw]. Row-major.
    Weight& weight() { return weight_; }
    const Weight& weight() const { return weight_; }
    /// [out], or [0] without bias.
    Bias& bias() { return bias_; }
    const Bias& bias() const { return bias_; }

    Dims output_shape(const Dims& input) const { return detail::dims_of<Layout>(problem(input).output_shape()); }
    Index parameter_count() const {
        check_parameters();
        return weight_.size() + bias_.size();
    }
    /// Two for each multiply-add of the definition, those in the padding counted too.
    double flops(const Dims& input) const { return problem(input).flops(); }
    /// Throws ShapeError unless weight() and bias(), which can be assigned, still have the shapes that the options say.
    /// Whatever uses them asks here first.
    void check_parameters() const;
    /// The geometry of a call, checked.
    detail::FilterProblem problem(const Dims& input) const;

    /// Decides everything that does not depend on the numbers of a call. Copies the weights.
    Plan<detail::FilterPass<Scalar>, Layout> plan(const Dims& input) const { return planned(problem(input), {}); }

    /// A new tensor, in the storage order of x.
    template <detail::InputTensor<Scalar> X, detail::Device D = Eigen::DefaultDevice>
    auto operator()(const X& x, const D& device = {}) const {
        detail::view_of<Layout>(name, "the input", x);
        return planned(problem(Dims(x.dimensions())), detail::executor_of(device))(x, device);
    }

    /// Into y, which must have the right shape and share no memory with x.
    template <detail::InputTensor<Scalar> X, detail::OutputTensor<Scalar> Y, detail::Device D = Eigen::DefaultDevice>
    void operator()(const X& x, Y&& y, const D& device = {}) const {
        const detail::FilterProblem shapes = problem(Dims(x.dimensions()));
        const auto input = detail::checked_view<Layout, Scalar>(name, "the input", x, shapes.input_shape());
        detail::checked_output<Layout>(name, y, shapes.output_shape(), input);
        planned(shapes, detail::executor_of(device))(x, y, device);
    }

    /// As a node of an Eigen expression: y.device(device) = x.customOp(up.op()). The operator must outlive the
    /// expression.
    ExpressionOp<FilterOperator> op() const { return ExpressionOp<FilterOperator>(*this); }

    /// Decides everything about the gradients that does not depend on the numbers of a call, nor on the weights: one
    /// plan for a whole training.
    GradientPlan<FilterOperator> gradient_plan(const Dims& input, const GradientOptions& wanted = {}) const {
        return {*this, input, wanted};
    }

    /// The gradients of a loss, given its gradient with respect to y = up(x). For complex scalars: without conjugation.
    template <detail::InputTensor<Scalar> X, detail::InputTensor<Scalar> G, detail::Device D = Eigen::DefaultDevice>
    Gradients<Scalar, detail::storage_of<X>> backward(const X& x, const G& grad_y, const D& device = {}) const;

    /// The gradient of the input alone. With an activation it depends on x: use backward().
    template <detail::InputTensor<Scalar> G, detail::Device D = Eigen::DefaultDevice>
    Tensor4<Scalar, detail::storage_of<G>> backward_input(const G& grad_y, const Dims& x_dims,
                                                          const D& device = {}) const;

    /// The gradient of the weights alone.
    template <detail::InputTensor<Scalar> X, detail::InputTensor<Scalar> G, detail::Device D = Eigen::DefaultDevice>
    Weight backward_weight(const X& x, const G& grad_y, const D& device = {}) const;

    /// The input that a part of the output needs, half open. With dims parts and results are clipped to their grids.
    /// Without, negative positions lie in the padding, and what leaves 64 bits is refused.
    Region input_region(const Region& output) const;
    Region input_region(const Region& output, const Dims& input) const;
    /// The output that a part of the input can touch.
    Region output_region(const Region& input) const;
    Region output_region(const Region& part, const Dims& input) const;

  private:
    detail::Filter filter() const { return detail::filter_of<Kind>(options_); }
    detail::Shape4 weight_shape() const;
    Index bias_size() const { return options_.bias ? options_.out_channels : 0; }
    void check_options() const;
    void check_weight(const detail::Shape4& shape) const;
    void check_bias(Index size) const;
    detail::FilterPass<Scalar> forward_pass(const detail::FilterProblem& problem,
                                            const detail::Executor& executor) const;
    Plan<detail::FilterPass<Scalar>, Layout> planned(const detail::FilterProblem& problem,
                                                     const detail::Executor& executor) const {
        return {name, forward_pass(problem, executor)};
    }

    static Size2 extent(const detail::Shape4& shape) { return {shape.h, shape.w}; }
    static Region input_region(const detail::Axis& rows, const detail::Axis& columns, const Region& output) {
        return direction == detail::Direction::to_coarse ? detail::fine_region(name, rows, columns, output)
                                                         : detail::coarse_region(name, rows, columns, output);
    }
    static Region output_region(const detail::Axis& rows, const detail::Axis& columns, const Region& input) {
        return direction == detail::Direction::to_coarse ? detail::coarse_region(name, rows, columns, input)
                                                         : detail::fine_region(name, rows, columns, input);
    }

    Options options_;
    Weight weight_;
    Bias bias_;
};

// Construction and checks.

template <class Kind, class S, LayoutName L>
FilterOperator<Kind, S, L>::FilterOperator(const Options& options, detail::OneAlignment<>) : options_(options) {
    check_options();
    const detail::Shape4 shape = weight_shape();
    weight_.resize(shape.n, shape.c, shape.h, shape.w);
    bias_.resize(bias_size());
    if constexpr (std::integral<S>)
        init::zeros(*this);
    else
        init::kaiming_uniform(*this, {.negative_slope = std::sqrt(5.0)});
}

template <class Kind, class S, LayoutName L>
template <class W, class B>
FilterOperator<Kind, S, L>::FilterOperator(const Options& options, const W& weight, const B& bias,
                                           detail::OneAlignment<>)
    : options_(options) {
    check_options();
    const auto from = detail::view_of<NCHW>(name, "the weight", weight);
    check_weight(from.shape);
    check_bias(bias.size());
    detail::check_alignment(name, "the bias", bias.data());
    weight_.resize(from.shape.n, from.shape.c, from.shape.h, from.shape.w);
    for (Index o = 0; o < from.shape.n; ++o)
        for (Index c = 0; c < from.shape.c; ++c)
            for (Index i = 0; i < from.shape.h; ++i)
                for (Index j = 0; j < from.shape.w; ++j) weight_(o, c, i, j) = from(o, c, i, j);
    bias_.resize(bias.size());
    std::copy(bias.data(), bias.data() + bias.size(), bias_.data());
}

template <class Kind, class S, LayoutName L>
void FilterOperator<Kind, S, L>::check_options() const {
    detail::check_filter(filter(), sizeof(S));
    Kind::check(filter(), options_);
    detail::check_activation<S>(name, options_.activation);
}

template <class Kind, class S, LayoutName L>
detail::Shape4 FilterOperator<Kind, S, L>::weight_shape() const {
    const bool coarse_is_output = direction == detail::Direction::to_coarse;
    const Index coarse = coarse_is_output ? options_.out_channels : options_.in_channels;
    const Index fine = coarse_is_output ? options_.in_channels : options_.out_channels;
    return {coarse, fine / options_.groups, options_.kernel.h, options_.kernel.w};
}

template <class Kind, class S, LayoutName L>
void FilterOperator<Kind, S, L>::check_weight(const detail::Shape4& shape) const {
    const detail::Shape4 expected = weight_shape();
    if (shape == expected) return;
    const detail::Shape4 swapped{expected.c * options_.groups, expected.n / options_.groups, expected.h, expected.w};
    detail::refuse(name, ": the weight has the shape ", detail::dims_of<NCHW>(shape), " but must have ",
                   detail::dims_of<NCHW>(expected), ", ", Kind::weight_order,
                   shape == swapped ? "; this looks like " : "", shape == swapped ? Kind::other_weight_order : "");
}

template <class Kind, class S, LayoutName L>
void FilterOperator<Kind, S, L>::check_bias(Index size) const {
    if (size != bias_size())
        detail::refuse(name, ": the bias has ", size, " numbers but must have ", bias_size(),
                       options_.bias ? ", one an output channel" : ", since the options say bias = false");
}

template <class Kind, class S, LayoutName L>
void FilterOperator<Kind, S, L>::check_parameters() const {
    const auto& d = weight_.dimensions();
    check_weight({d[0], d[1], d[2], d[3]});
    check_bias(bias_.size());
}

template <class Kind, class S, LayoutName L>
detail::FilterProblem FilterOperator<Kind, S, L>::problem(const Dims& input) const {
    detail::check_dims(name, "the input", input, sizeof(S));
    const detail::Shape4 shape = detail::shape_of<L>(input);
    if (shape.c != options_.in_channels)
        detail::refuse(name, ": the input ", input, " (", L::name, ") has ", shape.c, " channels but in_channels is ",
                       options_.in_channels,
                       input[L::c == 1 ? 3 : 1] == options_.in_channels && (L::c == 1 || L::c == 3)
                           ? (L::c == 1 ? "; for channels last use the layout NHWC" : "; for channels first use NCHW")
                           : "");
    const detail::FilterProblem problem{
        .relation = Kind::relation(filter(), options_, {shape.h, shape.w}),
        .direction = direction,
        .n = shape.n,
        .mode = options_.padding_mode,
        .activation = options_.activation,
        .algorithm = options_.algorithm,
        .neighbours = L::c == 3 || L::c == 0 ? detail::Neighbours::channels : detail::Neighbours::columns};
    detail::check_workspace<S>(name, problem);
    return problem;
}

template <class Kind, class S, LayoutName L>
detail::FilterPass<S> FilterOperator<Kind, S, L>::forward_pass(const detail::FilterProblem& problem,
                                                               const detail::Executor& executor) const {
    check_parameters();
    return {problem, weight_.data(), options_.bias ? bias_.data() : nullptr, executor};
}

}  // namespace upconv
