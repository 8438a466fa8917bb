// Resample: UpSampling2d, and with the transposed tables its gradient. Reference, any scalar.
//
//     output[n, c, i, j] = sum over a, b of  row_weight[a] * column_weight[b] * input[n, c, row_source[a],
//     column_source[b]]
#pragma once

#include <cstdint>

#include "scalar.hpp"
#include "view.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Weighted sums of T are formed in ResizeSum<T>; pictures in uint8 in float.
template <class T>
using ResizeSum = std::conditional_t<std::same_as<T, std::uint8_t>, float, AccumulatorOf<T>>;

/// A sum as it is stored: for uint8 floor(sum + 0.5), kept in 0 to 255 (NaN cannot come of uint8).
template <class T, class Acc>
constexpr T rounded(const Acc& sum) {
    if constexpr (std::same_as<T, std::uint8_t>)
        return static_cast<T>(sum < 0 ? Acc(0) : sum < 255 ? sum + Acc(0.5) : Acc(255));
    else
        return narrow<T>(sum);
}

/// The terms of one output cell along one axis.
struct Terms {
    const Index* source;
    const double* weight;
    Index count;
};

/// One output cell that is a sum; a sum of 0 is +0.
template <class T>
T resample_cell(View<const T> input, Index n, Index c, Terms rows, Terms columns) {
    using Acc = ResizeSum<T>;
    if (rows.count == 0 || columns.count == 0) return number<T>(0);
    const auto row_sum = [&](Index i) {
        Acc sum = number<Acc>(columns.weight[0]) * widen<Acc>(input(n, c, i, columns.source[0]));
        for (Index b = 1; b < columns.count; ++b)
            sum += number<Acc>(columns.weight[b]) * widen<Acc>(input(n, c, i, columns.source[b]));
        return sum;
    };
    Acc sum = number<Acc>(rows.weight[0]) * row_sum(rows.source[0]);
    for (Index a = 1; a < rows.count; ++a) sum += number<Acc>(rows.weight[a]) * row_sum(rows.source[a]);
    return rounded<T>(sum + number<Acc>(0));
}

}  // namespace upconv::detail
