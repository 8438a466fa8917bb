// Layout: the order of a tensor's four dimensions, by name. The only place that knows it.
#pragma once

#include <array>
#include <unsupported/Eigen/CXX11/Tensor>

#include "../kernel/view.hpp"

namespace upconv {

/// Extents in the order of a layout. Made from four numbers or from any Eigen dimensions; usable to construct an Eigen
/// tensor.
struct Dims : std::array<Index, 4> {
    constexpr Dims() : std::array<Index, 4>{} {}
    constexpr Dims(Index d0, Index d1, Index d2, Index d3) : std::array<Index, 4>{d0, d1, d2, d3} {}

    template <class D>
    requires(!std::same_as<D, Dims>) && requires(const D& d) { static_cast<Index>(d[0]); }
    constexpr Dims(const D& d)
        : Dims(static_cast<Index>(d[0]), static_cast<Index>(d[1]), static_cast<Index>(d[2]), static_cast<Index>(d[3])) {
    }

    /// Eigen's array where it is not the standard's: under EIGEN_AVOID_STL_ARRAY.
    template <class A>
    requires(std::same_as<A, Eigen::array<Index, 4>> && !std::same_as<A, std::array<Index, 4>>) operator A() const {
        return {(*this)[0], (*this)[1], (*this)[2], (*this)[3]};
    }
};

inline std::string to_text(const Dims& d) { return detail::joined("(", d[0], ", ", d[1], ", ", d[2], ", ", d[3], ")"); }

/// PyTorch's and ONNX's order.
struct NCHW {
    static constexpr int n = 0, c = 1, h = 2, w = 3;
    static constexpr const char* name = "NCHW";
};
/// Keras's and TensorFlow's order.
struct NHWC {
    static constexpr int n = 0, h = 1, w = 2, c = 3;
    static constexpr const char* name = "NHWC";
};
/// NCHW mirrored: the same memory in Eigen's column-major default.
struct WHCN {
    static constexpr int w = 0, h = 1, c = 2, n = 3;
    static constexpr const char* name = "WHCN";
};
/// NHWC mirrored: the same memory in Eigen's column-major default.
struct CWHN {
    static constexpr int c = 0, w = 1, h = 2, n = 3;
    static constexpr const char* name = "CWHN";
};

template <class L>
concept LayoutName = requires {
    L::n + L::c + L::h + L::w;
};

}  // namespace upconv

namespace upconv::detail::inline UPCONV_BUILD {

template <LayoutName L>
constexpr Shape4 shape_of(const Dims& dims) {
    return {dims[L::n], dims[L::c], dims[L::h], dims[L::w]};
}

template <LayoutName L>
constexpr Dims dims_of(const Shape4& shape) {
    Dims dims;
    dims[L::n] = shape.n;
    dims[L::c] = shape.c;
    dims[L::h] = shape.h;
    dims[L::w] = shape.w;
    return dims;
}

}  // namespace upconv::detail
