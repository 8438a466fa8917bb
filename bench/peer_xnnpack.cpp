// XNNPACK: NHWC, and in NCHW what it has of it.
#include <pthreadpool.h>
#include <xnnpack.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include "peer.hpp"

namespace bench {
namespace {

struct State {
    explicit State(const Workload& w) : y(w.output_size()) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (op != nullptr) xnn_delete_operator(op);
        if (pool != nullptr) pthreadpool_destroy(pool);
    }

    xnn_operator_t op = nullptr;
    pthreadpool_t pool = nullptr;  // null: the calling thread
    Buffer y;
};

/// [group, output, k, k, input].
Buffer reordered_weight(const Workload& w, const Buffer& weight) {
    const Index taps = w.k * w.k, ic = w.ic / w.groups, oc = w.oc / w.groups;
    Buffer result(weight.size());
    for (Index g = 0; g < w.groups; ++g)
        for (Index o = 0; o < oc; ++o)
            for (Index c = 0; c < ic; ++c)
                for (Index t = 0; t < taps; ++t)
                    result[((g * oc + o) * taps + t) * ic + c] =
                        weight[(w.transposed() ? (g * ic + c) * oc + o : (g * oc + o) * ic + c) * taps + t];
    return result;
}

std::uint32_t u32(Index value) { return static_cast<std::uint32_t>(value); }
std::size_t size(Index value) { return static_cast<std::size_t>(value); }

/// All of its convolutions are created from the same arguments.
template <class Create>
bool create(const Create& function, const Workload& w, const Operands& operands, State& state) {
    const Buffer weight = reordered_weight(w, operands.weight);
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const std::uint32_t p = u32(w.padding), k = u32(w.k), s = u32(w.stride), d = u32(w.dilation);
    return function(p, p, p, p, k, k, s, s, d, d, u32(w.groups), size(w.ic / w.groups), size(w.oc / w.groups),
                    size(w.ic), size(w.oc), weight.data(), operands.bias.data(), -infinity, infinity, 0U,
                    &state.op) == xnn_status_success;
}

std::shared_ptr<State> make(const Workload& w, const Operands& operands, Order order, int threads) {
    const auto state = std::make_shared<State>(w);
    if (threads > 1) state->pool = pthreadpool_create(size(threads));
    const float* x = operands.x(order).data();
    float* y = state->y.data();
    const std::size_t n = size(w.n), ih = size(w.ih), iw = size(w.iw);
    const std::uint32_t more = u32(w.output_padding);
    xnn_status status = xnn_status_unsupported_parameter;
    if (w.transposed() && order == Order::nhwc) {
        if (create(xnn_create_deconvolution2d_nhwc_f32, w, operands, *state))
            status = xnn_setup_deconvolution2d_nhwc_f32(state->op, n, ih, iw, more, more, x, y, state->pool);
    } else if (order == Order::nhwc) {
        if (create(xnn_create_convolution2d_nhwc_f32, w, operands, *state))
            status = xnn_setup_convolution2d_nhwc_f32(state->op, n, ih, iw, x, y, state->pool);
    } else if (!w.transposed()) {
        if (create(xnn_create_convolution2d_nchw_f32, w, operands, *state))
            status = xnn_setup_convolution2d_nchw_f32(state->op, n, ih, iw, x, y, state->pool);
    }
    return status == xnn_status_success ? state : nullptr;
}

}  // namespace

std::vector<Candidate> xnnpack_candidates(const Workload& w, const Operands& operands, int threads) {
    std::vector<Candidate> candidates;
    if (xnn_initialize(nullptr) != xnn_status_success) return candidates;
    for (const Order order : {Order::nhwc, Order::nchw})
        if (const auto state = make(w, operands, order, threads))
            candidates.push_back({order == Order::nhwc ? "XNNPACK nhwc" : "XNNPACK nchw", order,
                                  [s = state.get(), state] { xnn_run_operator(s->op, s->pool); },
                                  [state] { return std::as_const(state->y).data(); }});
    return candidates;
}

}  // namespace bench
