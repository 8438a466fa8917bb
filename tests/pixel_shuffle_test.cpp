// pixel_shuffle and pixel_unshuffle against their definition, in both orders and both layouts.
#include <gtest/gtest.h>

#include <string>
#include <upconv/pixel_shuffle.hpp>

namespace {

using upconv::Dims;
using upconv::Index;
using upconv::NCHW;
using upconv::NHWC;
using upconv::ShuffleOrder;
using upconv::Size2;

template <class T>
upconv::Tensor4<T> counted(const Dims& dims) {
    upconv::Tensor4<T> x(dims);
    for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(i);
    return x;
}

/// x(n, c, h, w) of a tensor in layout L.
template <class L, class X>
auto at(const X& x, Index n, Index c, Index h, Index w) {
    return x(upconv::detail::dims_of<L>({n, c, h, w}));
}

template <class L, class T>
void check(ShuffleOrder order) {
    const Index n = 2, c = 3, h = 4, w = 5;
    const Size2 f(2, 3);
    const auto x = counted<T>(upconv::detail::dims_of<L>({n, c * f.h * f.w, h, w}));
    const auto y = upconv::pixel_shuffle<L>(x, f, order);
    ASSERT_EQ(upconv::detail::shape_of<L>(y.dimensions()), (upconv::detail::Shape4{n, c, h * f.h, w * f.w}));
    for (Index b = 0; b < n; ++b)
        for (Index k = 0; k < c; ++k)
            for (Index i = 0; i < h * f.h; ++i)
                for (Index j = 0; j < w * f.w; ++j) {
                    const Index p = i % f.h, q = j % f.w;
                    const Index channel = order == ShuffleOrder::crr ? (k * f.h + p) * f.w + q : (p * f.w + q) * c + k;
                    ASSERT_EQ((at<L>(y, b, k, i, j)), (at<L>(x, b, channel, i / f.h, j / f.w)));
                }
    const auto back = upconv::pixel_unshuffle<L>(y, f, order);
    ASSERT_EQ(Dims(back.dimensions()), Dims(x.dimensions()));
    for (Index i = 0; i < x.size(); ++i) ASSERT_EQ(back.data()[i], x.data()[i]);
}

TEST(PixelShuffle, IsItsDefinitionAndUnshuffleTheWayBack) {
    for (const ShuffleOrder order : {ShuffleOrder::crr, ShuffleOrder::rrc}) {
        check<NCHW, float>(order), check<NHWC, float>(order);
        check<upconv::WHCN, double>(order), check<upconv::CWHN, int>(order);
    }
}

TEST(PixelShuffle, TheOrdersOfPyTorchAndTensorFlow) {
    const auto x = counted<int>({1, 8, 1, 1});
    const auto torch = upconv::pixel_shuffle(x, 2), tensorflow = upconv::pixel_shuffle(x, 2, ShuffleOrder::rrc);
    for (Index i = 0; i < 8; ++i) {
        EXPECT_EQ(torch.data()[i], i);                       // 0 1 2 3 and 4 5 6 7
        EXPECT_EQ(tensorflow.data()[i], i % 4 * 2 + i / 4);  // 0 2 4 6 and 1 3 5 7
    }
}

template <class F>
void expect_refused(const F& f, const char* text) {
    try {
        f();
        ADD_FAILURE() << "accepted; expected " << text;
    } catch (const upconv::ShapeError& e) {
        EXPECT_NE(std::string(e.what()).find(text), std::string::npos) << e.what();
    }
}

TEST(PixelShuffle, RefusesWhatDoesNotDivide) {
    const auto x = counted<float>({1, 6, 4, 9});
    expect_refused([&] { upconv::pixel_shuffle(x, 2); }, "6 channels, which is no multiple");
    expect_refused([&] { upconv::pixel_shuffle(x, 0); }, "at least 1");
    expect_refused([&] { upconv::pixel_shuffle(x, Index(1) << 40); }, "no multiple");
    expect_refused([&] { upconv::pixel_unshuffle(x, 2); }, "must divide the height 4 and the width 9");
    expect_refused([&] { upconv::pixel_unshuffle(x, Size2(-1, 3)); }, "at least 1");
    EXPECT_EQ(upconv::pixel_shuffle(counted<float>({0, 4, 3, 3}), 2).size(), 0);
}

}  // namespace
