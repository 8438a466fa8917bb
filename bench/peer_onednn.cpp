// oneDNN, direct convolutions: in its own layout, in NHWC, and from NCHW to NCHW with the conversion or without.
#include <dlfcn.h>

#include <cstring>
#include <dnnl.hpp>
#include <memory>
#include <optional>
#include <unordered_map>

#include "peer.hpp"

namespace bench {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

/// Of whichever OpenMP it is that the library came with.
void set_threads(int threads) {
    if (void* function = dlsym(RTLD_DEFAULT, "omp_set_num_threads")) reinterpret_cast<void (*)(int)>(function)(threads);
}

memory::desc desc(const memory::dims& dims, Tag tag) { return {dims, memory::data_type::f32, tag}; }

struct State {
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};
    dnnl::primitive primitive;
    std::unordered_map<int, memory> arguments;
    memory x, y;            // as the caller has them
    memory own_x, own_y;    // as the primitive has them: the same, where it can
    bool converts = false;  // each run, from x and into y

    memory plain(const memory::dims& dims, Tag tag, const float* data) const {
        return {desc(dims, tag), engine, const_cast<float*>(data)};  // oneDNN's handles are not const
    }
    void copy(memory& from, memory& to) {
        dnnl::reorder(from, to).execute(stream, from, to);
        stream.wait();
    }
    memory converted(memory from, const memory::desc& to) {
        if (from.get_desc() == to) return from;
        memory result(to, engine);
        copy(from, result);
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
    const memory::dims x{w.n, w.ic, w.ih, w.iw}, y{w.n, w.oc, w.oh(), w.ow()}, bias{w.oc};
    const Index g = w.groups, ic = w.ic / g, oc = w.oc / g, after = w.padding - w.output_padding;
    const memory::dims weight = g == 1 ? memory::dims{oc, ic, w.k, w.k} : memory::dims{g, oc, ic, w.k, w.k};
    const Tag weight_tag = w.transposed() ? (g == 1 ? Tag::iohw : Tag::giohw) : (g == 1 ? Tag::oihw : Tag::goihw);

    const typename Forward::desc operation(dnnl::prop_kind::forward_inference, algorithm, desc(x, v.inside),
                                           desc(weight, Tag::any), desc(bias, Tag::x), desc(y, v.inside),
                                           {w.stride, w.stride}, {w.dilation - 1, w.dilation - 1},
                                           {w.padding, w.padding}, {after, after});
    const typename Forward::primitive_desc chosen(operation, state->engine);
    if (std::strstr(chosen.impl_info_str(), "ref") != nullptr)
        return nullptr;  // its definition: thousands of times slower
    state->primitive = Forward(chosen);
    state->x = state->plain(x, v.outside, operands.x(v.order).data());
    state->own_x = state->converted(state->x, chosen.src_desc());
    state->y = memory(desc(y, v.outside), state->engine);
    state->own_y = chosen.dst_desc() == state->y.get_desc() ? state->y : memory(chosen.dst_desc(), state->engine);
    state->converts = v.converts;
    state->arguments = {
        {DNNL_ARG_SRC, state->own_x},
        {DNNL_ARG_WEIGHTS,
         state->converted(state->plain(weight, weight_tag, operands.weight.data()), chosen.weights_desc())},
        {DNNL_ARG_BIAS, state->plain(bias, Tag::x, operands.bias.data())},
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
