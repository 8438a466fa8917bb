#include "metrics.hpp"

#include <cmath>
#include <upconv/upconv.hpp>

namespace {

Tensor4 luminance(const Picture& picture) {
    Tensor4 weights(1, 3, 1, 1);  // ITU-R BT.601
    weights.setValues({{{{0.299f}}, {{0.587f}}, {{0.114f}}}});
    return upconv::conv2d(picture, weights);
}

/// The Gaussian window, as a column and as a row: one after the other they are the whole.
struct Window {
    Tensor4 column{1, 1, ssim_window, 1}, row{1, 1, 1, ssim_window};

    Window() {
        constexpr float sigma = 1.5f;
        for (Index i = 0; i < ssim_window; ++i) {
            const float d = static_cast<float>(i - ssim_window / 2) / sigma;
            row(i) = std::exp(-d * d / 2);
        }
        const Eigen::Tensor<float, 0, Eigen::RowMajor> sum = row.sum();
        row = Tensor4(row / sum());
        column = row.reshape(column.dimensions());
    }

    Tensor4 mean(const Tensor4& x) const { return upconv::conv2d(upconv::conv2d(x, column), row); }
};

double mean_of(const Tensor4& x) {
    const Eigen::Tensor<double, 0, Eigen::RowMajor> mean = x.cast<double>().mean();
    return mean();
}

}  // namespace

double psnr(const Picture& picture, const Picture& original) {
    return -10 * std::log10(mean_of((picture - original).square()));
}

double ssim(const Picture& picture, const Picture& original) {
    constexpr float c1 = 0.01f * 0.01f, c2 = 0.03f * 0.03f;
    const Window window;
    const Tensor4 x = luminance(picture), y = luminance(original);
    const Tensor4 mx = window.mean(x), my = window.mean(y);
    const Tensor4 vx = window.mean(x * x) - mx * mx;
    const Tensor4 vy = window.mean(y * y) - my * my;
    const Tensor4 vxy = window.mean(x * y) - mx * my;
    return mean_of((2.0f * mx * my + c1) * (2.0f * vxy + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2)));
}
