// upconv, planned.
#define EIGEN_USE_THREADS
#include <memory>
#include <upconv/upsampling2d.hpp>

#include "resizer.hpp"

namespace bench {
namespace {

using upconv::Interpolation;

template <class Layout>
Resizer resizer(const Resize& r, const Pictures& pictures, int threads) {
    constexpr bool last = std::is_same_v<Layout, upconv::NHWC>;
    constexpr Interpolation modes[] = {Interpolation::nearest, Interpolation::bilinear, Interpolation::bicubic};
    const upconv::UpSampling2d<float, Layout> op(
        {.scale = r.scale, .mode = modes[static_cast<int>(r.filter)], .antialias = r.antialias});
    const auto pool = std::make_shared<Eigen::ThreadPool>(threads);
    const auto device = std::make_shared<Eigen::ThreadPoolDevice>(pool.get(), threads);
    const auto dims = [](Index extent) { return upconv::detail::dims_of<Layout>({1, 3, extent, extent}); };
    const Eigen::TensorMap<const upconv::Tensor4<float>> x(pictures.x.data(), dims(r.input_extent()));
    const Eigen::TensorMap<upconv::Tensor4<float>> y(pictures.y.data(), dims(r.output_extent()));
    const auto work = [&](const auto& plan) {
        return [=] {
            auto to = y;
            threads == 1 ? plan(x, to) : plan(x, to, *device);
            static_cast<void>(pool);
        };
    };
    const std::string name = last ? "upconv nhwc" : "upconv nchw";
    if (r.gradient) return {name, work(op.gradient_plan(dims(r.output_extent())))};
    return {name, work(op.plan(dims(r.input_extent())))};
}

}  // namespace

std::vector<Resizer> upconv_resizers(const Resize& r, const Pictures& pictures, int threads) {
    return {pictures.order == Order::nhwc ? resizer<upconv::NHWC>(r, pictures, threads)
                                          : resizer<upconv::NCHW>(r, pictures, threads)};
}

}  // namespace bench
