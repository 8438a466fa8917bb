// Relation: the two axes and the channels of one call, whole. Everything that kernels know about sizes.
#pragma once

#include <numeric>
#include <optional>

#include "extents.hpp"
#include "regions.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Weights are [coarse_channels, fine_channels / groups, rows.kernel, columns.kernel]; block q of the coarse channels
/// belongs to block q of the fine channels.
struct Relation {
    Axis rows, columns;
    Index coarse_channels = 1, fine_channels = 1, groups = 1;

    constexpr Index coarse_per_group() const { return coarse_channels / groups; }
    constexpr Index fine_per_group() const { return fine_channels / groups; }
    constexpr Index taps() const { return rows.kernel * columns.kernel; }
    constexpr Index weight_count() const { return coarse_channels * fine_per_group() * taps(); }

    constexpr Relation with_overhang() const {
        Relation extended = *this;
        extended.rows = rows.with_overhang();
        extended.columns = columns.with_overhang();
        return extended;
    }

    friend constexpr bool operator==(const Relation&, const Relation&) = default;
};

/// What both operators' options say about the filter, without the sizes of a call.
struct Filter {
    const char* op;  // "Conv2d", for messages
    Index in_channels, out_channels, groups;
    Size2 kernel, stride, dilation;
    Padding padding;

    constexpr AxisRequest rows(Index input) const {
        return {op, rows_axis, input, kernel.h, stride.h, dilation.h, padding.rule, padding.top, padding.bottom};
    }
    constexpr AxisRequest columns(Index input) const {
        return {op, columns_axis, input, kernel.w, stride.w, dilation.w, padding.rule, padding.left, padding.right};
    }
};

/// What only a transposed convolution has.
struct TransposedSize {
    Size2 output_padding;
    std::optional<Size2> output_size;
};

/// Refuses options that no input could make legal. `element` is the size of one weight in bytes.
constexpr void check_filter(const Filter& filter, Index element) {
    const auto positive = [&](const char* what, Size2 size) {
        if (size.h < 1 || size.w < 1) refuse(filter.op, ": ", what, " ", size, " must be at least 1 on each axis");
    };
    positive("kernel", filter.kernel);
    positive("stride", filter.stride);
    positive("dilation", filter.dilation);
    if (filter.groups < 1) refuse(filter.op, ": groups ", filter.groups, " must be at least 1");
    if (filter.in_channels < 1 || filter.out_channels < 1)
        refuse(filter.op, ": in_channels ", filter.in_channels, " and out_channels ", filter.out_channels,
               " must be at least 1");
    if (filter.in_channels % filter.groups != 0 || filter.out_channels % filter.groups != 0)
        refuse(filter.op, ": groups ", filter.groups, " must divide in_channels ", filter.in_channels,
               " and out_channels ", filter.out_channels, "; the largest that does is ",
               std::gcd(filter.in_channels, filter.out_channels));
    const Checked bytes = Checked(filter.in_channels) * (filter.out_channels / filter.groups) * filter.kernel.h *
                          filter.kernel.w * element;
    if (bytes.overflow() || filter.rows(1).span().overflow() || filter.columns(1).span().overflow())
        refuse(filter.op, ": the weights of ", filter.in_channels, " x ", filter.out_channels, " channels, kernel ",
               filter.kernel, ", dilation ", filter.dilation, " leave ", index_width, " sizes; use smaller ones");
}

/// Refuses an output padding that makes no sense: PyTorch's rule, smaller than the stride or than the dilation.
constexpr void check_output_padding(const Filter& filter, const TransposedSize& size) {
    const Size2 op = size.output_padding;
    if (op.h < 0 || op.w < 0) refuse(filter.op, ": output_padding ", op, " must not be negative");
    const bool rows_fit = op.h < filter.stride.h || op.h < filter.dilation.h;
    const bool columns_fit = op.w < filter.stride.w || op.w < filter.dilation.w;
    if (!rows_fit || !columns_fit)
        refuse(filter.op, ": output_padding ", op, " must be smaller than the stride ", filter.stride,
               " or the dilation ", filter.dilation, " on each axis");
    if (size.output_size && op != Size2(0))
        refuse(filter.op, ": output_padding ", op, " and output_size ", *size.output_size,
               " both choose the output's size; give one of them");
}

constexpr void check_input_extent(const Filter& filter, Size2 input) {
    if (input.h < 1 || input.w < 1)
        refuse(filter.op, ": the input has ", input.h, " rows and ", input.w, " columns; it needs at least 1 of each");
}

constexpr Relation conv_relation(const Filter& filter, Size2 input) {
    check_input_extent(filter, input);
    return {.rows = conv_axis(filter.rows(input.h)),
            .columns = conv_axis(filter.columns(input.w)),
            .coarse_channels = filter.out_channels,
            .fine_channels = filter.in_channels,
            .groups = filter.groups};
}

constexpr Relation transposed_relation(const Filter& filter, const TransposedSize& size, Size2 input) {
    check_input_extent(filter, input);
    const auto rows = size.output_size ? std::optional(size.output_size->h) : std::nullopt;
    const auto columns = size.output_size ? std::optional(size.output_size->w) : std::nullopt;
    return {.rows = transposed_axis(filter.rows(input.h), size.output_padding.h, rows),
            .columns = transposed_axis(filter.columns(input.w), size.output_padding.w, columns),
            .coarse_channels = filter.in_channels,
            .fine_channels = filter.out_channels,
            .groups = filter.groups};
}

}  // namespace upconv::detail
