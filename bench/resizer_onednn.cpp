// oneDNN's resampling: nearest and linear.
#include <dlfcn.h>

#include <dnnl.hpp>
#include <memory>
#include <unordered_map>

#include "resizer.hpp"

namespace bench {
namespace {

using dnnl::memory;

/// Of whichever OpenMP it is that the library came with.
void set_threads(int threads) {
    if (void* function = dlsym(RTLD_DEFAULT, "omp_set_num_threads")) reinterpret_cast<void (*)(int)>(function)(threads);
}

struct State {
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};
    dnnl::primitive primitive;
    std::unordered_map<int, memory> arguments;
};

}  // namespace

std::vector<Resizer> onednn_resizers(const Resize& r, const Pictures& pictures, int threads) try {
    if (r.filter == Filter::bicubic || r.antialias) return {};
    set_threads(threads);  // before the primitive: it is planned for as many
    const auto state = std::make_shared<State>();
    const auto tag = pictures.order == Order::nhwc ? memory::format_tag::nhwc : memory::format_tag::nchw;
    const auto desc = [&](Index extent) { return memory::desc({1, 3, extent, extent}, memory::data_type::f32, tag); };
    const auto x = desc(r.input_extent()), y = desc(r.output_extent());
    const auto algorithm =
        r.filter == Filter::nearest ? dnnl::algorithm::resampling_nearest : dnnl::algorithm::resampling_linear;
    const dnnl::resampling_forward::desc forward(dnnl::prop_kind::forward_training, algorithm, r.gradient ? y : x,
                                                 r.gradient ? x : y);
    const dnnl::resampling_forward::primitive_desc chosen(forward, state->engine);
    if (r.gradient)
        state->primitive = dnnl::resampling_backward(dnnl::resampling_backward::primitive_desc(
            dnnl::resampling_backward::desc(algorithm, y, x), state->engine, chosen));
    else
        state->primitive = dnnl::resampling_forward(chosen);
    state->arguments = {
        {r.gradient ? DNNL_ARG_DIFF_DST : DNNL_ARG_SRC, {x, state->engine, const_cast<float*>(pictures.x.data())}},
        {r.gradient ? DNNL_ARG_DIFF_SRC : DNNL_ARG_DST, {y, state->engine, pictures.y.data()}}};
    return {{"oneDNN", [state] {
                 state->primitive.execute(state->stream, state->arguments);
                 state->stream.wait();
             }}};
} catch (const dnnl::error&) {
    return {};  // it has no such operation
}

}  // namespace bench
