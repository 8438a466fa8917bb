// PyTorch's ATen, in inference mode: contiguous and channels last. It makes its output anew each time.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <memory>

#include "peer.hpp"

namespace bench {
namespace {

struct State {
    at::Tensor x, weight, bias, y;
};

at::Tensor borrowed(const Buffer& buffer, at::IntArrayRef sizes, at::IntArrayRef strides) {
    return at::from_blob(const_cast<float*>(buffer.data()), sizes, strides, at::kFloat);
}

at::Tensor run(const Workload& w, const State& s) {
    const c10::InferenceMode inference;
    const at::IntArrayRef stride(w.stride), padding(w.padding), output_padding(w.output_padding), dilation(w.dilation);
    if (w.transposed())
        return at::conv_transpose2d(s.x, s.weight, s.bias, stride, padding, output_padding, w.groups, dilation);
    return at::conv2d(s.x, s.weight, s.bias, stride, padding, dilation, w.groups);
}

Candidate candidate(const Workload& w, const Operands& operands, Order order) {
    const bool last = order == Order::nhwc;
    const auto format = last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    const Index taps = w.k * w.k, inner = (w.transposed() ? w.oc : w.ic) / w.groups;
    const auto state = std::make_shared<State>();
    const c10::InferenceMode inference;
    const Index plane = w.ih * w.iw;
    if (last)
        state->x = borrowed(operands.x_nhwc, {w.n, w.ic, w.ih, w.iw}, {plane * w.ic, 1, w.iw * w.ic, w.ic});
    else
        state->x = borrowed(operands.x_nchw, {w.n, w.ic, w.ih, w.iw}, {plane * w.ic, plane, w.iw, 1});
    state->weight =
        borrowed(operands.weight, {w.transposed() ? w.ic : w.oc, inner, w.k, w.k}, {inner * taps, taps, w.k, 1})
            .contiguous(format);
    state->bias = borrowed(operands.bias, {w.oc}, {1});
    return {last ? "PyTorch nhwc" : "PyTorch nchw", order, [state, w] { state->y = run(w, *state); },
            [state, format] {
                state->y = state->y.contiguous(format);
                return static_cast<const float*>(state->y.data_ptr<float>());
            }};
}

}  // namespace

std::vector<Candidate> torch_candidates(const Workload& w, const Operands& operands, int threads) {
    at::set_num_threads(threads);
    return {candidate(w, operands, Order::nchw), candidate(w, operands, Order::nhwc)};
}

}  // namespace bench
