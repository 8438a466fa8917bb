// View: a 4-D tensor as a pointer, four extents and four strides. All that a kernel sees of a tensor, whatever its
// layout.
#pragma once

#include <type_traits>

#include "../options/error.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Extents by name, whatever the order in memory.
struct Shape4 {
    Index n = 0, c = 0, h = 0, w = 0;

    constexpr Index size() const { return n * c * h * w; }
    friend constexpr bool operator==(const Shape4&, const Shape4&) = default;
};

/// Strides are in elements.
template <class T>
struct View {
    T* data = nullptr;
    Shape4 shape, stride;

    T& operator()(Index n, Index c, Index h, Index w) const {
        return data[n * stride.n + c * stride.c + h * stride.h + w * stride.w];
    }

    operator View<const T>() const requires(!std::is_const_v<T>) { return {data, shape, stride}; }
};

/// Strides of a tensor that lies in memory as n, c, h, w with w fastest.
constexpr Shape4 contiguous(const Shape4& shape) {
    return {shape.c * shape.h * shape.w, shape.h * shape.w, shape.w, 1};
}

}  // namespace upconv::detail
