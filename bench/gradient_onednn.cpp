// oneDNN's gradients: in its own layout, and between the caller's tensors in NHWC and NCHW, with its layout inside or
// without. It has no gradient of everything at once.
#include <memory>
#include <optional>
#include <unordered_map>

#include "gradient_peer.hpp"
#include "onednn.hpp"

namespace bench {
namespace {

using namespace onednn;

/// What the caller holds, and what the primitive is asked for.
struct Variant {
    const char* name;
    Order order;
    Tag outside, inside;
};

constexpr Variant variants[] = {
    {"oneDNN", Order::own, Tag::nchw, Tag::any},
    {"oneDNN nhwc", Order::nhwc, Tag::nhwc, Tag::nhwc},
    {"oneDNN nhwc, converted", Order::nhwc, Tag::nhwc, Tag::any},
    {"oneDNN nchw", Order::nchw, Tag::nchw, Tag::nchw},
    {"oneDNN nchw, converted", Order::nchw, Tag::nchw, Tag::any},
};

/// A primitive, with what leads from the caller's tensors to its own and back where they differ.
struct Job : Session {
    struct Way {
        memory from, to;
        dnnl::reorder reorder;
    };

    dnnl::primitive primitive;
    std::unordered_map<int, memory> arguments;
    std::vector<Way> before, after;
    memory result;  // as the caller has it
    bool pays = false;

    void read(int argument, const memory& plain, const memory::desc& wanted) {
        memory own = like(plain, wanted);
        if (own != plain) before.push_back({plain, own, dnnl::reorder(plain, own)});
        arguments.insert({argument, own});
    }
    void write(int argument, const memory::dims& dims, Tag tag, const memory::desc& wanted) {
        result = memory(desc(dims, tag), engine);
        memory own = like(result, wanted);
        if (own != result) after.push_back({own, result, dnnl::reorder(own, result)});
        arguments.insert({argument, own});
    }

    void go(std::vector<Way>& ways) {
        for (Way& way : ways) way.reorder.execute(stream, way.from, way.to);
    }
    void run() {
        if (pays) go(before);
        primitive.execute(stream, arguments);
        if (pays) go(after);
        stream.wait();
    }
    const float* output() {
        if (!pays) go(after);
        stream.wait();
        return static_cast<const float*>(result.get_data_handle());
    }
};

struct Convolution {
    using Forward = dnnl::convolution_forward;
    using Data = dnnl::convolution_backward_data;
    using Weights = dnnl::convolution_backward_weights;
    static constexpr auto algorithm = dnnl::algorithm::convolution_direct;
};
struct Transposed {
    using Forward = dnnl::deconvolution_forward;
    using Data = dnnl::deconvolution_backward_data;
    using Weights = dnnl::deconvolution_backward_weights;
    static constexpr auto algorithm = dnnl::algorithm::deconvolution_direct;
};

template <class Kind>
std::shared_ptr<Job> make(Gradient gradient, const Variant& v, const Workload& w, const GradientOperands& operands) {
    const auto job = std::make_shared<Job>();
    const Shapes s(w);
    const auto forward = onednn::forward<typename Kind::Forward>(job->engine, dnnl::prop_kind::forward_training,
                                                                 Kind::algorithm, s, v.inside);
    const memory grad = job->plain(s.y, v.outside, operands.grad(v.order).data());
    if (gradient == Gradient::input) {
        const auto chosen = backward<typename Kind::Data>(job->engine, Kind::algorithm, s, v.inside, forward);
        if (is_reference(chosen)) return nullptr;
        job->primitive = typename Kind::Data(chosen);
        job->read(DNNL_ARG_DIFF_DST, grad, chosen.diff_dst_desc());
        job->read(DNNL_ARG_WEIGHTS, job->plain(s.weight, s.weight_tag, operands.weight().data()),
                  chosen.weights_desc());
        job->write(DNNL_ARG_DIFF_SRC, s.x, v.outside, chosen.diff_src_desc());
    } else {
        const auto chosen = backward<typename Kind::Weights>(job->engine, Kind::algorithm, s, v.inside, forward);
        if (is_reference(chosen)) return nullptr;
        job->primitive = typename Kind::Weights(chosen);
        job->read(DNNL_ARG_DIFF_DST, grad, chosen.diff_dst_desc());
        job->read(DNNL_ARG_SRC, job->plain(s.x, v.outside, operands.x(v.order).data()), chosen.src_desc());
        job->write(DNNL_ARG_DIFF_WEIGHTS, s.weight, s.weight_tag, chosen.diff_weights_desc());
    }
    job->pays = v.order != Order::own;
    if (!job->pays) job->go(job->before);
    job->stream.wait();
    return job;
}

std::optional<Candidate> candidate(Gradient gradient, const Variant& v, const Workload& w,
                                   const GradientOperands& operands) try {
    const auto job =
        w.transposed() ? make<Transposed>(gradient, v, w, operands) : make<Convolution>(gradient, v, w, operands);
    if (job == nullptr) return std::nullopt;
    return Candidate{v.name, v.order, [job] { job->run(); }, [job] { return job->output(); }};
} catch (const dnnl::error&) {
    return std::nullopt;  // it has no such operation
}

}  // namespace

std::vector<Candidate> onednn_gradients(Gradient gradient, const Workload& w, const GradientOperands& operands,
                                        int threads) {
    set_threads(threads);  // before the primitives: they are planned for as many
    std::vector<Candidate> candidates;
    if (gradient == Gradient::backward) return candidates;
    for (const Variant& v : variants)
        if (auto c = candidate(gradient, v, w, operands)) candidates.push_back(std::move(*c));
    return candidates;
}

}  // namespace bench
