// UpSampling2d: resizing by a fixed filter, up or down, each axis its own. What transposed convolution learns, this has
// given.
#pragma once

#include "engine.hpp"
#include "options.hpp"
#include "plan/resize_pass.hpp"
#include "tensor/alignment.hpp"
#include "tensor/plan.hpp"

namespace upconv {

/// What backward() returns: there are no weights.
template <class Scalar, int Storage>
struct InputGradient {
    Tensor4<Scalar, Storage> input;
};

/// Output extent floor(n * scale), or the given size. With a given scale the grid's step is that scale; with a given
/// size it is the ratio of the extents, in integer arithmetic. `nearest` and `nearest_exact` take any scalar, the other
/// modes one with fractions, or the uint8 of pictures, where sums are rounded half up as in PIL and kept in 0 to 255.
template <class Scalar_, LayoutName Layout_ = NCHW>
class UpSampling2d {
  public:
    using Scalar = Scalar_;
    using Layout = Layout_;
    static constexpr const char* name = "UpSampling2d";

    /// Throws ShapeError for options that no input could make legal.
    explicit UpSampling2d(const UpSampling2dOptions& options, OneAlignment<> = {}) : options_(options) {
        check_options();
    }

    const UpSampling2dOptions& options() const { return options_; }
    Index parameter_count() const { return 0; }

    Dims output_shape(const Dims& input) const {
        const auto [rows, columns] = axes(input);
        const Shape4 shape = shape_of<Layout>(input);
        return dims_of<Layout>({shape.n, shape.c, rows.output, columns.output});
    }

    /// Two for each multiply-add of the two-dimensional sum; 0 where cells are only copied.
    double flops(const Dims& input) const;

    /// Which input rows and columns, with which weights, make each output row and column.
    std::pair<ResizeTable, ResizeTable> tables(const Dims& input) const {
        const auto [rows, columns] = axes(input);
        return {resize_table(rows, rule()), resize_table(columns, rule())};
    }

    Plan<ResizePass<Scalar>, Layout> plan(const Dims& input) const {
        auto [rows, columns] = tables(input);
        return {name, pass(shape_of<Layout>(input), std::move(rows), std::move(columns))};
    }

    /// The plan of backward_input(): from the output's gradient to the input's, for an input of these dimensions.
    Plan<ResizePass<Scalar>, Layout> gradient_plan(const Dims& input) const {
        check_gradient();
        const auto [rows, columns] = tables(input);
        const Shape4 shape = shape_of<Layout>(input);
        return {name, pass({shape.n, shape.c, rows.outputs(), columns.outputs()}, transposed(rows, shape.h),
                           transposed(columns, shape.w))};
    }

    /// A new tensor, in the storage order of x.
    template <InputTensor<Scalar> X, Device D = Eigen::DefaultDevice>
    auto operator()(const X& x, const D& device = {}) const {
        view_of<Layout>(name, "the input", x);
        return plan(Dims(x.dimensions()))(x, device);
    }

    /// Into y, which must have the right shape and share no memory with x.
    template <InputTensor<Scalar> X, OutputTensor<Scalar> Y, Device D = Eigen::DefaultDevice>
    void operator()(const X& x, Y&& y, const D& device = {}) const {
        const Dims dims(x.dimensions());
        const Shape4 output = shape_of<Layout>(output_shape(dims));
        const auto input = checked_view<Layout, Scalar>(name, "the input", x, shape_of<Layout>(dims));
        checked_output<Layout>(name, y, output, input);
        plan(dims)(x, y, device);
    }

    /// As a node of an Eigen expression: y.device(device) = x.customOp(up.op()). The operator must outlive the
    /// expression.
    ExpressionOp<UpSampling2d> op() const { return ExpressionOp<UpSampling2d>(*this); }

    /// The gradient of a loss with respect to the input, given its gradient with respect to y = up(x).
    template <InputTensor<Scalar> X, InputTensor<Scalar> G, Device D = Eigen::DefaultDevice>
    InputGradient<Scalar, storage_of<G>> backward(const X& x, const G& grad_y, const D& device = {}) const {
        return {backward_input(grad_y, Dims(x.dimensions()), device)};
    }

    template <InputTensor<Scalar> G, Device D = Eigen::DefaultDevice>
    Tensor4<Scalar, storage_of<G>> backward_input(const G& grad_y, const Dims& x_dims, const D& device = {}) const;

  private:
    void check_options() const;
    std::pair<ResizeAxis, ResizeAxis> axes(const Dims& input) const;

    void check_gradient() const {
        if (!copies_cells(options_.mode) && std::integral<Scalar>)
            refuse(name, ": the gradient has fractions, which uint8 cannot hold; use float");
    }

    static ResizePass<Scalar> pass(const Shape4& input, ResizeTable rows, ResizeTable columns) {
        constexpr bool last = Layout::c == 3 || Layout::c == 0;  // channels next to each other: NHWC and CWHN
        return {input, std::move(rows), std::move(columns), last ? RowOf4::all_channels : RowOf4::one_channel};
    }

    ResizeRule rule() const {
        return {options_.mode, options_.coordinates, options_.antialias,
                options_.cubic_coefficient.value_or(options_.antialias ? -0.5 : -0.75),
                options_.border.value_or(options_.antialias ? ResizeBorder::drop : ResizeBorder::clamp)};
    }

    UpSampling2dOptions options_;
};

template <class S, LayoutName L>
void UpSampling2d<S, L>::check_options() const {
    const UpSampling2dOptions& o = options_;
    const bool smooth = has_filter(o.mode);
    if (o.scale.has_value() == o.size.has_value())
        refuse(name, ": give either scale or size, ", o.scale ? "not both" : "for example .scale = 2");
    if (!copies_cells(o.mode) && std::integral<S> && !std::same_as<S, std::uint8_t>)
        refuse(name, ": integer scalars other than uint8 can only be copied; use nearest or nearest_exact, or float");
    if (!smooth && o.coordinates == Coordinates::align_corners)
        refuse(name, ": align_corners is for bilinear, bicubic and lanczos3; leave coordinates out");
    if (o.antialias && (!smooth || o.coordinates != Coordinates::half_pixel))
        refuse(name, ": antialias is for bilinear, bicubic and lanczos3 with half_pixel coordinates");
    if (o.border && !smooth)
        refuse(name, ": border is for bilinear, bicubic and lanczos3, whose filters reach beside the input");
    constexpr double most = 1e6;  // with which no weight leaves the scalars, nor a sum of pictures its float
    if (o.cubic_coefficient && (o.mode != Interpolation::bicubic || !(std::abs(*o.cubic_coefficient) <= most)))
        refuse(name, ": cubic_coefficient ", *o.cubic_coefficient, " is for bicubic, and must be finite, from ", -most,
               " to ", most);
    const auto legal = [](double scale) { return scale > 0 && std::isfinite(scale); };
    if (o.scale && !(legal(o.scale->h) && legal(o.scale->w)))
        refuse(name, ": scale (", o.scale->h, ", ", o.scale->w, ") must be positive and finite on each axis");
    if (o.size && (o.size->h < 1 || o.size->w < 1))
        refuse(name, ": size ", *o.size, " must be at least 1 on each axis");
}

template <class S, LayoutName L>
std::pair<ResizeAxis, ResizeAxis> UpSampling2d<S, L>::axes(const Dims& input) const {
    check_dims(name, "the input", input, sizeof(S));
    const Shape4 shape = shape_of<L>(input);
    if (shape.c < 1) refuse(name, ": the input ", input, " has no channels; it needs at least 1");
    const Size2 size = options_.size.value_or(Size2(0));
    const auto scale = [&](double Scale2::*axis) {
        return options_.scale ? std::optional((*options_.scale).*axis) : std::nullopt;
    };
    const std::pair result(resize_axis(name, rows_axis, shape.h, scale(&Scale2::h), size.h),
                           resize_axis(name, columns_axis, shape.w, scale(&Scale2::w), size.w));
    check_dims(name, "the output", dims_of<L>({shape.n, shape.c, result.first.output, result.second.output}),
               sizeof(S));
    return result;
}

template <class S, LayoutName L>
double UpSampling2d<S, L>::flops(const Dims& input) const {
    const auto [rows, columns] = tables(input);
    if (copies_cells(options_.mode)) return 0;
    const auto row_terms = static_cast<double>(rows.weight.size());
    const auto column_terms = static_cast<double>(columns.weight.size());
    const Shape4 shape = shape_of<L>(input);
    return 2.0 * static_cast<double>(shape.n) * static_cast<double>(shape.c) * row_terms * column_terms;
}

template <class S, LayoutName L>
template <InputTensor<S> G, Device D>
auto UpSampling2d<S, L>::backward_input(const G& grad_y, const Dims& x_dims, const D& device) const
    -> Tensor4<S, storage_of<G>> {
    checked_view<L, S>(name, "the output's gradient", grad_y, shape_of<L>(output_shape(x_dims)));
    const auto plan = gradient_plan(x_dims);
    Tensor4<S, storage_of<G>> gradient(x_dims);
    plan(grad_y, gradient, device);
    return gradient;
}

/// The function form.
template <LayoutName Layout = NCHW, TensorOfRank4 X, Device D = Eigen::DefaultDevice>
auto upsample2d(const X& x, const UpSampling2dOptions& options, const D& device = {}) {
    return UpSampling2d<typename X::Scalar, Layout>(options)(x, device);
}

}  // namespace upconv
