// PyTorch's ATen, in inference mode, into a tensor that is there.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <array>

#include "resizer.hpp"

namespace bench {
namespace {

at::Tensor borrowed(const Buffer& buffer, Index extent, Order order) {
    const bool last = order == Order::nhwc;
    const std::array<std::int64_t, 4> sizes{1, 3, extent, extent};
    const std::array<std::int64_t, 4> planes{3 * extent * extent, extent * extent, extent, 1};
    const std::array<std::int64_t, 4> pixels{3 * extent * extent, 1, 3 * extent, 3};
    return at::from_blob(const_cast<float*>(buffer.data()), sizes, last ? pixels : planes, at::kFloat);
}

void forward(const Resize& r, const at::Tensor& x, at::Tensor& y) {
    const std::array<std::int64_t, 2> size{r.output_extent(), r.output_extent()};
    if (r.filter == Filter::nearest)
        at::upsample_nearest2d_out(y, x, size, r.scale, r.scale);
    else if (r.filter == Filter::bilinear && r.antialias)
        at::_upsample_bilinear2d_aa_out(y, x, size, false, r.scale, r.scale);
    else if (r.filter == Filter::bilinear)
        at::upsample_bilinear2d_out(y, x, size, false, r.scale, r.scale);
    else if (r.antialias)
        at::_upsample_bicubic2d_aa_out(y, x, size, false, r.scale, r.scale);
    else
        at::upsample_bicubic2d_out(y, x, size, false, r.scale, r.scale);
}

void backward(const Resize& r, const at::Tensor& x, at::Tensor& y) {
    const std::array<std::int64_t, 2> from{r.input_extent(), r.input_extent()};
    const std::array<std::int64_t, 4> to{1, 3, r.output_extent(), r.output_extent()};
    if (r.filter == Filter::nearest)
        at::upsample_nearest2d_backward_out(y, x, from, to, r.scale, r.scale);
    else if (r.filter == Filter::bilinear && r.antialias)
        at::_upsample_bilinear2d_aa_backward_out(y, x, from, to, false, r.scale, r.scale);
    else if (r.filter == Filter::bilinear)
        at::upsample_bilinear2d_backward_out(y, x, from, to, false, r.scale, r.scale);
    else if (r.antialias)
        at::_upsample_bicubic2d_aa_backward_out(y, x, from, to, false, r.scale, r.scale);
    else
        at::upsample_bicubic2d_backward_out(y, x, from, to, false, r.scale, r.scale);
}

}  // namespace

std::vector<Resizer> torch_resizers(const Resize& r, const Pictures& pictures, int threads) {
    at::set_num_threads(threads);
    const at::Tensor x = borrowed(pictures.x, r.input_extent(), pictures.order);
    at::Tensor y = borrowed(pictures.y, r.output_extent(), pictures.order);
    return {{"PyTorch", [=]() mutable {
                 const c10::InferenceMode inference;
                 r.gradient ? backward(r, x, y) : forward(r, x, y);
             }}};
}

}  // namespace bench
