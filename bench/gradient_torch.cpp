// PyTorch's gradients: contiguous and channels last. It makes its results anew each time.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <memory>

#include "gradient_peer.hpp"

namespace bench {
namespace {

struct State {
    at::Tensor x, grad, weight, result;
};

at::Tensor borrowed(const Buffer& buffer, Index n, Index c, Index h, Index w, bool last) {
    const std::vector<Index> strides =
        last ? std::vector<Index>{h * w * c, 1, w * c, c} : std::vector<Index>{c * h * w, h * w, w, 1};
    return at::from_blob(const_cast<float*>(buffer.data()), {n, c, h, w}, at::IntArrayRef(strides), at::kFloat);
}

at::Tensor run(Gradient gradient, const Workload& w, const State& s) {
    const c10::InferenceMode inference;
    const bool all = gradient == Gradient::backward, input = all || gradient == Gradient::input;
    const auto results =
        at::convolution_backward(s.grad, s.x, s.weight, at::IntArrayRef(w.oc), at::IntArrayRef({w.stride, w.stride}),
                                 at::IntArrayRef({w.padding, w.padding}), at::IntArrayRef({w.dilation, w.dilation}),
                                 w.transposed(), at::IntArrayRef({w.output_padding, w.output_padding}), w.groups,
                                 {input, all || gradient == Gradient::weights, all});
    return gradient == Gradient::input ? std::get<0>(results) : std::get<1>(results);
}

Candidate candidate(Gradient gradient, const Workload& w, const GradientOperands& operands, Order order) {
    const bool last = order == Order::nhwc;
    const auto format = last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    const auto state = std::make_shared<State>();
    const c10::InferenceMode inference;
    const Index inner = (w.transposed() ? w.oc : w.ic) / w.groups;
    state->x = borrowed(operands.x(order), w.n, w.ic, w.ih, w.iw, last);
    state->grad = borrowed(operands.grad(order), w.n, w.oc, w.oh(), w.ow(), last);
    state->weight =
        borrowed(operands.weight(), w.transposed() ? w.ic : w.oc, inner, w.k, w.k, false).contiguous(format);
    const auto as_read = gradient == Gradient::input ? format : at::MemoryFormat::Contiguous;
    return {last ? "PyTorch nhwc" : "PyTorch nchw", order,
            [state, w, gradient] { state->result = run(gradient, w, *state); },
            [state, as_read] {
                state->result = state->result.contiguous(as_read);
                return static_cast<const float*>(state->result.data_ptr<float>());
            }};
}

}  // namespace

std::vector<Candidate> torch_gradients(Gradient gradient, const Workload& w, const GradientOperands& operands,
                                       int threads) {
    at::set_num_threads(threads);
    return {candidate(gradient, w, operands, Order::nchw), candidate(gradient, w, operands, Order::nhwc)};
}

}  // namespace bench
