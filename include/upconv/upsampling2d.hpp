// UpSampling2d: resizing by a fixed filter, up or down, each axis its own. What transposed convolution learns, this has
// given.
#pragma once

#include "engine.hpp"
#include "options.hpp"
#include "engine/resize_pass.hpp"
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
    explicit UpSampling2d(const UpSampling2dOptions& options, detail::OneAlignment<> = {}) : options_(options) {
        check_options();
    }

    const UpSampling2dOptions& options() const { return options_; }
    Index parameter_count() const { return 0; }

    Dims output_shape(const Dims& input) const {
        const auto [rows, columns] = axes(input);
        const detail::Shape4 shape = detail::shape_of<Layout>(input);
        return detail::dims_of<Layout>({shape.n, shape.c, rows.output, columns.output});
    }

    /// Two for each multiply-add of the two-dimensional sum; 0 where cells are only copied.
    double flops(const Dims& input) const;

    /// Which input rows and columns, with which weights, make each output row and column.
    std::pair<ResizeTable, ResizeTable> tables(const Dims& input) const {
        const auto [rows, columns] = axes(input);
        return {detail::resize_table(rows, rule()), detail::resize_table(columns, rule())};
    }

    Plan<detail::ResizePass<Scalar>, Layout> plan(const Dims& input) const {
        auto [rows, columns] = tables(input);
        return {name, pass(detail::shape_of<Layout>(input), std::move(rows), std::move(columns))};
    }

    /// The plan of backward_input(): from the output's gradient to the input's, for an input of these dimensions.
    Plan<detail::ResizePass<Scalar>, Layout> gradient_plan(const Dims& input) const {
        check_gradient();
        const auto [rows, columns] = tables(input);
        const detail::Shape4 shape = detail::shape_of<Layout>(input);
        return {name, pass({shape.n, shape.c, rows.outputs(), columns.outputs()}, detail::transposed(rows, shape.h),
                           detail::transposed(columns, shape.w))};
    }

    /// A new tensor, in the storage order of x.
    template <detail::InputTensor<Scalar> X, detail::Device D = Eigen::DefaultDevice>
    auto operator()(const X& x, const D& device = {}) const {
        detail::view_of<Layout>(name, "the input", x);
        return plan(Dims(x.dimensions()))(x, device);
    }

    /// Into y, which must have the right shape and share no memory with x.
    template <detail::InputTensor<Scalar> X, detail::OutputTensor<Scalar> Y, detail::Device D = Eigen::DefaultDevice>
    void operator()(const X& x, Y&& y, const D& device = {}) const {
        const Dims dims(x.dimensions());
        const detail::Shape4 output = detail::shape_of<Layout>(output_shape(dims));
        const auto input = detail::checked_view<Layout, Scalar>(name, "the input", x, detail::shape_of<Layout>(dims));
        detail::checked_output<Layout>(name, y, output, input);
        plan(dims)(x, y, device);
    }

    /// As a node of an Eigen expression: y.device(device) = x.customOp(up.op()). The operator must outlive the
    /// expression.
    ExpressionOp<UpSampling2d> op() const { return ExpressionOp<UpSampling2d>(*this); }

    /// The gradient of a loss with respect to the input, given its gradient with respect to y = up(x).
    template <detail::InputTensor<Scalar> X, detail::InputTensor<Scalar> G, detail::Device D = Eigen::DefaultDevice>
    InputGradient<Scalar, detail::storage_of<G>> backward(const X& x, const G& grad_y, const D& device = {}) const {
        return {backward_input(grad_y, Dims(x.dimensions()), device)};
    }

    template <detail::InputTensor<Scalar> G, detail::Device D = Eigen::DefaultDevice>
    Tensor4<Scalar, detail::storage_of<G>> backward_input(const G& grad_y, const Dims& x_dims,
                                                          const D& device = {}) const;

  private:
    void check_options() const;
    std::pair<detail::ResizeAxis, detail::ResizeAxis> axes(const Dims& input) const;

    void check_gradient() const {
        if (!detail::copies_cells(options_.mode) && std::integral<Scalar>)
            detail::refuse(name, ": the gradient has fractions, which uint8 cannot hold; use float");
    }

    static detail::ResizePass<Scalar> pass(const detail::Shape4& input, ResizeTable rows, ResizeTable columns) {
        constexpr bool last = Layout::c == 3 || Layout::c == 0;  // channels next to each other: NHWC and CWHN
        return {input, std::move(rows), std::move(columns),
                last ? detail::RowOf4::all_channels : detail::RowOf4::one_channel};
    }

    detail::ResizeRule rule() const {
        return {options_.mode, options_.coordinates, options_.antialias,
                options_.cubic_coefficient.value_or(options_.antialias ? -0.5 : -0.75),
                options_.border.value_or(options_.antialias ? ResizeBorder::drop : ResizeBorder::clamp)};
    }

    UpSampling2dOptions options_;
};

template <class S, LayoutName L>
void UpSampling2d<S, L>::check_options() const {
    const UpSampling2dOptions& o = options_;
    const bool smooth = detail::has_filter(o.mode);
    if (o.scale.has_value() == o.size.has_value())
        detail::refuse(name, ": give either scale or size, ", o.scale ? "not both" : "for example .scale = 2");
    if (!detail::copies_cells(o.mode) && std::integral<S> && !std::same_as<S, std::uint8_t>)
        detail::refuse(name,
                       ": integer scalars other than uint8 can only be copied; use nearest or nearest_exact, or float");
    if (!smooth && o.coordinates == Coordinates::align_corners)
        detail::refuse(name, ": align_corners is for bilinear, bicubic and lanczos3; leave coordinates out");
    if (o.antialias && (!smooth || o.coordinates != Coordinates::half_pixel))
        detail::refuse(name, ": antialias is for bilinear, bicubic and lanczos3 with half_pixel coordinates");
    if (o.border && !smooth)
        detail::refuse(name, ": border is for bilinear, bicubic and lanczos3, whose filters reach beside the input");
    constexpr double most = 1e6;  // with which no weight leaves the scalars, nor a sum of pictures its float
    if (o.cubic_coefficient && (o.mode != Interpolation::bicubic || !(std::abs(*o.cubic_coefficient) <= most)))
        detail::refuse(name, ": cubic_coefficient ", *o.cubic_coefficient, " is for bicubic, and must be finite, from ",
                       -most, " to ", most);
    const auto legal = [](double scale) { return scale > 0 && std::isfinite(scale); };
    if (o.scale && !(legal(o.scale->h) && legal(o.scale->w)))
        detail::refuse(name, ": scale (", o.scale->h, ", ", o.scale->w, ") must be positive and finite on each axis");
    if (o.size && (o.size->h < 1 || o.size->w < 1))
        detail::refuse(name, ": size ", *o.size, " must be at least 1 on each axis");
}

template <class S, LayoutName L>
std::pair<detail::ResizeAxis, detail::ResizeAxis> UpSampling2d<S, L>::axes(const Dims& input) const {
    detail::check_dims(name, "the input", input, sizeof(S));
    const detail::Shape4 shape = detail::shape_of<L>(input);
    if (shape.c < 1) detail::refuse(name, ": the input ", input, " has no channels; it needs at least 1");
    const Size2 size = options_.size.value_or(Size2(0));
    const auto scale = [&](double Scale2::*axis) {
        return options_.scale ? std::optional((*options_.scale).*axis) : std::nullopt;
    };
    const std::pair result(detail::resize_axis(name, detail::rows_axis, shape.h, scale(&Scale2::h), size.h),
                           detail::resize_axis(name, detail::columns_axis, shape.w, scale(&Scale2::w), size.w));
    detail::check_dims(name, "the output",
                       detail::dims_of<L>({shape.n, shape.c, result.first.output, result.second.output}), sizeof(S));
    return result;
}

template <class S, LayoutName L>
double UpSampling2d<S, L>::flops(const Dims& input) const {
    const auto [rows, columns] = tables(input);
    if (detail::copies_cells(options_.mode)) return 0;
    const auto row_terms = static_cast<double>(rows.weight.size());
    const auto column_terms = static_cast<double>(columns.weight.size());
    const detail::Shape4 shape = detail::shape_of<L>(input);
    return 2.0 * static_cast<double>(shape.n) * static_cast<double>(shape.c) * row_terms * column_terms;
}

template <class S, LayoutName L>
template <detail::InputTensor<S> G, detail::Device D>
auto UpSampling2d<S, L>::backward_input(const G& grad_y, const Dims& x_dims, const D& device) const
    -> Tensor4<S, detail::storage_of<G>> {
    detail::checked_view<L, S>(name, "the output's gradient", grad_y, detail::shape_of<L>(output_shape(x_dims)));
    const auto plan = gradient_plan(x_dims);
    Tensor4<S, detail::storage_of<G>> gradient(x_dims);
    plan(grad_y, gradient, device);
    return gradient;
}

/// The function form.
template <LayoutName Layout = NCHW, detail::TensorOfRank4 X, detail::Device D = Eigen::DefaultDevice>
auto upsample2d(const X& x, const UpSampling2dOptions& options, const D& device = {}) {
    return UpSampling2d<typename X::Scalar, Layout>(options)(x, device);
}

}  // namespace upconv
