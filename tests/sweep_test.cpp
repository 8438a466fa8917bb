// The sweep: every combination of small sizes is either refused as the formula says or computed as the oracle does,
// forward and all gradients.
#include <chrono>
#include <cstdio>

#include "against_oracle.hpp"
#include "every_algorithm.hpp"

namespace {

using oracle::Index;
using oracle::Request;
using upconv::Padding;
using upconv::Size2;
using Conv = upconv::Conv2d<float>;
using Transposed = upconv::ConvTranspose2d<float>;

constexpr Index coarse_channels = 2, fine_channels = 3, batch = 2;

/// The other axis: three lines, a kernel of two.
constexpr oracle::Axis plain_coarse_to_fine{3, 4, 2, 1, 1, 0}, plain_fine_to_coarse{2, 3, 2, 1, 1, 0};

class Sweep : public testing::TestWithParam<upconv::Algorithm> {
  protected:
    static inline int computed = 0, refused = 0;
    static inline std::chrono::steady_clock::time_point start;

    static void SetUpTestSuite() { start = std::chrono::steady_clock::now(); }
    static void TearDownTestSuite() {
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
        std::printf("sweep: %d combinations computed, %d refused, %.1f s\n", computed, refused, time.count());
    }

    /// Both axes in turn take the request, the other is plain.
    template <class Op>
    void check(const Request& r, const Padding& padding, const std::optional<oracle::Axis>& axis,
               Index output_padding = 0, std::optional<Index> output_size = std::nullopt) {
        for (const bool on_rows : {true, false}) {
            const auto pair = [&](Index swept, Index plain) {
                return on_rows ? Size2(swept, plain) : Size2(plain, swept);
            };
            typename Op::Options options;
            options.in_channels = is_conv<Op> ? fine_channels : coarse_channels;
            options.out_channels = is_conv<Op> ? coarse_channels : fine_channels;
            options.kernel = pair(r.kernel, 2);
            options.stride = pair(r.stride, 1);
            options.dilation = pair(r.dilation, 1);
            options.padding = padding;
            if (padding.rule == Padding::Rule::sides)
                options.padding = on_rows ? Padding(r.before, r.after, 0, 0) : Padding(0, 0, r.before, r.after);
            options.algorithm = GetParam();
            oracle::Axis plain = is_conv<Op> ? plain_fine_to_coarse : plain_coarse_to_fine;
            if constexpr (!is_conv<Op>) {
                options.output_padding = pair(output_padding, 0);
                if (output_size) options.output_size = pair(*output_size, plain.fine);
            }
            const Size2 input = pair(r.n, 3);
            if (!axis) {
                expect_refused<Op>(options, input);
            } else {
                plain_under_rule<Op>(padding.rule, plain);
                const oracle::Problem problem{on_rows ? *axis : plain, on_rows ? plain : *axis, batch, coarse_channels,
                                              fine_channels};
                expect_computed<Op>(options, problem);
            }
        }
    }

  private:
    /// What `same` and `full` make of the plain axis; `valid` and numbers leave it as it is.
    template <class Op>
    static void plain_under_rule(Padding::Rule rule, oracle::Axis& plain) {
        Index& output = is_conv<Op> ? plain.coarse : plain.fine;
        if (rule == Padding::Rule::full) plain.begin = 1, output += is_conv<Op> ? 2 : -2;
        if (rule == Padding::Rule::same || rule == Padding::Rule::same_lower) {
            output = 3;
            plain.begin = rule == Padding::Rule::same ? 0 : 1;
        }
    }

    template <class Op>
    void expect_refused(const typename Op::Options& options, Size2 input) {
        const upconv::Dims dims(batch, options.in_channels, input.h, input.w);
        EXPECT_THROW(Op(options).output_shape(dims), upconv::ShapeError)
            << Op::name << " input " << upconv::to_text(input) << " kernel " << upconv::to_text(options.kernel)
            << " stride " << upconv::to_text(options.stride) << " dilation " << upconv::to_text(options.dilation)
            << " padding " << options.padding.top << " " << options.padding.left;
        ++refused;
    }

    template <class Op>
    void expect_computed(const typename Op::Options& options, const oracle::Problem& problem) {
        Op op(options);
        EXPECT_TRUE(agrees_with_oracle(op, problem, Numbers::integers));
        EXPECT_TRUE(agrees_with_oracle(op, problem, Numbers::normals));
        ++computed;
    }
};

/// Calls f for every kernel, stride and dilation.
template <class F>
void for_each_filter(Index kernels, Index strides, Index dilations, const F& f) {
    for (Index k = 1; k <= kernels; ++k)
        for (Index s = 1; s <= strides; ++s)
            for (Index d = 1; d <= dilations; ++d) f(k, s, d);
}

TEST_P(Sweep, PaddingAndOutputPadding) {
    for_each_filter(4, 4, 3, [&](Index k, Index s, Index d) {
        for (Index n = 1; n <= 6; ++n)
            for (Index p = 0; p <= 4; ++p) {
                const Request r{n, k, s, d, p, p};
                check<Conv>(r, p, oracle::conv_axis(r));
                for (Index op = 0; op <= 3; ++op) check<Transposed>(r, p, oracle::transposed_axis(r, op), op);
            }
    });
}

TEST_P(Sweep, UnequalAndNegativePadding) {
    for_each_filter(3, 3, 2, [&](Index k, Index s, Index d) {
        for (const Index n : {1, 4})
            for (Index before = -2; before <= 3; ++before)
                for (Index after = -2; after <= 3; ++after) {
                    const Request r{n, k, s, d, before, after};
                    check<Conv>(r, 0, oracle::conv_axis(r));
                    check<Transposed>(r, 0, oracle::transposed_axis(r, s - 1), s - 1);
                }
    });
}

TEST_P(Sweep, RulesOfConvolution) {
    for_each_filter(5, 4, 2, [&](Index k, Index s, Index d) {
        for (Index n = 1; n <= 7; ++n) {
            Request r{n, k, s, d, 0, 0};
            check<Conv>(r, Padding::valid, oracle::conv_axis(r));
            r.before = r.after = r.span() - 1;
            check<Conv>(r, Padding::full, oracle::conv_axis(r));
            r.before = r.after = 0;
            const Index total = oracle::same_padding(r);
            r.before = total / 2, r.after = total - total / 2;
            check<Conv>(r, Padding::same, oracle::conv_axis(r));
            std::swap(r.before, r.after);
            check<Conv>(r, Padding::same_lower, oracle::conv_axis(r));
        }
    });
}

/// A transposed axis of that output extent, with the cut T = N - m halved as `same` does.
oracle::Axis halved(const Request& r, Index output, bool lower) {
    const Index cut = std::max<Index>(r.natural() - output, 0);
    return {r.n, output, r.kernel, r.stride, r.dilation, lower ? cut - cut / 2 : cut / 2};
}

TEST_P(Sweep, RulesOfTransposedConvolution) {
    for_each_filter(5, 4, 2, [&](Index k, Index s, Index d) {
        for (Index n = 1; n <= 5; ++n) {
            Request r{n, k, s, d, 0, 0};
            check<Transposed>(r, Padding::same, halved(r, n * s, false));
            check<Transposed>(r, Padding::same_lower, halved(r, n * s, true));
            check<Transposed>(r, Padding::valid, oracle::Axis{n, (n - 1) * s + std::max(r.span(), s), k, s, d, 0});
            for (Index op = 1; op < s; ++op) {
                const Index output = (n - 1) * s + r.span() % 2 + op;
                check<Transposed>(r, Padding::same, halved(r, output, false), op);
                check<Transposed>(r, Padding::valid, oracle::Axis{n, r.natural() + op, k, s, d, 0}, op);
            }
            r.before = r.after = r.span() - 1;
            check<Transposed>(r, Padding::full, oracle::transposed_axis(r));
        }
    });
}

TEST_P(Sweep, OutputSize) {
    for_each_filter(3, 3, 2, [&](Index k, Index s, Index d) {
        for (const Index n : {1, 3})
            for (const Index p : {0, 1}) {
                const Request r{n, k, s, d, p, p};
                const Index most = r.natural() - 2 * p + std::max(s, d) - 1;  // the relation makes no more
                for (Index size = -1; size <= most + 1; ++size) {
                    const bool legal = size >= 1 && size <= most;
                    const oracle::Axis axis{n, size, k, s, d, p};
                    check<Transposed>(r, p, legal ? std::optional(axis) : std::nullopt, 0, size);
                }
            }
    });
}

TEST_P(Sweep, OutputSizeUnderSame) {
    for_each_filter(3, 3, 2, [&](Index k, Index s, Index d) {
        const Request r{3, k, s, d, 0, 0};
        for (Index size = 1; size <= r.natural() + std::max(s, d) - 1; ++size)
            for (const bool lower : {false, true}) {
                const Padding& padding = lower ? Padding::same_lower : Padding::same;
                const oracle::Axis axis = halved(r, size, lower);
                Transposed::Options options{.in_channels = 1,
                                            .out_channels = 1,
                                            .kernel = k,
                                            .stride = s,
                                            .padding = padding,
                                            .output_size = size,
                                            .dilation = d,
                                            .algorithm = GetParam()};
                Transposed op(options);
                const oracle::Problem problem{axis, axis};
                EXPECT_TRUE(agrees_with_oracle(op, problem, Numbers::integers));
                ++computed;
            }
    });
}

// Tails: one extent at a time takes every value that a kernel's tiles could leave over.

struct Shape {
    Index in_channels, out_channels, groups, h, w;
};

template <class Op>
void check_square(const Shape& shape, const Request& filter, Index output_padding, upconv::Algorithm algorithm) {
    typename Op::Options options;
    options.in_channels = shape.in_channels;
    options.out_channels = shape.out_channels;
    options.groups = shape.groups;
    options.kernel = filter.kernel;
    options.stride = filter.stride;
    options.dilation = filter.dilation;
    options.padding = filter.before;
    options.algorithm = algorithm;
    if constexpr (!is_conv<Op>) options.output_padding = output_padding;
    const auto axis = [&](Index n) {
        Request r = filter;
        r.n = n;
        return is_conv<Op> ? oracle::conv_axis(r) : oracle::transposed_axis(r, output_padding);
    };
    if (!axis(shape.h) || !axis(shape.w)) return;
    Op op(options);
    const Index coarse = is_conv<Op> ? shape.out_channels : shape.in_channels;
    const Index fine = is_conv<Op> ? shape.in_channels : shape.out_channels;
    const oracle::Problem problem{*axis(shape.h), *axis(shape.w), 1, coarse, fine, shape.groups};
    for (const Numbers numbers : {Numbers::integers, Numbers::normals})
        EXPECT_TRUE(agrees_with_oracle(op, problem, numbers));
}

/// Filters that networks are made of, and some that are not.
constexpr Request filters[] = {{0, 3, 1, 1, 1, 1}, {0, 2, 2, 1, 0, 0}, {0, 3, 2, 1, 1, 1}, {0, 4, 2, 1, 1, 1},
                               {0, 1, 1, 1, 0, 0}, {0, 1, 2, 1, 0, 0}, {0, 5, 3, 1, 2, 2}, {0, 3, 2, 2, 2, 2}};

void check_tails(const Shape& shape, upconv::Algorithm algorithm) {
    for (const Request& filter : filters) {
        check_square<Conv>(shape, filter, 0, algorithm);
        check_square<Transposed>(shape, filter, filter.stride - 1, algorithm);
    }
}

TEST_P(Sweep, Widths) {
    for (Index w = 1; w <= 67; ++w) check_tails({2, 3, 1, 3, w}, GetParam());
}
TEST_P(Sweep, Heights) {
    for (Index h = 1; h <= 35; ++h) check_tails({2, 3, 1, h, 3}, GetParam());
}
TEST_P(Sweep, InputChannels) {
    for (Index c = 1; c <= 35; ++c) check_tails({c, 3, 1, 3, 4}, GetParam());
}
TEST_P(Sweep, OutputChannels) {
    for (Index c = 1; c <= 35; ++c) check_tails({3, c, 1, 3, 4}, GetParam());
}
TEST_P(Sweep, Groups) {
    for (Index g = 1; g <= 19; ++g) {
        check_tails({g, g, g, 3, 4}, GetParam());          // depthwise
        check_tails({g, 3 * g, g, 3, 4}, GetParam());      // with a multiplier
        check_tails({2 * g, 3 * g, g, 3, 4}, GetParam());  // grouped, unequal channels
    }
}

INSTANTIATE_TEST_SUITE_P(Algorithms, Sweep,
                         testing::ValuesIn(every_algorithm),
                         [](const auto& algorithm) { return std::string(upconv::to_text(algorithm.param)); });

}  // namespace
