// oneDNN, direct convolutions: in its own layout, in NHWC, and from NCHW to NCHW with the conversion or without.
#include <memory>
#include <optional>
#include <unordered_map>

#include "onednn.hpp"
#include "peer.hpp"

namespace bench {
namespace {

using namespace onednn;

struct State : Session {
    dnnl::primitive primitive;
    std::unordered_map<int, memory> arguments;
    memory x, y;            // as the caller has them
    memory own_x, own_y;    // as the primitive has them: the same, where it can
    bool converts = false;  // each run, from x and into y

    memory converted(memory from, const memory::desc& to) {
        memory result = like(from, to);
        if (result != from) copy(from, result);
        return result;
    }
};

/// What the caller holds, what the primitive is asked for, and who pays the way between them.
struct Variant {
    const char* name;
    Order order;
    Tag outside, inside;
    bool converts;
};

constexpr Variant variants[] = {
    {"oneDNN", Order::own, Tag::nchw, Tag::any, false},
    {"oneDNN nhwc", Order::nhwc, Tag::nhwc, Tag::nhwc, false},
    {"oneDNN nchw, converted", Order::nchw, Tag::nchw, Tag::any, true},
    {"oneDNN nchw", Order::nchw, Tag::nchw, Tag::nchw, false},
};

template <class Forward>
std::shared_ptr<State> make(const Variant& v, const Workload& w, const Operands& operands, dnnl::algorithm algorithm) {
    const auto state = std::make_shared<State>();
    const Shapes shapes(w);
    const auto chosen =
        onednn::forward<Forward>(state->engine, dnnl::prop_kind::forward_inference, algorithm, shapes, v.inside);
    if (is_reference(chosen)) return nullptr;
    state->primitive = Forward(chosen);
    state->x = state->plain(shapes.x, v.outside, operands.x(v.order).data());
    state->own_x = state->converted(state->x, chosen.src_desc());
    state->y = memory(desc(shapes.y, v.outside), state->engine);
    state->own_y = state->like(state->y, chosen.dst_desc());
    state->converts = v.converts;
    state->arguments = {
        {DNNL_ARG_SRC, state->own_x},
        {DNNL_ARG_WEIGHTS, state->converted(state->plain(shapes.weight, shapes.weight_tag, operands.weight.data()),
                                            chosen.weights_desc())},
        {DNNL_ARG_BIAS, state->plain(shapes.bias, Tag::x, operands.bias.data())},
        {DNNL_ARG_DST, state->own_y},
    };
    return state;
}

std::optional<Candidate> candidate(const Variant& v, const Workload& w, const Operands& operands) try {
    const auto state = w.transposed()
                           ? make<dnnl::deconvolution_forward>(v, w, operands, dnnl::algorithm::deconvolution_direct)
                           : make<dnnl::convolution_forward>(v, w, operands, dnnl::algorithm::convolution_direct);
    if (state == nullptr) return std::nullopt;
    const auto run = [s = state.get(), state] {
        if (s->converts && s->own_x != s->x) s->copy(s->x, s->own_x);
        s->primitive.execute(s->stream, s->arguments);
        s->stream.wait();
        if (s->converts && s->own_y != s->y) s->copy(s->own_y, s->y);
    };
    const auto output = [state] {
        if (state->own_y != state->y) state->copy(state->own_y, state->y);
        return static_cast<const float*>(state->y.get_data_handle());
    };
    return Candidate{v.name, v.order, run, output};
} catch (const dnnl::error&) {
    return std::nullopt;  // it has no such operation
}

}  // namespace

std::vector<Candidate> onednn_candidates(const Workload& w, const Operands& operands, int threads) {
    set_threads(threads);  // before the primitives: they are planned for as many
    std::vector<Candidate> candidates;
    for (const Variant& v : variants)
        if (auto c = candidate(v, w, operands)) candidates.push_back(std::move(*c));
    return candidates;
}

}  // namespace bench
