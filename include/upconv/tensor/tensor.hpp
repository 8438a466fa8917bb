// Eigen tensors as strided views: what is accepted, and the checks that Eigen itself does not make (it takes negative
// extents, and a product that leaves 64 bits gives a size of 0).
#pragma once

#include <cstdint>
#include <unsupported/Eigen/CXX11/Tensor>

#include "../geometry/integer.hpp"
#include "layout.hpp"
#include "scalar.hpp"

namespace upconv {

template <class Scalar, int Storage = Eigen::RowMajor>
using Tensor4 = Eigen::Tensor<Scalar, 4, Storage>;

}  // namespace upconv

namespace upconv::detail::inline UPCONV_BUILD {

static_assert(std::is_same_v<Index, Eigen::Index>, "upconv needs Eigen::Index to be std::ptrdiff_t, its default");

template <class X>
using Bare = std::remove_cvref_t<X>;

/// An Eigen::Tensor, TensorMap or TensorFixedSize with 4 dimensions. Expressions have no memory: evaluate them into a
/// tensor first, or use x.customOp(up.op()).
template <class X>
concept TensorOfRank4 = requires(const Bare<X>& x) {
    x.data();
    x.dimensions();
}
&&Bare<X>::NumDimensions == 4;

/// The tensor's scalar is the operator's own.
template <class X, class Scalar>
concept SameScalar = std::same_as<std::remove_cv_t<typename Bare<X>::Scalar>, Scalar>;

/// What operator() and the gradients read.
template <class X, class Scalar>
concept InputTensor = TensorOfRank4<X> && SameScalar<X, Scalar>;

/// Not const, and not a map of const elements.
template <class Y>
concept WritableTensor = !std::is_const_v<std::remove_reference_t<Y>> &&
                         !std::is_const_v<std::remove_pointer_t<decltype(std::declval<Y&>().data())>>;

template <class Y, class Scalar>
concept OutputTensor = InputTensor<Y, Scalar> && WritableTensor<Y>;

/// Storage order of a tensor or expression type: Eigen::RowMajor or Eigen::ColMajor.
template <class X>
inline constexpr int storage_of = static_cast<int>(Eigen::internal::traits<Bare<X>>::Layout);

/// Refuses negative extents and tensors of 2^63 bytes or more.
inline void check_dims(const char* op, const char* what, const Dims& dims, Index element) {
    Checked bytes = element;
    for (Index extent : dims) {
        if (extent < 0) refuse(op, ": ", what, " ", dims, " has a negative extent");
        bytes = bytes * std::max<Index>(extent, 1);
    }
    if (bytes.overflow()) refuse(op, ": ", what, " ", dims, " leaves ", index_width, " sizes; use a smaller one");
}

/// Refuses a pointer that is not aligned for its scalar.
template <class Element>
void check_alignment(const char* op, const char* what, const Element* data) {
    if (reinterpret_cast<std::uintptr_t>(data) % alignof(Element) != 0)
        refuse(op, ": the memory of ", what, " is not aligned to the ", Index(alignof(Element)),
               " bytes of its scalar");
}

/// The tensor by the names of layout L. Refuses what check_dims() and check_alignment() refuse, and numbers nowhere.
template <LayoutName L, TensorOfRank4 X>
auto view_of(const char* op, const char* what, X& x) {
    using Element = std::remove_pointer_t<decltype(x.data())>;
    const Dims dims(x.dimensions());
    check_dims(op, what, dims, sizeof(Element));
    check_alignment(op, what, x.data());
    if (x.data() == nullptr && x.size() > 0)
        refuse(op, ": ", what, " ", dims, " is at the address null; give it memory of ", Index(x.size()), " numbers");
    Dims stride;
    Index step = 1;
    for (std::size_t k = 0; k < 4; ++k) {
        const std::size_t d = storage_of<X> == Eigen::RowMajor ? 3 - k : k;
        stride[d] = step;
        step *= dims[d];
    }
    return View<Element>{x.data(), shape_of<L>(dims), shape_of<L>(stride)};
}

template <class T>
bool overlap(View<const T> a, View<const T> b) {
    const auto begin = [](const View<const T>& v) { return reinterpret_cast<std::uintptr_t>(v.data); };
    const auto end = [&](const View<const T>& v) {
        return begin(v) + static_cast<std::size_t>(v.shape.size()) * sizeof(T);
    };
    return a.shape.size() > 0 && b.shape.size() > 0 && begin(a) < end(b) && begin(b) < end(a);
}

/// Refuses a tensor of another shape than the plan or the options say.
template <LayoutName L>
void check_shape(const char* op, const char* what, const Shape4& shape, const Shape4& expected) {
    if (shape != expected)
        refuse(op, ": ", what, " has the shape ", dims_of<L>(shape), " but must have ", dims_of<L>(expected), " (",
               L::name, ")");
}

/// What a call reads.
template <LayoutName L, class T, TensorOfRank4 X>
View<const T> checked_view(const char* op, const char* what, const X& x, const Shape4& expected) {
    const View<const T> view = view_of<L>(op, what, x);
    check_shape<L>(op, what, view.shape, expected);
    return view;
}

/// What a call writes: no part of what it reads.
template <LayoutName L, class T, TensorOfRank4 Y>
View<T> checked_output(const char* op, Y& y, const Shape4& expected, View<const T> input) {
    const View<T> output = view_of<L>(op, "the output", y);
    check_shape<L>(op, "the output", output.shape, expected);
    if (overlap<T>(input, output)) refuse(op, ": the output overlaps the input in memory; give it memory of its own");
    return output;
}

}  // namespace upconv::detail
