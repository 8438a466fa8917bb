// Workloads: the shapes that every benchmark measures, each a layer of a model that is in use. Square kernels, and the
// same stride, padding, output padding and dilation on both axes.
#pragma once

#include <cstddef>

namespace bench {

using Index = std::ptrdiff_t;

enum class Operator { conv2d, conv_transpose2d };

/// What the rows of a table are summed up by.
enum class Family { tiny, transposed, dense, grouped };

struct Workload {
    const char* name;
    Operator op;
    Index n, ic, ih, iw, oc, k, stride, padding, output_padding, dilation, groups;

    constexpr bool transposed() const { return op == Operator::conv_transpose2d; }
    constexpr Index oh() const { return output_extent(ih); }
    constexpr Index ow() const { return output_extent(iw); }
    constexpr Index input_size() const { return n * ic * ih * iw; }
    constexpr Index output_size() const { return n * oc * oh() * ow(); }
    constexpr Index weight_size() const { return ic / groups * oc * k * k; }

    /// Products that one output sums, at most. A transposed convolution's taps are shared among the phases of its
    /// stride.
    constexpr Index depth() const {
        const Index taps = transposed() && dilation == 1 ? (k + stride - 1) / stride : k;
        return ic / groups * taps * taps;
    }

    /// Two for each multiply-add of the definition, those in the padding too.
    constexpr double flops() const {
        const Index coarse = transposed() ? ih * iw : oh() * ow();
        return 2.0 * static_cast<double>(n * coarse) * static_cast<double>(weight_size());
    }

    /// Transposed: of any groups. Dense and grouped: convolutions.
    constexpr Family family() const {
        if (flops() < 1e4) return Family::tiny;
        return transposed() ? Family::transposed : groups == 1 ? Family::dense : Family::grouped;
    }

  private:
    constexpr Index output_extent(Index in) const {
        const Index span = dilation * (k - 1) + 1;
        if (transposed()) return (in - 1) * stride + span - 2 * padding + output_padding;
        return (in + 2 * padding - span) / stride + 1;
    }
};

inline constexpr Operator conv = Operator::conv2d, deconv = Operator::conv_transpose2d;

// clang-format off
inline constexpr Workload workloads[] = {
    // name              op       n    ic   ih   iw   oc   k   s   p  op   d    g
    {"seed_k1s2",        deconv,  1,    1,   3,   3,   1,  1,  2,  0,  1,  1,   1},
    {"seed_k2s2",        deconv,  1,    1,   3,   3,   1,  2,  2,  0,  0,  1,   1},
    {"seed_k2s1",        deconv,  1,    1,   2,   2,   1,  2,  1,  0,  0,  1,   1},
    {"dcgan_l1",         deconv, 16,  100,   1,   1, 512,  4,  1,  0,  0,  1,   1},
    {"dcgan_l2",         deconv, 16,  512,   4,   4, 256,  4,  2,  1,  0,  1,   1},
    {"dcgan_l3",         deconv, 16,  256,   8,   8, 128,  4,  2,  1,  0,  1,   1},
    {"dcgan_l4",         deconv, 16,  128,  16,  16,  64,  4,  2,  1,  0,  1,   1},
    {"dcgan_l5",         deconv, 16,   64,  32,  32,   3,  4,  2,  1,  0,  1,   1},
    {"unet_up1",         deconv,  1, 1024,  28,  28, 512,  2,  2,  0,  0,  1,   1},
    {"unet_up2",         deconv,  1,  512,  56,  56, 256,  2,  2,  0,  0,  1,   1},
    {"unet_up3",         deconv,  1,  256, 112, 112, 128,  2,  2,  0,  0,  1,   1},
    {"unet_up4",         deconv,  1,  128, 200, 200,  64,  2,  2,  0,  0,  1,   1},
    {"pix2pix_d3",       deconv,  1, 1024,   8,   8, 512,  4,  2,  1,  0,  1,   1},
    {"pix2pix_last",     deconv,  1,  128, 128, 128,   3,  4,  2,  1,  0,  1,   1},
    {"fsrcnn_x2",        deconv,  1,   56, 128, 128,   1,  9,  2,  4,  1,  1,   1},
    {"fsrcnn_x3",        deconv,  1,   56,  85,  85,   1,  9,  3,  4,  2,  1,   1},
    {"keras_ae",         deconv, 32,   64,  14,  14,  32,  3,  2,  1,  1,  1,   1},
    {"stylegan_up",      deconv,  1,  512,  32,  32, 512,  3,  2,  1,  1,  1,   1},
    {"stylegan_hi",      deconv,  1,  128, 128, 128,  64,  3,  2,  1,  1,  1,   1},
    {"fcn32s_bilinear",  deconv,  1,   21,  16,  16,  21, 64, 32, 16,  0,  1,  21},
    {"fcn8s_bilinear",   deconv,  1,   21,  64,  64,  21, 16,  8,  4,  0,  1,  21},
    {"bilinear_k4s2_dw", deconv,  1,   64, 112, 112,  64,  4,  2,  1,  0,  1,  64},
    {"deconv_s1_k3",     deconv,  1,  128,  56,  56, 128,  3,  1,  1,  0,  1,   1},
    {"deconv_dil2",      deconv,  1,   64,  56,  56,  64,  3,  1,  2,  0,  2,   1},
    {"resnet_c2",        conv,    1,   64,  56,  56,  64,  3,  1,  1,  0,  1,   1},
    {"resnet_c3",        conv,    1,  128,  28,  28, 128,  3,  1,  1,  0,  1,   1},
    {"resnet_c4",        conv,    1,  256,  14,  14, 256,  3,  1,  1,  0,  1,   1},
    {"resnet_c5",        conv,    1,  512,   7,   7, 512,  3,  1,  1,  0,  1,   1},
    {"resnet_stem",      conv,    1,    3, 224, 224,  64,  7,  2,  3,  0,  1,   1},
    {"resnet_ds",        conv,    1,  128,  56,  56, 256,  3,  2,  1,  0,  1,   1},
    {"resnet_1x1",       conv,    1,  256,  56,  56,  64,  1,  1,  0,  0,  1,   1},
    {"vgg_c4",           conv,    1,  512,  28,  28, 512,  3,  1,  1,  0,  1,   1},
    {"unet_c1",          conv,    1,   64, 284, 284,  64,  3,  1,  1,  0,  1,   1},
    {"unet_in",          conv,    1,    1, 284, 284,  64,  3,  1,  1,  0,  1,   1},
    {"unet_out",         conv,    1,   64, 284, 284,   2,  1,  1,  0,  0,  1,   1},
    {"mobilenet_dw1",    conv,    1,   32, 112, 112,  32,  3,  1,  1,  0,  1,  32},
    {"mobilenet_dw2",    conv,    1,  384,  14,  14, 384,  3,  1,  1,  0,  1, 384},
    {"mobilenet_dws2",   conv,    1,   64, 112, 112,  64,  3,  2,  1,  0,  1,  64},
    {"deeplab_dil",      conv,    1,  512,  33,  33, 256,  3,  1, 12,  0, 12,   1},
    {"resnext_g32",      conv,    1,  128,  56,  56, 128,  3,  1,  1,  0,  1,  32},
};
// clang-format on

}  // namespace bench
