// Padding: how a user says where the filter starts, in the words of every framework. Only extents.hpp turns it into
// numbers.
#pragma once

#include "size2.hpp"

namespace upconv {

/// Signed cells at the four sides, or a rule. On a convolution a number adds cells around the input (negative: crops
/// it). On a transposed convolution it is what the adjoint convolution would have padded: a number crops the output.
struct Padding {
    enum class Rule { sides, same, same_lower, valid, full };

    Rule rule = Rule::sides;
    Index top = 0, bottom = 0, left = 0, right = 0;

    constexpr Padding() = default;
    /// The same number on all four sides.
    constexpr Padding(Count auto all) : Padding(all, all, all, all) {}
    /// {vertical, horizontal}.
    constexpr Padding(Count auto vertical, Count auto horizontal)
        : Padding(vertical, vertical, horizontal, horizontal) {}
    /// {top, bottom, left, right}.
    constexpr Padding(Count auto t, Count auto b, Count auto l, Count auto r)
        : top(static_cast<Index>(t)),
          bottom(static_cast<Index>(b)),
          left(static_cast<Index>(l)),
          right(static_cast<Index>(r)) {}

    /// Keras's and TensorFlow's `same`, ONNX's SAME_UPPER: convolution to ceil(n / s), transposed to n * s.
    static const Padding same;
    /// ONNX's SAME_LOWER: as `same`, an odd cell goes to the beginning.
    static const Padding same_lower;
    /// No padding; on a transposed convolution Keras's `valid`: never smaller than n * s.
    static const Padding valid;
    /// Every position where filter and input touch: (k - 1) d on each side.
    static const Padding full;

    friend constexpr bool operator==(const Padding&, const Padding&) = default;

  private:
    constexpr explicit Padding(Rule r) : rule(r) {}
};

inline constexpr Padding Padding::same{Padding::Rule::same};
inline constexpr Padding Padding::same_lower{Padding::Rule::same_lower};
inline constexpr Padding Padding::valid{Padding::Rule::valid};
inline constexpr Padding Padding::full{Padding::Rule::full};

/// What stands in the cells around the fine grid. On a transposed convolution: the adjoint of the padded convolution,
/// so what falls outside the output is dropped (zeros) or added to the cell that it mirrors, repeats or wraps to.
enum class PaddingMode { zeros, reflect, replicate, circular };

}  // namespace upconv
