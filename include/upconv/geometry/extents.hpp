// Extents: from the words of a user (padding, same, valid, output padding, output size) to one Axis.
// Notation of the formulas: n input, m output, k kernel, s stride, d dilation, ke = (k - 1) d + 1.
#pragma once

#include <optional>

#include "../options/padding.hpp"
#include "axis.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// One axis as the options have it. Kernel, stride and dilation are at least 1, the input has at least one line.
struct AxisRequest {
    const char* op;  // "Conv2d", for messages
    AxisName name;
    Index input, kernel, stride, dilation;
    Padding::Rule rule;
    Index before, after;  // for Rule::sides

    constexpr Checked span() const { return Checked(kernel - 1) * dilation + 1; }
    /// What the filters of `input` coarse positions cover: (n - 1) s + ke.
    constexpr Checked natural() const { return Checked(input - 1) * stride + span(); }
};

/// Signed cells before and after the fine grid.
struct Sides {
    Checked before, after;
};

/// Refuses sizes with which any expression of Axis could leave 64 bits.
constexpr Axis checked_axis(const AxisRequest& request, const Axis& axis, Checked natural) {
    const Checked begin = axis.begin < 0 ? Checked(0) - axis.begin : Checked(axis.begin);
    if ((natural + axis.fine + begin + axis.stride + axis.dilation).overflow())
        refuse(request.op, ": the sizes leave ", index_width, " integers: ", request.name.extent, " ", request.input,
               ", kernel ", request.kernel, ", stride ", request.stride, ", dilation ", request.dilation, ", padding ",
               request.before, " + ", request.after, "; use smaller ones");
    return axis;
}

/// Steps that are never taken are 1: however long, the buffers of an engine know nothing of them.
constexpr Axis without_idle_steps(Axis axis) {
    if (axis.coarse == 1) axis.stride = 1;
    if (axis.kernel == 1) axis.dilation = 1;
    return axis;
}

/// The axis without extents, for what lies at any distance from the grids.
constexpr Axis unbounded_axis(const AxisRequest& request, Checked before) {
    const Axis axis{1, 1, request.kernel, request.stride, request.dilation, before.value()};
    return checked_axis(request, axis, before.then(axis.span()));
}

/// How a convolution pads. With `same`, P = max((ceil(n / s) - 1) s + ke - n, 0) cells, the odd one at the end
/// (Keras, TensorFlow, ONNX SAME_UPPER); with `same_lower` the odd one at the beginning.
constexpr Sides conv_sides(const AxisRequest& request) {
    switch (request.rule) {
        case Padding::Rule::sides:
            return {request.before, request.after};
        case Padding::Rule::valid:
            return {0, 0};
        case Padding::Rule::full:
            return {request.span() - 1, request.span() - 1};
        case Padding::Rule::same:
        case Padding::Rule::same_lower:
            break;
    }
    const Checked covered = Checked(ceil_div(request.input, request.stride) - 1) * request.stride + request.span();
    const Index total = std::max<Index>((covered - request.input).value(), 0);
    const Index lesser = total / 2;
    const Index before = request.rule == Padding::Rule::same ? lesser : total - lesser;
    return {covered.then(before), covered.then(total - before)};
}

/// Convolution: the input is the fine grid, m = floor((n + before + after - ke) / s) + 1.
constexpr Axis conv_axis(const AxisRequest& request) {
    const Sides sides = conv_sides(request);
    const Checked padded = Checked(request.input) + sides.before + sides.after;
    const Checked room = padded - request.span();
    const Checked enough = Checked(request.input) - room;  // the lines of input in which the kernel would just fit
    Axis axis{.coarse = 1,
              .fine = request.input,
              .kernel = request.kernel,
              .stride = request.stride,
              .dilation = request.dilation,
              .begin = sides.before.value()};
    if (enough.overflow() || sides.before.overflow()) return checked_axis(request, axis, enough + sides.before);
    if (room.value() < 0)
        refuse(request.op, ": the kernel spans ", request.span().value(), " ", request.name.lines, " (kernel ",
               request.kernel, ", dilation ", request.dilation, ") but the padded input has ", padded.value(), " (",
               request.name.extent, " ", request.input, ", padding ", sides.before.value(), " + ", sides.after.value(),
               "); pad by ", -room.value(), " more, or give at least ", enough.value(), " ", request.name.lines);
    axis.coarse = room.value() / request.stride + 1;
    return without_idle_steps(checked_axis(request, axis, Checked(axis.coarse - 1) * axis.stride + request.span()));
}

/// The size of a transposed convolution's output, and what its rule cuts off before it.
struct TransposedExtent {
    Checked output, before;
};

/// Without an output size: m = (n - 1) s + ke - before - after + output_padding for numbers. Keras's rules for the
/// others: `same` makes n s, `valid` (n - 1) s + max(ke, s); with an output padding (n - 1) s + (ke mod 2) + op and (n
/// - 1) s + ke + op. Under `same`, T = (n - 1) s + ke - m is cut, floor(T / 2) of it at the beginning and never less
/// than 0.
constexpr TransposedExtent transposed_extent(const AxisRequest& request, Index output_padding,
                                             std::optional<Index> output_size) {
    const Checked natural = request.natural(), span = request.span();
    const Checked whole = Checked(request.input - 1) * request.stride;
    TransposedExtent extent{0, 0};
    switch (request.rule) {
        case Padding::Rule::sides:
            extent = {natural - request.before - request.after + output_padding, request.before};
            break;
        case Padding::Rule::full:
            extent = {natural - (span - 1) - (span - 1) + output_padding, span - 1};
            break;
        case Padding::Rule::valid:
            extent.output = output_padding > 0 ? natural + output_padding
                                               : whole + span.then((std::max)(span.value(), request.stride));
            break;
        case Padding::Rule::same:
        case Padding::Rule::same_lower:
            extent.output =
                output_padding > 0 ? whole + span.then(span.value() % 2) + output_padding : whole + request.stride;
            break;
    }
    const bool lower = request.rule == Padding::Rule::same_lower;
    if (lower || request.rule == Padding::Rule::same) {
        const Checked cut = natural - (output_size ? Checked(*output_size) : extent.output);
        const Index half = lower ? ceil_div(cut.value(), 2) : floor_div(cut.value(), 2);
        extent.before = cut.then(std::max<Index>(half, 0));
    }
    return extent;
}

/// Transposed convolution: the input is the coarse grid. An output size may be any that the relation can make: the
/// excess or the shortage goes to the end (PyTorch's rule), and past the last tap there is less than max(s, d) of
/// excess.
constexpr Axis transposed_axis(const AxisRequest& request, Index output_padding, std::optional<Index> output_size) {
    const TransposedExtent extent = transposed_extent(request, output_padding, output_size);
    const Axis axis{.coarse = request.input,
                    .fine = output_size.value_or(extent.output.value()),
                    .kernel = request.kernel,
                    .stride = request.stride,
                    .dilation = request.dilation,
                    .begin = extent.before.value()};
    const Checked missing = Checked(1) - extent.output;  // lines, where positive
    if (missing.overflow() || extent.before.overflow() || request.natural().overflow())
        return checked_axis(request, axis, request.natural() + missing + extent.before);
    if (output_size) {
        const bool by_rule = request.rule == Padding::Rule::same || request.rule == Padding::Rule::same_lower;
        const Index made = by_rule ? request.natural().value() : extent.output.value();
        const Checked most = Checked(made) + ((std::max)(request.stride, request.dilation) - 1);
        if (*output_size < 1 || (!most.overflow() && *output_size > most.value()))
            refuse(request.op, ": output_size has ", *output_size, " ", request.name.lines, ", but ", request.input,
                   " of input (kernel ", request.kernel, ", stride ", request.stride, ", dilation ", request.dilation,
                   ") can make from 1 to ", most.value());
    } else if (axis.fine < 1) {
        refuse(request.op, ": the output would have ", axis.fine, " ", request.name.lines, " (", request.name.extent,
               " ", request.input, ", kernel ", request.kernel, ", stride ", request.stride, ", dilation ",
               request.dilation, ", padding ", request.before, " + ", request.after, ", output_padding ",
               output_padding, "); pad by ", missing.value(), " less");
    }
    return without_idle_steps(checked_axis(request, axis, request.natural()));
}

}  // namespace upconv::detail
