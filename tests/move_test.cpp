// Move: rows into the form of a tile and rows of sums into the output, for every size, layout, stride and a narrow
// scalar; and bias and activation on sums in a buffer. What none may write is a canary.
#include <gtest/gtest.h>

#include <random>
#include <upconv/kernel/finish.hpp>
#include <upconv/kernel/pack_planes.hpp>
#include <upconv/kernel/unpack_planes.hpp>

#include "every_isa.hpp"

namespace {

using upconv::Index;
using upconv::detail::channel_block;
using upconv::detail::RowOf;
using upconv::detail::Shape4;
using upconv::detail::View;

/// Whole numbers in a byte, summed in float: stands for half and bfloat16.
struct Narrow {
    signed char value = 0;
    Narrow() = default;
    explicit Narrow(float x) : value(static_cast<signed char>(x)) {}
    explicit operator float() const { return value; }
    friend bool operator==(const Narrow&, const Narrow&) = default;
};

}  // namespace

template <>
struct upconv::Accumulator<Narrow> {
    using type = float;
};

namespace {

template <class T>
using SumOf = upconv::detail::AccumulatorOf<T>;

template <class T>
const T canary = T(77);

template <class T>
std::vector<T> filled(Index size, T value) {
    return std::vector<T>(static_cast<std::size_t>(size), value);
}

template <class T>
std::vector<T> small_integers(Index size) {
    std::mt19937 engine(3);
    std::vector<T> values;
    for (Index i = 0; i < size; ++i) values.push_back(T(static_cast<float>(static_cast<int>(engine() % 21) - 10)));
    return values;
}

// Layouts: the strides of a tensor of that shape, and how far it reaches.

enum class Layout { planes, pixels, transposed_planes, gaps };
constexpr Layout every_layout[] = {Layout::planes, Layout::pixels, Layout::transposed_planes, Layout::gaps};

constexpr Shape4 strides(Layout layout, const Shape4& s) {
    switch (layout) {
        case Layout::planes:
            return {s.c * s.h * s.w, s.h * s.w, s.w, 1};
        case Layout::pixels:
            return {s.c * s.h * s.w, 1, s.w * s.c, s.c};
        case Layout::transposed_planes:
            return {s.c * s.h * s.w, s.h * s.w, 1, s.h};
        case Layout::gaps:
            break;
    }
    return {s.c * s.h * s.w * 6, s.h * s.w * 6, s.w * 3, 3};
}

template <class T>
struct Picture {
    Shape4 shape, stride;
    std::vector<T> memory;

    Picture(Layout layout, const Shape4& of, bool empty)
        : shape(of),
          stride(strides(layout, of)),
          memory(static_cast<std::size_t>((of.n - 1) * stride.n + (of.c - 1) * stride.c + (of.h - 1) * stride.h +
                                          (of.w - 1) * stride.w + 1),
                 canary<T>) {
        if (!empty) memory = small_integers<T>(static_cast<Index>(memory.size()));
    }
    View<T> view() { return {memory.data(), shape, stride}; }
    /// 0 beside the picture.
    SumOf<T> at(Index n, Index c, Index h, Index w) {
        return w < 0 || w >= shape.w ? SumOf<T>(0) : static_cast<SumOf<T>>(view()(n, c, h, w));
    }
};

template <class T, class F>
void for_each_picture(const F& f) {
    for (Layout layout : every_layout)
        for (Index channels : {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 19, 33})
            for (Index width : {1, 2, 3, 4, 5, 8, 13, 19}) {
                f(layout, channels, width);
                if (testing::Test::HasFailure()) return;
            }
}

template <class T>
class Rows : public testing::Test {};
using Scalars = testing::Types<float, double, Narrow>;
TYPED_TEST_SUITE(Rows, Scalars);

template <class C>
struct Transpose {
    const C* from;
    Index from_step, rows, columns;
    C* to;
    Index to_step;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        upconv::detail::transpose<Bytes>(from, from_step, rows, columns, to, to_step);
    }
};

TYPED_TEST(Rows, Transpose) {
    using C = SumOf<TypeParam>;
    for (upconv::detail::Isa isa : every_isa_with_kernels())
        for (Index rows = 0; rows <= 35; ++rows)
            for (Index columns = 0; columns <= 19; ++columns) {
                const Index from_step = columns + 3, to_step = rows + 2;
                const std::vector<C> from = small_integers<C>(rows * from_step + 1);
                std::vector<C> to = filled(columns * to_step + 1, canary<C>), expected = to;
                run_on(isa, Transpose<C>{from.data(), from_step, rows, columns, to.data(), to_step});
                for (Index c = 0; c < columns; ++c)
                    for (Index r = 0; r < rows; ++r)
                        expected[static_cast<std::size_t>(c * to_step + r)] =
                            from[static_cast<std::size_t>(r * from_step + c)];
                ASSERT_EQ(to, expected) << rows << " x " << columns << ", " << to_text(isa);
            }
}

TYPED_TEST(Rows, PackForChannels) {
    using C = SumOf<TypeParam>;
    for_each_picture<TypeParam>([](Layout layout, Index channels, Index width) {
        Picture<TypeParam> x(layout, {2, channels + 2, 3, width}, false);
        for (Index first : {-23, -3, 0, 1, 21})
            for (Index columns : {1, 4, 19, 26}) {
                const Index block = std::min(channels, channel_block), blocks = (channels + block - 1) / block;
                std::vector<C> packed = filled(blocks * columns * block + 1, canary<C>), expected = packed;
                run_on(upconv::detail::best_isa(), upconv::detail::PackRow<C, TypeParam>{
                                                       x.view(), {1, 1, channels, 2, first, columns}, packed.data()});
                // The channels that the last block lacks are nobody's, between the columns of the picture.
                for (Index c = 0; c < blocks * block; ++c)
                    for (Index j = 0; j < columns; ++j) {
                        const auto at = static_cast<std::size_t>((c / block * columns + j) * block + c % block);
                        expected[at] = c < channels ? x.at(1, c + 1, 2, first + j) : packed[at];
                    }
                ASSERT_EQ(packed, expected)
                    << "layout " << static_cast<int>(layout) << ", " << channels << " channels, width " << width
                    << ", columns " << first << " + " << columns;
            }
    });
}

TYPED_TEST(Rows, UnpackFromChannels) {
    using C = SumOf<TypeParam>;
    for_each_picture<TypeParam>([](Layout layout, Index channels, Index width) {
        const Index lanes = (channels + 7) / 8 * 8;
        const std::vector<C> sums = small_integers<C>(width * lanes);
        Picture<TypeParam> y(layout, {2, channels + 2, 3, width + 2}, true), expected = y;
        for (Index j = 0; j < width; ++j)
            for (Index c = 0; c < channels; ++c)
                expected.view()(1, c + 1, 2, j + 1) = TypeParam(sums[static_cast<std::size_t>(j * lanes + c)]);
        run_on(upconv::detail::best_isa(),
               upconv::detail::UnpackRow<C, TypeParam>{sums.data(), lanes, {1, 1, channels, 2, 1, width}, y.view()});
        ASSERT_TRUE(y.memory == expected.memory)
            << "layout " << static_cast<int>(layout) << ", " << channels << " channels, width " << width;
    });
}

/// Four rows, of which some are inside; zeros that end a row may begin the next.
template <class T>
void check_pack_planes(Picture<T>& x, Index channels, Index step, Index first, Index cells, Index shared,
                       upconv::Range inside) {
    using C = SumOf<T>;
    const Index rows = 4, span = cells - shared, phase = rows * span + shared + 16, channel_step = step * phase + 5;
    const View<const T> in = x.view();
    for (upconv::detail::Isa isa : every_isa_with_kernels()) {
        std::vector<C> packed = filled(channels * channel_step, canary<C>), expected = packed;
        run_on(isa, upconv::detail::PackPlanes<C, T>{&in(1, 1, inside.begin, 0), in.stride.c, in.stride.h, in.stride.w,
                                                     channels, rows, inside, in.shape.w, first, step, cells,
                                                     channel_step, phase, span, packed.data()});
        for (Index c = 0; c < channels; ++c)
            for (Index e = 0; e < step; ++e) {
                const Index plane = c * channel_step + e * phase;
                for (Index i = 0; i < phase; ++i) {  // what room there is behind the rows is nobody's
                    const auto at = static_cast<std::size_t>(plane + i);
                    if (i >= rows * span + shared) expected[at] = packed[at];
                }
                for (Index r = 0; r < rows; ++r)
                    for (Index q = 0; q < cells; ++q)
                        expected[static_cast<std::size_t>(plane + r * span + q)] =
                            inside.begin <= r && r < inside.end ? x.at(1, c + 1, r, first + q * step + e) : C(0);
            }
        ASSERT_EQ(packed, expected) << channels << " channels, width " << in.shape.w << ", step " << step << ", first "
                                    << first << ", cells " << cells << ", shared " << shared << ", " << to_text(isa);
    }
}

TYPED_TEST(Rows, PackForPixels) {
    for_each_picture<TypeParam>([](Layout layout, Index channels, Index width) {
        Picture<TypeParam> x(layout, {2, channels + 2, 5, width}, false);
        for (Index step : {1, 2, 3})
            for (Index first : {-20, -2, -1, 0, 1, 8})
                for (Index cells : {1, 9, 22}) {
                    const Index inside = (width + step - 1) / step;
                    const Index shared = std::clamp<Index>(cells + first - inside, 0, -std::min<Index>(first, 0));
                    for (const upconv::Range& rows : {upconv::Range{1, 3}, {0, 0}, {4, 4}}) {
                        check_pack_planes(x, channels, step, first * step, cells, 0, rows);
                        if (shared > 0 && shared < cells)
                            check_pack_planes(x, channels, step, first * step, cells, shared, rows);
                    }
                    if (testing::Test::HasFatalFailure()) FAIL() << "layout " << static_cast<int>(layout);
                }
    });
}

TYPED_TEST(Rows, UnpackFromPixels) {
    using C = SumOf<TypeParam>;
    for_each_picture<TypeParam>([](Layout layout, Index channels, Index columns) {
        for (const auto& [phases, step] : {std::pair<Index, Index>{1, 1}, {1, 2}, {2, 1}, {3, 1}, {4, 1}, {7, 1}})
            for (Index skipped : {0, 1}) {  // channels of the output beside
                const Index rows = 2, row_step = columns + 3, channel_step = rows * row_step + 1;
                const Index phase_step = channels * channel_step, y_columns = phases * columns * step;
                const std::vector<C> sums = small_integers<C>(phases * phase_step);
                Picture<TypeParam> y(layout, {2, channels + skipped, 4, y_columns}, true), expected = y;
                for (Index r = 0; r < rows; ++r)
                    for (Index p = 0; p < phases; ++p)
                        for (Index c = 0; c < channels; ++c)
                            for (Index j = 0; j < columns; ++j)
                                expected.view()(1, c + skipped, 1 + 2 * r, (j * phases + p) * step) =
                                    TypeParam(sums[static_cast<std::size_t>(p * phase_step + c * channel_step +
                                                                            r * row_step + j)]);
                const View<TypeParam> out = y.view();
                for (upconv::detail::Isa isa : every_isa_with_kernels()) {
                    run_on(isa, upconv::detail::UnpackPlanes<C, TypeParam>{
                                    sums.data(), phase_step, channel_step, row_step, phases, channels, rows, columns,
                                    &out(1, skipped, 1, 0), out.stride.c, 2 * out.stride.h, step * out.stride.w});
                    ASSERT_TRUE(y.memory == expected.memory)
                        << "layout " << static_cast<int>(layout) << ", " << channels << " channels, " << columns
                        << " columns, " << phases << " phases, step " << step << ", " << to_text(isa);
                    std::fill(y.memory.begin(), y.memory.end(), canary<TypeParam>);
                }
            }
    });
}

TYPED_TEST(Rows, Zip) {
    using C = SumOf<TypeParam>;
    for (upconv::detail::Isa isa : every_isa_with_kernels())
        for (Index phases = 1; phases <= 9; ++phases)
            for (Index n = 0; n <= 40; ++n) {
                const std::vector<C> from = small_integers<C>(phases * (n + 3));
                std::vector<C> to = filled(phases * n + 1, canary<C>), expected = to;
                run_on(isa, upconv::detail::UnpackPlanes<C, C>{from.data(), n + 3, 0, 0, phases, 1, 1, n, to.data(), 0,
                                                               0, 1});
                for (Index i = 0; i < phases * n; ++i)
                    expected[static_cast<std::size_t>(i)] =
                        from[static_cast<std::size_t>(i % phases * (n + 3) + i / phases)];
                ASSERT_EQ(to, expected) << phases << " phases of " << n << ", " << to_text(isa);
            }
}

}  // namespace
