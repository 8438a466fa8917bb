// Same bits: an output is the same number, bit by bit, however the call is cut, laid out, repeated or computed:
// threads, batch, a part of the image, layout, place in memory, plan or call, kernel.
#define EIGEN_USE_THREADS
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "every_algorithm.hpp"
#include "every_isa.hpp"
#include "problems.hpp"
#include "random_tensors.hpp"

namespace {

using upconv::Algorithm;
using upconv::Dims;
using upconv::Index;
using upconv::NCHW;
using upconv::NHWC;
using upconv::Padding;
using upconv::Range;
using upconv::Region;
using upconv::Tensor4;

template <class X, class Y>
testing::AssertionResult same_bits(const X& a, const Y& b) {
    if (Dims(a.dimensions()) != Dims(b.dimensions())) return testing::AssertionFailure() << "another shape";
    for (Index i = 0; i < a.size(); ++i)
        if (std::memcmp(a.data() + i, b.data() + i, sizeof(*a.data())) != 0)
            return testing::AssertionFailure() << "number " << i << ": " << a.data()[i] << " and " << b.data()[i];
    return testing::AssertionSuccess();
}

template <class X>
X part_of(const X& x, Range images, const Region& r) {
    X part(images.size(), x.dimension(1), r.rows.size(), r.columns.size());
    for (Index n = 0; n < part.dimension(0); ++n)
        for (Index c = 0; c < part.dimension(1); ++c)
            for (Index i = 0; i < part.dimension(2); ++i)
                for (Index j = 0; j < part.dimension(3); ++j)
                    part(n, c, i, j) = x(n + images.begin, c, i + r.rows.begin, j + r.columns.begin);
    return part;
}

/// Dimension d of the result is dimension order[d] of x.
template <class X>
X reordered(const X& x, const std::array<std::size_t, 4>& order) {
    const Dims dims(x.dimensions());
    X result(dims[order[0]], dims[order[1]], dims[order[2]], dims[order[3]]);
    Dims at;
    for (at[0] = 0; at[0] < dims[0]; ++at[0])
        for (at[1] = 0; at[1] < dims[1]; ++at[1])
            for (at[2] = 0; at[2] < dims[2]; ++at[2])
                for (at[3] = 0; at[3] < dims[3]; ++at[3])
                    result(at[order[0]], at[order[1]], at[order[2]], at[order[3]]) = x(at[0], at[1], at[2], at[3]);
    return result;
}

// The kernels, on every instruction set, without Eigen.

/// UPCONV_TRIALS=20000 in the environment makes about 1.2 million comparisons.
std::uint64_t trials() {
    const char* const wanted = std::getenv("UPCONV_TRIALS");
    return wanted == nullptr ? 400 : std::strtoull(wanted, nullptr, 10);
}

/// Some lines of the outputs of an axis, from the same input.
upconv::detail::Axis part_of(upconv::detail::Axis axis, upconv::detail::Direction direction, Range lines) {
    const bool to_coarse = direction == upconv::detail::Direction::to_coarse;
    (to_coarse ? axis.coarse : axis.fine) = lines.size();
    axis.begin += to_coarse ? -lines.begin * axis.stride : lines.begin;
    return axis;
}

/// Any lines of an axis of `count`.
Range random_part(Dice& dice, Index count) {
    const Index begin = dice(0, count - 1);
    return {begin, dice(begin + 1, count)};
}

/// One image alone, of which only a part is computed, in memory that begins anywhere: as all at once.
template <class T>
void check_part(const upconv::detail::FilterProblem& whole, Algorithm kernel, upconv::detail::Isa isa,
                const Numbers4<T>& numbers, const std::vector<T>& y, Dice& dice) {
    const upconv::detail::Shape4 in = whole.input_shape(), out = whole.output_shape();
    const Range rows = random_part(dice, out.h), columns = random_part(dice, out.w);
    const Index n = dice(0, whole.n - 1), offset = dice(0, 15), size = in.size() / whole.n;
    upconv::detail::FilterProblem p = whole;
    p.n = 1;
    p.relation.rows = part_of(p.relation.rows, p.direction, rows);
    p.relation.columns = part_of(p.relation.columns, p.direction, columns);
    std::vector<T> x(static_cast<std::size_t>(size + offset)), part(x.size());
    std::copy_n(numbers.input.memory.begin() + n * size, size, x.begin() + offset);
    part.assign(static_cast<std::size_t>(p.output_shape().size() + offset), T(7));
    const auto plan = plan_by(kernel, p, numbers.weight, isa);
    const T* const bias = numbers.bias.empty() ? nullptr : numbers.bias.data();
    plan.run({x.data() + offset, p.input_shape(), contiguous(p.input_shape())},
             {part.data() + offset, p.output_shape(), contiguous(p.output_shape())}, {bias, p.activation}, {});
    const T* at = part.data() + offset;
    for (Index c = 0; c < out.c; ++c)
        for (Index i = rows.begin; i < rows.end; ++i, at += columns.size())
            ASSERT_EQ(std::memcmp(at, y.data() + ((n * out.c + c) * out.h + i) * out.w + columns.begin,
                                  static_cast<std::size_t>(columns.size()) * sizeof(T)),
                      0)
                << to_text(kernel) << ", " << to_text(isa) << ", " << to_text(p) << " of " << to_text(whole);
}

template <class T>
void check_kernels(std::uint64_t seed) {
    Dice dice(seed);
    std::uint64_t comparisons = 0;
    for (std::uint64_t trial = 0; trial < trials(); ++trial) {
        const upconv::detail::FilterProblem p = trial % 4 == 0 ? random_depthwise(dice) : random_problem(dice);
        const auto make = trial % 3 == 0 ? normal_numbers<T> : wild_numbers<T>;
        auto numbers = make(p, Memory::planes, trial), shuffled = make(p, Memory::pixels, trial);
        for (T& bias : numbers.bias) bias = bias == 0 ? T(0) : bias;  // -0 is no bias of a plan
        if (trial % 2 == 0) numbers.bias.clear();
        shuffled.bias = numbers.bias;
        for (upconv::detail::Isa isa : every_isa()) {
            const auto first = plan_by(Algorithm::canonical, p, numbers.weight, isa);
            const std::vector<T> y = output_of(first, p, numbers, Memory::planes).memory;
            const auto check = [&](const char* what, const auto& plan, Memory order, Index threads) {
                const auto& input = order == Memory::planes ? numbers : shuffled;
                const std::vector<T> other = output_of(plan, p, input, order, {threads}).planes();
                ++comparisons;
                ASSERT_EQ(std::memcmp(y.data(), other.data(), y.size() * sizeof(T)), 0)
                    << what << ", " << threads << " threads, " << to_text(isa) << "; " << to_text(p);
            };
            for_each_kernel(p, numbers.weight, isa, [&](const char* name, const upconv::detail::FilterPlan<T>& plan) {
                for (Memory order : {Memory::planes, Memory::pixels})
                    for (Index threads : {1, 2, 5}) check(name, plan, order, threads);
            });
            for (Algorithm kernel : upconv::detail::every_kernel) {
                check_part(p, kernel, isa, numbers, y, dice);
                ++comparisons;
            }
            if (testing::Test::HasFatalFailure()) return;
        }
    }
    testing::Test::RecordProperty("comparisons", std::to_string(comparisons));
    if (std::getenv("UPCONV_TRIALS") != nullptr) std::printf("%llu comparisons\n", (unsigned long long)comparisons);
}

TEST(SameBits, KernelsLayoutsAndCutsInFloat) { check_kernels<float>(1); }
TEST(SameBits, KernelsLayoutsAndCutsInDouble) { check_kernels<double>(2); }

// The operators, on random numbers of every scalar.

template <class Op>
Op random_op(typename Op::Options options, Algorithm algorithm) {
    options.algorithm = algorithm;
    Op op(options);
    fill_normals(op.weight(), 1), fill_normals(op.bias(), 2);
    return op;
}

template <class Op>
struct Case {
    typename Op::Options options;
    Dims dims;  // NCHW
};

template <class T>
using Up = upconv::ConvTranspose2d<T, NCHW>;
using Conv = upconv::Conv2d<float, NCHW>;

template <class T>
std::vector<Case<Up<T>>> up_cases() {
    return {{{.in_channels = 20, .out_channels = 35, .kernel = 4, .stride = 2, .padding = 1}, {3, 20, 9, 13}},
            {{.in_channels = 33, .out_channels = 3, .kernel = 3, .stride = 2, .padding = 1, .output_padding = 1},
             {2, 33, 7, 40}},
            {{.in_channels = 40, .out_channels = 24, .kernel = 2, .stride = 2}, {2, 40, 5, 6}},
            {{.in_channels = 6, .out_channels = 9, .kernel = {3, 2}, .stride = {1, 3}, .dilation = 2, .groups = 3},
             {2, 6, 8, 9}}};
}

std::vector<Case<Conv>> conv_cases() {
    return {
        {{.in_channels = 20, .out_channels = 35, .kernel = 3, .padding = 1}, {3, 20, 9, 13}},
        {{.in_channels = 3, .out_channels = 10, .kernel = 7, .stride = 2, .padding = 3}, {2, 3, 30, 41}},
        {{.in_channels = 12, .out_channels = 12, .kernel = 3, .padding = 1, .groups = 12}, {2, 12, 9, 21}},
        {{.in_channels = 40, .out_channels = 2, .kernel = {1, 5}, .stride = {3, 1}, .dilation = 2}, {2, 40, 8, 30}}};
}

template <class Op, class F>
void for_each_case(const std::vector<Case<Op>>& cases, const F& f) {
    for (std::size_t i = 0; i < cases.size(); ++i)
        for (Algorithm algorithm : every_algorithm) {
            SCOPED_TRACE(std::string(Op::name) + " case " + std::to_string(i) + ", " + to_text(algorithm));
            const auto x = normals<typename Op::Scalar>(cases[i].dims, 3);
            f(random_op<Op>(cases[i].options, algorithm), x);
            if (testing::Test::HasFailure()) return;
        }
}

/// All but the part of the image, which knows the direction.
struct EveryWay {
    template <class Op, class X>
    void operator()(const Op& op, const X& x) const {
        const X y = op(x);
        const auto plan = op.plan(Dims(x.dimensions()));
        for (int repeat = 0; repeat < 20; ++repeat) EXPECT_TRUE(same_bits(y, plan(x))) << "repeat " << repeat;
        for (int threads : {1, 2, 3, 7, 16}) {
            Eigen::ThreadPool pool(threads);
            const Eigen::ThreadPoolDevice device(&pool, threads);
            EXPECT_TRUE(same_bits(y, op(x, device))) << threads << " threads";
            EXPECT_TRUE(same_bits(y, plan(x, device))) << threads << " threads, plan";
        }
        const Region all_in{{0, x.dimension(2)}, {0, x.dimension(3)}},
            all_out{{0, y.dimension(2)}, {0, y.dimension(3)}};
        for (Index n = 0; n < x.dimension(0); ++n)
            EXPECT_TRUE(same_bits(part_of(y, {n, n + 1}, all_out), op(part_of(x, {n, n + 1}, all_in))))
                << "image " << n << " alone";
        channels_last(op, x, y);
        anywhere_in_memory(op, x, y);
    }

    template <class Kind, class T, class X>
    static void channels_last(const upconv::FilterOperator<Kind, T, NCHW>& op, const X& x, const X& y) {
        const upconv::FilterOperator<Kind, T, NHWC> last(op.options(), op.weight(), op.bias());
        const X back = reordered(last(reordered(x, {0, 2, 3, 1})), {0, 3, 1, 2});
        EXPECT_TRUE(same_bits(y, back)) << "NHWC";
    }

    template <class Op, class X>
    static void anywhere_in_memory(const Op& op, const X& x, const X& y) {
        using T = typename X::Scalar;
        std::vector<T> in(static_cast<std::size_t>(x.size()) + 16), out(static_cast<std::size_t>(y.size()) + 16);
        for (Index offset = 0; offset < 16; ++offset) {
            std::copy(x.data(), x.data() + x.size(), in.data() + offset);
            const Eigen::TensorMap<const X> from(in.data() + offset, x.dimensions());
            Eigen::TensorMap<X> to(out.data() + 15 - offset, y.dimensions());
            op(from, to);
            EXPECT_TRUE(same_bits(y, to)) << "offset " << offset;
        }
    }
};

TEST(SameBits, ConvTranspose2dInFloat) { for_each_case(up_cases<float>(), EveryWay()); }
TEST(SameBits, ConvTranspose2dInDouble) { for_each_case(up_cases<double>(), EveryWay()); }
TEST(SameBits, ConvTranspose2dInHalf) { for_each_case(up_cases<Eigen::half>(), EveryWay()); }
TEST(SameBits, Conv2dInFloat) { for_each_case(conv_cases(), EveryWay()); }

// Parts of the image: an operator that computes the part alone, with the padding that is left at its border.

/// What the part needs before and after the `held` lines: padding of a convolution.
std::array<Index, 2> conv_padding(Range part, Range held, Index kernel, Index stride, Index dilation, Index padding) {
    const Index begin = part.begin * stride - padding;
    const Index end = (part.end - 1) * stride - padding + (kernel - 1) * dilation + 1;
    return {held.begin - begin, end - held.end};
}

/// What a transposed convolution of the held lines has too much before and after the part.
std::array<Index, 2> up_padding(Range part, Range held, Index kernel, Index stride, Index dilation, Index padding) {
    const Index begin = held.begin * stride - padding;
    const Index end = (held.end - 1) * stride - padding + (kernel - 1) * dilation + 1;
    return {part.begin - begin, end - part.end};
}

template <class Op, class Padded>
void check_parts(const std::vector<Case<Op>>& cases, const Padded& padded) {
    for_each_case(cases, [&](const Op& op, const Tensor4<float>& x) {
        const Tensor4<float> y = op(x);
        const Index h = y.dimension(2), w = y.dimension(3);
        const Range images{0, x.dimension(0)};
        for (const Region& part : {Region{{0, h}, {w / 3, w / 2 + 1}}, Region{{h / 2, h}, {0, w}},
                                   Region{{h / 3, h / 3 + 1}, {w - 1, w}}, Region{{1, h - 1}, {1, w - 2}}}) {
            const Region held = op.input_region(part, Dims(x.dimensions()));
            typename Op::Options o = op.options();
            const auto rows =
                padded(part.rows, held.rows, o.kernel.h, o.stride.h, o.dilation.h, op.options().padding.top);
            const auto columns =
                padded(part.columns, held.columns, o.kernel.w, o.stride.w, o.dilation.w, op.options().padding.left);
            o.padding = Padding(rows[0], rows[1], columns[0], columns[1]);
            if constexpr (requires { o.output_padding; }) o.output_padding = 0;
            const Op of_part(o, op.weight(), op.bias());
            EXPECT_TRUE(same_bits(part_of(y, images, part), of_part(part_of(x, images, held))));
        }
    });
}

// Shapes that no tile takes, as one more row or stride decides: the definition stands in for it and forms its sums.

template <class Op>
void check_first_rows(const typename Op::Options& options, const Dims& dims, Index part, Index same) {
    const auto x = normals<typename Op::Scalar>(dims, 3);
    const Op op = random_op<Op>(options, Algorithm::automatic);
    const auto of_part = op(part_of(x, {0, dims[0]}, {{0, part}, {0, dims[3]}})), y = op(x);
    const Region common{{0, same}, {0, y.dimension(3)}};
    EXPECT_TRUE(same_bits(part_of(y, {0, dims[0]}, common), part_of(of_part, {0, dims[0]}, common)));
}

template <class T>
void check_size_of_the_picture() {
    check_first_rows<Up<T>>({.in_channels = 8, .out_channels = 8, .kernel = {40, 3}, .stride = {80, 1}}, {1, 8, 2, 6},
                            1, 40);
    check_first_rows<upconv::Conv2d<T, NCHW>>(
        {.in_channels = 8, .out_channels = 8, .kernel = 3, .padding = {200, 200, 1, 1}}, {1, 8, 80, 6}, 4, 202);
}

TEST(SameBits, TheSizeOfThePictureChoosesNoOtherSum) {
    check_size_of_the_picture<float>();
    check_size_of_the_picture<Eigen::half>();
}

TEST(SameBits, ASumThatIsZeroHasNoSign) {
    for (Algorithm algorithm : every_algorithm)
        for (float bias : {0.0f, -0.0f}) {
            Conv conv({.in_channels = 1, .out_channels = 1, .kernel = 3, .padding = 1, .algorithm = algorithm});
            Up<float> up({.in_channels = 1, .out_channels = 1, .kernel = 3, .padding = 1, .algorithm = algorithm});
            Tensor4<float> x(1, 1, 2, 2), zero(1, 1, 2, 2);
            x.setConstant(-1e-30f), zero.setZero();
            conv.weight().setConstant(1e-30f), up.weight().setConstant(1e-30f);
            conv.bias().setConstant(bias), up.bias().setConstant(bias);
            EXPECT_TRUE(same_bits(conv(x), zero)) << to_text(algorithm);
            EXPECT_TRUE(same_bits(up(x), zero)) << to_text(algorithm);
            EXPECT_TRUE(same_bits(conv.backward_input(x, {1, 1, 2, 2}), zero)) << to_text(algorithm);
        }
}

TEST(SameBits, PartsOfTheImageOfConv2d) { check_parts(conv_cases(), conv_padding); }
TEST(SameBits, PartsOfTheImageOfConvTranspose2d) { check_parts(up_cases<float>(), up_padding); }

}  // namespace
