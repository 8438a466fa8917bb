// One source, built with UNIT and other flags each time. Whole operators from their construction to their end, in small
// integers.
#include "operators.hpp"

#include <upconv/conv2d.hpp>
#include <upconv/conv_transpose2d.hpp>

namespace {

template <class Operator>
void set_weights(Operator& op) {
    for (Eigen::Index i = 0; i < op.weight().size(); ++i) op.weight().data()[i] = static_cast<float>(i * 31 % 5 - 2);
    op.bias().setConstant(1);
}

}  // namespace

Tensor UNIT(Tensor x) {
    const auto clamp = upconv::Activation::clamp(-9, 9);
    upconv::ConvTranspose2d<float> up(
        {.in_channels = 3, .out_channels = 5, .kernel = 4, .stride = 2, .padding = 1, .activation = clamp});
    upconv::Conv2d<float> down(
        {.in_channels = 5, .out_channels = 3, .kernel = 3, .stride = 2, .padding = 1, .activation = clamp});
    set_weights(up);
    set_weights(down);
    const auto plan = up.plan(x.dimensions());
    const Tensor fine = plan(x), coarse = down(fine);
    const auto gradients = up.backward(x, fine);
    down = upconv::Conv2d<float>(down.options(), down.weight(), down.bias());
    x.resize(1, 3, 20, 20);
    x.setConstant(gradients.weight(2, 4, 3, 3));
    x = coarse + gradients.input + down(fine);
    return x;
}
