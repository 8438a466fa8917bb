// Compiled by each compiler with every warning an error: the public surface, instantiated once.
#define EIGEN_USE_THREADS
#include <upconv/upconv.hpp>

#if __has_include(<zip.h>) && __has_include(<nlohmann/json.hpp>)
#include <upconv/weights.hpp>
#else
#include <upconv/weights/load.hpp>
#include <upconv/weights/npy.hpp>
#endif

namespace {

template <typename Operator, typename Tensor, typename Device>
void use(const Operator& op, const Tensor& x, const Device& device) {
    Tensor y = op(x);
    op(x, y);
    op(x, y, device);
    const auto plan = op.plan(x.dimensions());
    plan(x, y);
    plan(x, y, device);
    y.device(device) = x.customOp(op.op());
    const auto gradients = op.backward(x, y, device);
    const Tensor again = op(op.backward_input(y, x.dimensions(), device));
}

template <typename Scalar, typename Layout, int storage>
void use_operators(const Eigen::ThreadPoolDevice& device) {
    using Tensor = Eigen::Tensor<Scalar, 4, storage>;
    const Tensor x(1, 4, 4, 4);
    upconv::Conv2d<Scalar, Layout> conv({.in_channels = 4, .out_channels = 2, .kernel = 3, .padding = 1});
    upconv::ConvTranspose2d<Scalar, Layout> up(
        {.in_channels = 4, .out_channels = 2, .kernel = {4, 2}, .stride = 2, .padding = upconv::Padding::same});
    const upconv::UpSampling2d<Scalar, Layout> resize({.scale = 2, .mode = upconv::Interpolation::bilinear});
    upconv::init::glorot_uniform(conv);
    upconv::init::ones(up);
    use(conv, x, device);
    use(up, x, device);
    use(resize, x, device);

    const Tensor by_conv = upconv::conv2d<Layout>(x, conv.weight(), {.padding = 1});
    const Tensor by_up = upconv::conv_transpose2d<Layout>(x, up.weight(), up.bias(), {.stride = 2});
    const Tensor by_resize = upconv::upsample2d<Layout>(x, {.scale = 2});
    upconv::explain(up, x.dimensions());
    upconv::summary(x.dimensions(), conv, resize);
    upconv::checkerboard_index(up);
    upconv::overlap_map(up.options(), 4, 4);
    upconv::weights_from_keras(upconv::weights_to_keras(up.weight()));
    upconv::weights_from_flax(up, upconv::weights_to_flax(up));
    upconv::fold_batch_norm(up, up.bias(), up.bias(), up.bias(), up.bias(), 1e-5);
    upconv::TensorFile file = upconv::open_npy("up.weight.npy");
    upconv::save(up, file, "up");
    upconv::load(up, file, "up");
}

}  // namespace

void warnings(const Eigen::ThreadPoolDevice& device) {
    use_operators<float, upconv::NCHW, Eigen::RowMajor>(device);
    use_operators<double, upconv::NHWC, Eigen::RowMajor>(device);
    use_operators<float, upconv::WHCN, Eigen::ColMajor>(device);
}
