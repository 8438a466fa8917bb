// What the benchmarks of oneDNN share, for its versions 2 and 3.
#pragma once

#include <dlfcn.h>

#include <cstring>
#include <dnnl.hpp>

#include "operands.hpp"

namespace bench::onednn {

using dnnl::memory;
using Tag = memory::format_tag;

/// Of whichever OpenMP it is that the library came with.
inline void set_threads(int threads) {
    if (void* function = dlsym(RTLD_DEFAULT, "omp_set_num_threads")) reinterpret_cast<void (*)(int)>(function)(threads);
}

inline memory::desc desc(const memory::dims& dims, Tag tag) { return {dims, memory::data_type::f32, tag}; }

/// A workload in its words. Weights in PyTorch's order.
struct Shapes {
    memory::dims x, y, weight, bias, strides, dilates, before, after;
    Tag weight_tag;

    explicit Shapes(const Workload& w)
        : x{w.n, w.ic, w.ih, w.iw},
          y{w.n, w.oc, w.oh(), w.ow()},
          weight{w.oc / w.groups, w.ic / w.groups, w.k, w.k},
          bias{w.oc},
          strides{w.stride, w.stride},
          dilates{w.dilation - 1, w.dilation - 1},
          before{w.padding, w.padding},
          after{w.padding - w.output_padding, w.padding - w.output_padding},
          weight_tag(w.transposed() ? Tag::iohw : Tag::oihw) {
        if (w.groups == 1) return;
        weight.insert(weight.begin(), w.groups);
        weight_tag = w.transposed() ? Tag::giohw : Tag::goihw;
    }
};

/// Of a convolution or a transposed one, with x and y as `inside` says, weights as it likes them.
template <class Forward>
typename Forward::primitive_desc forward(const dnnl::engine& engine, dnnl::prop_kind prop, dnnl::algorithm algorithm,
                                         const Shapes& s, Tag inside) {
    const memory::desc x = desc(s.x, inside), weight = desc(s.weight, Tag::any), bias = desc(s.bias, Tag::x),
                       y = desc(s.y, inside);
#if DNNL_VERSION_MAJOR >= 3
    return {engine, prop, algorithm, x, weight, bias, y, s.strides, s.dilates, s.before, s.after};
#else
    return {{prop, algorithm, x, weight, bias, y, s.strides, s.dilates, s.before, s.after}, engine};
#endif
}

/// Its gradient with respect to the input, or to the weights: `Backward` says which.
template <class Backward, class Forward>
typename Backward::primitive_desc backward(const dnnl::engine& engine, dnnl::algorithm algorithm, const Shapes& s,
                                           Tag inside, const Forward& forward) {
    const memory::desc x = desc(s.x, inside), weight = desc(s.weight, Tag::any), y = desc(s.y, inside);
#if DNNL_VERSION_MAJOR >= 3
    return {engine, algorithm, x, weight, y, s.strides, s.dilates, s.before, s.after, forward};
#else
    return {{algorithm, x, weight, y, s.strides, s.dilates, s.before, s.after}, engine, forward};
#endif
}

/// Whether it is the definition: thousands of times slower.
template <class Description>
bool is_reference(const Description& chosen) {
    return std::strstr(chosen.impl_info_str(), "ref") != nullptr;
}

/// Where it runs, and tensors.
struct Session {
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};

    memory plain(const memory::dims& dims, Tag tag, const float* data) const {
        return {desc(dims, tag), engine, const_cast<float*>(data)};  // oneDNN's handles are not const
    }
    memory like(const memory& plain, const memory::desc& wanted) const {
        return plain.get_desc() == wanted ? plain : memory(wanted, engine);
    }
    void copy(memory& from, memory& to) {
        dnnl::reorder(from, to).execute(stream, from, to);
        stream.wait();
    }
};

}  // namespace bench::onednn
