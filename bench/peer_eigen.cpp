// What a user of Eigen writes: image patches and a contraction, or im2col, Eigen's matrix product and col2im. Compiled
// for this machine's processor, in a library of its own: inline functions of Eigen under other flags must not be mixed.
#define EIGEN_USE_THREADS
#include <algorithm>
#include <memory>
#include <unsupported/Eigen/CXX11/Tensor>

#include "peer.hpp"

namespace bench {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Map = Eigen::Map<Matrix>;
using ConstMap = Eigen::Map<const Matrix>;
using Vector = Eigen::Map<const Eigen::VectorXf>;

/// Columns (ic, k, k) x (h, w) of a fine image (ic, fine h, fine w) and back, for one image and group. The coarse grid
/// is the output of a convolution and the input of a transposed one.
struct Columns {
    Index channels, fine_h, fine_w, coarse_h, coarse_w, k, stride, padding, dilation;
    int threads;

    Index rows() const { return channels * k * k; }
    Index size() const { return coarse_h * coarse_w; }

    /// Calls visitor(place in the columns, row of the image or -1, offset of its first pixel) for each coarse row of
    /// each tap of one channel.
    template <class Visitor>
    void visit(Index c, const Visitor& visitor) const {
        for (Index a = 0; a < k; ++a)
            for (Index b = 0; b < k; ++b)
                for (Index i = 0; i < coarse_h; ++i) {
                    const Index fine = i * stride + a * dilation - padding;
                    visitor(((c * k + a) * k + b) * size() + i * coarse_w, fine >= 0 && fine < fine_h ? fine : -1,
                            b * dilation - padding);
                }
    }
    /// The coarse columns that a tap column reads within the image.
    Index first(Index offset) const { return std::min(coarse_w, std::max<Index>(0, (stride - 1 - offset) / stride)); }
    Index last(Index offset) const {
        return std::max(first(offset), std::min(coarse_w, (fine_w - 1 - offset + stride) / stride));
    }

    void from_image(const float* image, float* columns) const {
#pragma omp parallel for num_threads(threads)
        for (Index c = 0; c < channels; ++c)
            visit(c, [&](Index at, Index row, Index offset) {
                float* to = columns + at;
                if (row < 0) return void(std::fill_n(to, coarse_w, 0.f));
                const float* from = image + (c * fine_h + row) * fine_w + offset;
                const Index begin = first(offset), end = last(offset);
                std::fill_n(to, begin, 0.f);
                for (Index j = begin; j < end; ++j) to[j] = from[j * stride];
                std::fill(to + end, to + coarse_w, 0.f);
            });
    }
    void add_to_image(const float* columns, float* image) const {
#pragma omp parallel for num_threads(threads)
        for (Index c = 0; c < channels; ++c)
            visit(c, [&](Index at, Index row, Index offset) {
                if (row < 0) return;
                float* to = image + (c * fine_h + row) * fine_w + offset;
                for (Index j = first(offset), end = last(offset); j < end; ++j) to[j * stride] += columns[at + j];
            });
    }
};

struct Product {
    Product(const Workload& workload, const Operands& of, int workers)
        : w(workload), operands(of), threads(workers), y(w.output_size()), weight(of.weight.size()) {
        const bool t = w.transposed();
        columns = {.channels = (t ? w.oc : w.ic) / w.groups,
                   .fine_h = t ? w.oh() : w.ih,
                   .fine_w = t ? w.ow() : w.iw,
                   .coarse_h = t ? w.ih : w.oh(),
                   .coarse_w = t ? w.iw : w.ow(),
                   .k = w.k,
                   .stride = w.stride,
                   .padding = w.padding,
                   .dilation = w.dilation,
                   .threads = threads};
        scratch.resize(columns.rows(), columns.size());
        const Index coarse = (t ? w.ic : w.oc) / w.groups;
        for (Index g = 0; g < w.groups; ++g) {
            const Index at = g * coarse * columns.rows();
            const ConstMap from(operands.weight.data() + at, coarse, columns.rows());
            if (t)
                Map(weight.data() + at, columns.rows(), coarse) = from.transpose();
            else
                Map(weight.data() + at, coarse, columns.rows()) = from;
        }
    }

    void run() {
        Eigen::setNbThreads(threads);
        for (Index n = 0; n < w.n; ++n)
            for (Index g = 0; g < w.groups; ++g) w.transposed() ? transposed(n, g) : direct(n, g);
    }
    void direct(Index n, Index g) {
        const Index ic = w.ic / w.groups, oc = w.oc / w.groups;
        const float* image = operands.x_nchw.data() + (n * w.ic + g * ic) * w.ih * w.iw;
        const bool is_columns = w.k == 1 && w.stride == 1 && w.padding == 0;
        if (!is_columns) columns.from_image(image, scratch.data());
        const ConstMap right(is_columns ? image : scratch.data(), columns.rows(), columns.size());
        Map out(y.data() + (n * w.oc + g * oc) * columns.size(), oc, columns.size());
        out.noalias() = ConstMap(weight.data() + g * oc * columns.rows(), oc, columns.rows()) * right;
        out.colwise() += Vector(operands.bias.data() + g * oc, oc);
    }
    void transposed(Index n, Index g) {
        const Index ic = w.ic / w.groups, oc = w.oc / w.groups, plane = w.oh() * w.ow();
        const ConstMap image(operands.x_nchw.data() + (n * w.ic + g * ic) * columns.size(), ic, columns.size());
        scratch.noalias() = ConstMap(weight.data() + g * ic * columns.rows(), columns.rows(), ic) * image;
        Map out(y.data() + (n * w.oc + g * oc) * plane, oc, plane);
        out.colwise() = Vector(operands.bias.data() + g * oc, oc);
        columns.add_to_image(scratch.data(), out.data());
    }

    Workload w;
    const Operands& operands;
    int threads;
    Buffer y, weight;
    Columns columns;
    Matrix scratch;
};

/// NHWC, one group. A transposed convolution is one of the input inflated with zeros and the filter turned around.
struct Patches {
    Patches(const Workload& workload, const Operands& of, int threads)
        : w(workload),
          operands(of),
          pool(threads),
          device(&pool, threads),
          y(w.output_size()),
          filter(w.k * w.k * w.ic, w.oc) {
        const Index taps = w.k * w.k;
        for (Index tap = 0; tap < taps; ++tap)
            for (Index c = 0; c < w.ic; ++c)
                for (Index o = 0; o < w.oc; ++o)
                    filter(tap * w.ic + c, o) = w.transposed() ? operands.weight[(c * w.oc + o) * taps + taps - 1 - tap]
                                                               : operands.weight[(o * w.ic + c) * taps + tap];
    }

    void run() { pool.NumThreads() > 1 ? run_on(device) : run_on(Eigen::DefaultDevice()); }

    template <class Device>
    void run_on(const Device& on) {
        const bool t = w.transposed();
        const Index stride = t ? 1 : w.stride, inflate = t ? w.stride : 1, pixels = w.n * w.oh() * w.ow();
        const Index begin = t ? w.dilation * (w.k - 1) - w.padding : w.padding, end = begin + w.output_padding;
        using Dims2 = Eigen::array<Index, 2>;
        const Eigen::TensorMap<const Eigen::Tensor<float, 4, Eigen::RowMajor>> x(operands.x_nhwc.data(), w.n, w.ih,
                                                                                 w.iw, w.ic);
        const Eigen::TensorMap<const Eigen::Tensor<float, 2, Eigen::RowMajor>> bias(operands.bias.data(), 1, w.oc);
        Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>> out(y.data(), pixels, w.oc);
        const Eigen::array<Eigen::IndexPair<Index>, 1> inner{Eigen::IndexPair<Index>(1, 0)};
        out.device(on) = x.extract_image_patches(w.k, w.k, stride, stride, w.dilation, w.dilation, inflate, inflate,
                                                 begin, end, begin, end, 0.f)
                             .reshape(Dims2{pixels, w.k * w.k * w.ic})
                             .contract(filter, inner) +
                         bias.broadcast(Dims2{pixels, 1});
    }

    Workload w;
    const Operands& operands;
    Eigen::ThreadPool pool;
    Eigen::ThreadPoolDevice device;
    Buffer y;
    Eigen::Tensor<float, 2, Eigen::RowMajor> filter;  // (k, k, ic) x oc
};

template <class Method>
Candidate candidate(const char* name, Order order, const Workload& w, const Operands& operands, int threads) {
    const auto method = std::make_shared<Method>(w, operands, threads);
    return {name, order, [method] { method->run(); }, [method] { return std::as_const(method->y).data(); }};
}

}  // namespace

std::vector<Candidate> eigen_candidates(const Workload& w, const Operands& operands, int threads) {
    std::vector<Candidate> candidates{
        candidate<Product>(w.transposed() ? "Eigen col2im" : "Eigen im2col", Order::nchw, w, operands, threads)};
    if (w.groups == 1) candidates.push_back(candidate<Patches>("Eigen patches", Order::nhwc, w, operands, threads));
    return candidates;
}

}  // namespace bench
