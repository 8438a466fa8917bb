// pixel_shuffle and pixel_unshuffle: channels as pixels (sub-pixel convolution, Shi et al. 2016) and back.
#pragma once

#include "kernel/shuffle.hpp"
#include "tensor/device.hpp"
#include "tensor/tensor.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

inline void check_shuffle(const char* op, Size2 factor) {
    if (factor.h < 1 || factor.w < 1) refuse(op, ": factor ", factor, " must be at least 1 on each axis");
}

}  // namespace upconv::detail

namespace upconv {

/// [n, c * f.h * f.w, h, w] -> [n, c, h * f.h, w * f.w] for any scalar, a new tensor in the storage order of x.
/// TensorFlow's depth_to_space with ShuffleOrder::rrc. Throws ShapeError where f.h * f.w does not divide the channels.
template <LayoutName Layout = NCHW, detail::TensorOfRank4 X, detail::Device D = Eigen::DefaultDevice>
auto pixel_shuffle(const X& x, Size2 factor, ShuffleOrder order = ShuffleOrder::crr, const D& device = {}) {
    constexpr const char* op = "pixel_shuffle";
    using Scalar = typename X::Scalar;
    detail::check_shuffle(op, factor);
    const auto depth = detail::view_of<Layout>(op, "the input", x);
    const detail::Checked block = detail::Checked(factor.h) * factor.w;
    if (block.overflow() || depth.shape.c % block.value() != 0)
        detail::refuse(op, ": factor ", factor, " makes one channel of ", factor.h, " * ", factor.w,
                       ", but the input has ", depth.shape.c, " channels, which is no multiple of that");
    const detail::Checked h = detail::Checked(depth.shape.h) * factor.h, w = detail::Checked(depth.shape.w) * factor.w;
    if (h.overflow() || w.overflow())
        detail::refuse(op, ": the output of factor ", factor, " leaves ", detail::index_width, " sizes");
    const Dims dims = detail::dims_of<Layout>({depth.shape.n, depth.shape.c / block.value(), h.value(), w.value()});
    detail::check_dims(op, "the output", dims, sizeof(Scalar));
    Tensor4<Scalar, detail::storage_of<X>> y(dims);
    const auto space = detail::view_of<Layout>(op, "the output", y);
    if (y.size() == 0) return y;  // and no memory to point into
    detail::executor_of(device)(
        depth.shape.n * depth.shape.c, static_cast<double>(depth.shape.h * depth.shape.w), [&](Index item) {
            detail::shuffle_channel(depth, space, item / depth.shape.c, item % depth.shape.c, factor, order,
                                    [](const Scalar& from, Scalar& to) { to = from; });
        });
    return y;
}

/// The way back, [n, c, h, w] -> [n, c * f.h * f.w, h / f.h, w / f.w]; also the gradient of pixel_shuffle. Throws
/// ShapeError where the factor does not divide height and width.
template <LayoutName Layout = NCHW, detail::TensorOfRank4 X, detail::Device D = Eigen::DefaultDevice>
auto pixel_unshuffle(const X& x, Size2 factor, ShuffleOrder order = ShuffleOrder::crr, const D& device = {}) {
    constexpr const char* op = "pixel_unshuffle";
    using Scalar = typename X::Scalar;
    detail::check_shuffle(op, factor);
    const auto space = detail::view_of<Layout>(op, "the input", x);
    if (space.shape.h % factor.h != 0 || space.shape.w % factor.w != 0)
        detail::refuse(op, ": factor ", factor, " must divide the height ", space.shape.h, " and the width ",
                       space.shape.w);
    const detail::Checked c = detail::Checked(factor.h) * factor.w * space.shape.c;
    if (c.overflow()) detail::refuse(op, ": the output of factor ", factor, " leaves ", detail::index_width, " sizes");
    const Dims dims =
        detail::dims_of<Layout>({space.shape.n, c.value(), space.shape.h / factor.h, space.shape.w / factor.w});
    detail::check_dims(op, "the output", dims, sizeof(Scalar));
    Tensor4<Scalar, detail::storage_of<X>> y(dims);
    const auto depth = detail::view_of<Layout>(op, "the output", y);
    if (y.size() == 0) return y;
    detail::executor_of(device)(depth.shape.n * c.value(), static_cast<double>(depth.shape.h * depth.shape.w),
                                [&](Index item) {
                                    detail::shuffle_channel(depth, space, item / c.value(), item % c.value(), factor,
                                                            order, [](Scalar& to, const Scalar& from) { to = from; });
                                });
    return y;
}

}  // namespace upconv
