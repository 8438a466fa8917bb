// Inspect: what an operator does, in numbers and words, before it runs.
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "conv2d.hpp"
#include "conv_transpose2d.hpp"
#include "geometry/phases.hpp"
#include "upsampling2d.hpp"

namespace upconv {

/// How many filter taps reach each pixel of the output, (output height, output width), for an input of height x width:
/// the checkerboard, before training. Even in the middle if and only if gcd(stride, dilation) is 1 and the stride
/// divides the kernel.
inline Eigen::Tensor<Index, 2, Eigen::RowMajor> overlap_map(const ConvTranspose2dOptions& options, Index height,
                                                            Index width) {
    ConvTranspose2dOptions one = options;  // channels do not matter, and need not be given
    one.in_channels = one.out_channels = one.groups = 1;
    const detail::Filter filter = detail::filter_of<detail::TransposedConvolution>(one);
    detail::check_filter(filter, 1);
    detail::TransposedConvolution::check(filter, one);
    const detail::Relation r = detail::TransposedConvolution::relation(filter, one, {height, width});
    const detail::Shape4 shape{1, 1, r.rows.fine, r.columns.fine};
    detail::check_dims(filter.op, "the overlap map", detail::dims_of<NCHW>(shape), sizeof(Index));
    Eigen::Tensor<Index, 2, Eigen::RowMajor> map(shape.h, shape.w);
    for (Index i = 0; i < shape.h; ++i)
        for (Index j = 0; j < shape.w; ++j) map(i, j) = detail::overlap(r.rows, i) * detail::overlap(r.columns, j);
    return map;
}

/// Of each tap of an axis, which of the phases that any tap reaches it belongs to; in the order of the phases.
struct TapPhases {
    std::vector<Index> of_tap;
    Index count;

    TapPhases(Index kernel, Index stride, Index dilation) {
        std::vector<Index> reached;
        for (Index tap = 0; tap < kernel; ++tap) of_tap.push_back(tap * dilation % stride);
        reached = of_tap;
        std::sort(reached.begin(), reached.end());
        reached.erase(std::unique(reached.begin(), reached.end()), reached.end());
        count = static_cast<Index>(reached.size());
        for (Index& phase : of_tap) phase = std::lower_bound(reached.begin(), reached.end(), phase) - reached.begin();
    }
};

/// 0 when a constant input gives a constant output away from the border, from the weights: for each pair of channels
/// the taps of each phase are summed, and (largest - smallest) / |mean| over the phases is what shows. Returns the
/// worst pair's, infinity if its mean is 0.
template <class Scalar, class Layout>
double checkerboard_index(const ConvTranspose2d<Scalar, Layout>& up) {
    up.check_parameters();
    const auto& o = up.options();
    const auto& weight = up.weight();
    const double phases = static_cast<double>(o.stride.h) * static_cast<double>(o.stride.w);
    const TapPhases rows(o.kernel.h, o.stride.h, o.dilation.h), columns(o.kernel.w, o.stride.w, o.dilation.w);
    std::vector<double> sums(static_cast<std::size_t>(rows.count * columns.count));  // of all other phases 0
    const bool all_reached = static_cast<double>(sums.size()) == phases;
    double worst = 0;
    for (Index c = 0; c < weight.dimension(0); ++c)
        for (Index f = 0; f < weight.dimension(1); ++f) {
            std::fill(sums.begin(), sums.end(), 0);
            for (Index i = 0; i < o.kernel.h; ++i)
                for (Index j = 0; j < o.kernel.w; ++j) {
                    const Index phase = rows.of_tap[static_cast<std::size_t>(i)] * columns.count +
                                        columns.of_tap[static_cast<std::size_t>(j)];
                    sums[static_cast<std::size_t>(phase)] += static_cast<double>(weight(c, f, i, j));
                }
            const auto [least, most] = std::minmax_element(sums.begin(), sums.end());
            const double low = all_reached ? *least : (std::min)(*least, 0.0);
            const double high = all_reached ? *most : (std::max)(*most, 0.0);
            const double mean = std::accumulate(sums.begin(), sums.end(), 0.0) / phases;
            if (high > low) worst = (std::max)(worst, (high - low) / std::abs(mean));
        }
    return worst;
}

namespace detail::inline UPCONV_BUILD::text {

/// 1234567 as "1,234,567".
inline std::string thousands(Index number) {
    const std::string digits = std::to_string(number);
    std::string grouped;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) grouped += ',';
        grouped += digits[i];
    }
    return grouped;
}

inline std::string padded(std::string cell, std::size_t width) {
    if (cell.size() < width) cell.append(width - cell.size(), ' ');
    return cell;
}

/// Where one axis puts what: "output row = 2 * input row + tap - 1".
inline std::string formula(const Axis& axis, bool transposed, std::string_view line) {
    const auto scaled = [](Index factor, const std::string& word) {
        return factor == 1 ? word : joined(factor, " * ", word);
    };
    const std::string coarse = joined(transposed ? "input " : "output ", line);
    const std::string fine = joined(transposed ? "output " : "input ", line);
    const std::string shift = axis.begin == 0 ? "" : joined(axis.begin > 0 ? " - " : " + ", std::abs(axis.begin));
    return joined(fine, " = ", scaled(axis.stride, coarse), " + ", scaled(axis.dilation, "tap"), shift);
}

/// Fine positions among which every overlap of an axis occurs, and each of them where it is nearest the middle: within
/// a phase overlaps change only where the stretch of positions that a tap reaches begins or ends. Ascending.
inline std::vector<Index> telling_positions(const Axis& axis) {
    const Index middle = axis.fine / 2, stride = axis.stride;
    std::vector<Index> positions{middle};
    const auto add = [&](Index fine) {
        if (fine >= 0 && fine < axis.fine) positions.push_back(fine);
    };
    for (Index tap = 0; tap < axis.kernel; ++tap) {
        const Index first = axis.fine_at(0, tap), last = axis.fine_at(axis.coarse - 1, tap);
        const Index near = middle - floor_mod(middle - first, stride);
        for (Index fine : {floor_mod(first, stride), first, last, near}) add(fine);
        for (Index fine : {first - stride, last + stride, near + stride}) add(fine);
    }
    // Of more phases than taps, one has none.
    for (Index fine = 0; fine < (std::min)(phase_count(axis, Direction::to_fine), axis.kernel + 1); ++fine) add(fine);
    std::sort(positions.begin(), positions.end());
    return positions;
}

/// The smallest and the largest overlap of an axis, over its whole fine grid.
inline Range overlap_bounds(const Axis& axis) {
    Range bounds{overlap(axis, 0), overlap(axis, 0)};
    for (Index fine : telling_positions(axis)) {
        bounds.begin = (std::min)(bounds.begin, overlap(axis, fine));
        bounds.end = (std::max)(bounds.end, overlap(axis, fine));
    }
    return bounds;
}

/// The terms of one fine row of a transposed convolution: "w[0] x[1] + w[2] x[0]".
inline std::string terms(const Axis& axis, Index fine) {
    std::string sum;
    const Phase phase = fine_phase(axis, fine % axis.stride);
    for (Index a = 0; a < phase.taps; ++a) {
        const Index coarse = phase.at(fine / axis.stride, a);
        if (coarse < 0 || coarse >= axis.coarse) continue;
        sum += joined(sum.empty() ? "" : " + ", "w[", phase.tap(a), "] x[", coarse, "]");
    }
    return sum;
}

/// The fine row nearest the middle that sums as many taps as any: the one to show.
inline Index telling_row(const Axis& axis) {
    const Index most = overlap_bounds(axis).end, middle = axis.fine / 2;
    Index best = 0;
    for (Index fine : telling_positions(axis))
        if (overlap(axis, fine) == most &&
            (overlap(axis, best) < most || std::abs(fine - middle) < std::abs(best - middle)))
            best = fine;
    return best;
}

/// What the two ends of an axis cut off, or where filters reach beyond the grid: "rows 1 + 0".
inline std::string ends(const Axis& axis, std::string_view lines) {
    return joined(lines, " ", axis.begin, " + ", axis.natural() - axis.begin - axis.fine);
}

}  // namespace detail::text

/// In words and numbers: shapes, the formula of both axes, one output row's sum, what is cropped or padded, overlap,
/// arithmetic.
template <class Kind, class Scalar, LayoutName L>
std::string explain(const FilterOperator<Kind, Scalar, L>& op, const Dims& input) {
    const bool transposed = op.direction == detail::Direction::to_fine;
    op.check_parameters();
    const detail::FilterProblem problem = op.problem(input);
    const detail::Relation& r = problem.relation;
    std::string s = detail::joined(op.name, " ", L::name, ": ", input, " -> ", op.output_shape(input), "\n");
    s += detail::joined("  weight ", Dims(op.weight().dimensions()), " ", Kind::weight_order, ", ",
                        detail::text::thousands(op.parameter_count()), " parameters\n");
    s += detail::joined("  ", detail::text::formula(r.rows, transposed, "row"), "\n");
    s += detail::joined("  ", detail::text::formula(r.columns, transposed, "column"), "\n");
    if (transposed) {
        const Index row = detail::text::telling_row(r.rows);
        const Range rows = detail::text::overlap_bounds(r.rows), columns = detail::text::overlap_bounds(r.columns);
        s += detail::joined("  along the rows, output row ", row, " = ", detail::text::terms(r.rows, row), "\n");
        s += detail::joined("  cropped from ", Size2(r.rows.natural(), r.columns.natural()), ": ",
                            detail::text::ends(r.rows, "rows"), ", ", detail::text::ends(r.columns, "columns"),
                            " (negative: beyond the last tap)\n");
        s += detail::joined("  taps that reach an output pixel: ", rows.begin * columns.begin, " to ",
                            rows.end * columns.end, rows.begin * columns.begin == 0 ? " (0: the bias alone)\n" : "\n");
    } else {
        s += detail::joined("  padded: ", detail::text::ends(r.rows, "rows"), ", ",
                            detail::text::ends(r.columns, "columns"), " (negative: lines that no tap reads)\n");
        s += detail::joined("  an output pixel sums ", detail::text::thousands(r.fine_per_group() * r.taps()),
                            " products\n");
    }
    return s +
           detail::joined("  ", problem.flops() / 1e6, " MFLOP by ", detail::FilterPass<Scalar>::text(problem), "\n");
}

/// What a resize does: shapes, and the input cells with their weights of an output row and column in the middle.
template <class Scalar, LayoutName L>
std::string explain(const UpSampling2d<Scalar, L>& up, const Dims& input) {
    std::string s =
        detail::joined(up.name, " ", L::name, ": ", input, " -> ", up.output_shape(input), ", no parameters\n");
    const auto [rows, columns] = up.tables(input);
    const auto line = [&](const ResizeTable& table, std::string_view word) {
        const Index middle = table.outputs() / 2;
        s += detail::joined("  output ", word, " ", middle, " = ");
        for (Index t = table.first[static_cast<std::size_t>(middle)];
             t < table.first[static_cast<std::size_t>(middle) + 1]; ++t)
            s += detail::joined(t == table.first[static_cast<std::size_t>(middle)] ? "" : " + ",
                                table.weight[static_cast<std::size_t>(t)], " x[",
                                table.source[static_cast<std::size_t>(t)], "]");
        s += "\n";
    };
    line(rows, "row");
    line(columns, "column");
    return s + detail::joined("  ", up.flops(input) / 1e6, " MFLOP\n");
}

/// A chain of operators as Keras prints it: layer, output shape, parameters. All have the layout of `input`.
template <class... Ops>
std::string summary(const Dims& input, const Ops&... ops) {
    const std::string rule = detail::joined(std::string(60, '='), "\n");
    std::string table =
        detail::joined(detail::text::padded("Layer", 20), detail::text::padded("Output shape", 28), "Param #\n", rule);
    Dims shape = input;
    Index total = 0, number = 0;
    const auto row = [&](const auto& op) {
        shape = op.output_shape(shape);
        total += op.parameter_count();
        table += detail::joined(detail::text::padded(detail::joined(++number, " ", op.name), 20),
                                detail::text::padded(to_text(shape), 28), detail::text::thousands(op.parameter_count()),
                                "\n");
    };
    (row(ops), ...);
    return detail::joined(table, rule, "Total params: ", detail::text::thousands(total), "\n");
}

}  // namespace upconv
