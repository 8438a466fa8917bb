// The fast kernels of resizing against the definition: every tail of rows and channels, on every instruction set, in
// both orders of memory, stored into the caches and past them. Then the same bits however a run is cut and laid out.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <upconv/engine/vector_resize.hpp>
#include <vector>

#include "every_isa.hpp"
#include "pretended_threads.hpp"

namespace {

using upconv::Coordinates;
using upconv::Index;
using upconv::Interpolation;
using upconv::ResizeTable;
using upconv::detail::Isa;
using upconv::detail::ResizeRule;
using upconv::detail::RowOf4;
using upconv::detail::Shape4;
using upconv::detail::Storing;

struct Problem {
    Shape4 input;
    ResizeRule rule;
    Index oh, ow;
    bool gradient = false;

    ResizeTable table(Index n, Index m) const {
        const ResizeTable t = upconv::detail::resize_table({n, m, std::nullopt}, rule);
        return gradient ? upconv::detail::transposed(t, n) : t;
    }
    ResizeTable rows() const { return table(input.h, oh); }
    ResizeTable columns() const { return table(input.w, ow); }
    Shape4 from() const { return gradient ? Shape4{input.n, input.c, oh, ow} : input; }
    Shape4 to() const { return gradient ? input : Shape4{input.n, input.c, oh, ow}; }

    std::string text() const {
        return upconv::detail::joined(gradient ? "gradient, " : "", "mode ", static_cast<Index>(rule.mode), ", n",
                                      input.n, " c", input.c, " ", input.h, "x", input.w, " to ", oh, "x", ow);
    }
};

Shape4 strides(const Shape4& s, RowOf4 order) {
    if (order == RowOf4::one_channel) return upconv::detail::contiguous(s);
    return {s.h * s.w * s.c, 1, s.w * s.c, s.c};
}

constexpr Index guard = 80, offset = 5;  // not aligned to any vector

template <class T>
using Numbers = std::vector<T>;

/// What the pass makes of x (in planes) as planes, and nothing beside it is written. With several threads the output
/// begins at a vector's boundary, with one beside it.
template <class Pass, class T>
Numbers<T> run(const Pass& pass, const Problem& p, const Numbers<T>& x, RowOf4 order, Index threads = 1) {
    const Shape4 from = p.from(), to = p.to(), planes = upconv::detail::contiguous(from),
                 out = upconv::detail::contiguous(to);
    Numbers<T> input(x.size() + offset), output(static_cast<std::size_t>(to.size() + 2 * guard), T(77));
    Index lead = 1;
    while ((reinterpret_cast<std::uintptr_t>(output.data() + lead) % 64 == 0) != (threads > 1)) ++lead;
    const upconv::detail::View<const T> source{x.data(), from, planes};
    const upconv::detail::View<T> packed{input.data() + offset, from, strides(from, order)};
    const upconv::detail::View<T> y{output.data() + lead, to, strides(to, order)};
    const auto each = [](const Shape4& s, const auto& f) {
        for (Index n = 0; n < s.n; ++n)
            for (Index c = 0; c < s.c; ++c)
                for (Index h = 0; h < s.h; ++h)
                    for (Index w = 0; w < s.w; ++w) f(n, c, h, w);
    };
    each(from, [&](auto... at) { packed(at...) = source(at...); });
    pass.run(packed, y, PretendedThreads(threads));
    const auto begin = static_cast<std::size_t>(lead), end = begin + static_cast<std::size_t>(to.size());
    for (std::size_t i = 0; i < output.size(); ++i)
        if (i < begin || i >= end) {
            EXPECT_EQ(output[i], T(77)) << "beside the output";
        }
    Numbers<T> result(static_cast<std::size_t>(to.size()));
    const upconv::detail::View<T> target{result.data(), to, out};
    each(to, [&](auto... at) { target(at...) = y(at...); });
    return result;
}

template <class T>
Numbers<T> random_numbers(Index size, bool whole, std::uint64_t seed) {
    std::mt19937_64 engine(seed);
    std::normal_distribution<double> normal;
    Numbers<T> x(static_cast<std::size_t>(size));
    for (T& number : x)
        number = whole || std::integral<T> ? static_cast<T>(engine() % (std::integral<T> ? 200 : 8))
                                           : static_cast<T>(normal(engine));
    return x;
}

/// The double result and the sum of the magnitudes of its terms.
struct Exact {
    Numbers<double> value, magnitude;
};

template <class T>
Exact exact(const Problem& p, const Numbers<T>& x) {
    Problem q = p;
    Numbers<double> wide(x.begin(), x.end()), absolute(wide);
    for (double& number : absolute) number = std::abs(number);
    ResizeTable rows = q.rows(), columns = q.columns();
    Exact result;
    result.value = run(upconv::detail::ReferenceResize<double>(q.from(), rows, columns), q, wide, RowOf4::one_channel);
    for (ResizeTable* table : {&rows, &columns})
        for (double& w : table->weight) w = std::abs(w);
    result.magnitude =
        run(upconv::detail::ReferenceResize<double>(q.from(), rows, columns), q, absolute, RowOf4::one_channel);
    return result;
}

Index most_terms(const ResizeTable& t) {
    Index most = 0;
    for (Index o = 0; o < t.outputs(); ++o)
        most = std::max(most, t.first[static_cast<std::size_t>(o) + 1] - t.first[static_cast<std::size_t>(o)]);
    return most;
}

/// `binary`: all weights and sums are exact in T.
template <class T>
void check(const Problem& p, bool binary) {
    SCOPED_TRACE(p.text());
    const Numbers<T> x = random_numbers<T>(p.from().size(), binary, 1);
    const Exact e = exact(p, x);
    const ResizeTable rows = p.rows(), columns = p.columns();
    const double u = std::numeric_limits<std::conditional_t<std::same_as<T, double>, double, float>>::epsilon() / 2;
    const auto roundings = static_cast<double>(most_terms(rows) + most_terms(columns) + 4);  // two weights, their sums
    for (const Isa isa : every_isa_with_kernels())
        for (const RowOf4 order : {RowOf4::one_channel, RowOf4::all_channels}) {
            Numbers<T> first;
            for (const Storing storing : {Storing::cached, Storing::streamed})
                for (const Index threads : {1, 4}) {
                    const upconv::detail::VectorResize<T> pass(p.from(), rows, columns, order, isa, storing);
                    const Numbers<T> y = run(pass, p, x, order, threads);
                    if (first.empty()) first = y;
                    ASSERT_EQ(std::memcmp(first.data(), y.data(), y.size() * sizeof(T)), 0)
                        << "threads " << threads << ", " << to_text(isa);
                }
            for (std::size_t i = 0; i < first.size(); ++i) {
                const double bound = binary ? 0 : roundings * u * e.magnitude[i];
                const double error =
                    std::is_integral_v<T>
                        ? std::max(std::abs(static_cast<double>(first[i]) - std::clamp(e.value[i], 0.0, 255.0)) - 0.5,
                                   0.0)
                        : std::abs(static_cast<double>(first[i]) - e.value[i]);
                ASSERT_LE(error, std::is_integral_v<T> ? roundings * u * e.magnitude[i] : bound)
                    << "number " << i << ", " << to_text(isa) << ", " << static_cast<int>(order);
            }
        }
}

std::vector<ResizeRule> rules() {
    std::vector<ResizeRule> all;
    for (const Interpolation mode : {Interpolation::nearest, Interpolation::nearest_exact, Interpolation::area})
        all.push_back({.mode = mode});
    for (const Interpolation mode : {Interpolation::bilinear, Interpolation::bicubic, Interpolation::lanczos3}) {
        all.push_back({.mode = mode});
        all.push_back({.mode = mode, .coordinates = Coordinates::align_corners});
        all.push_back({.mode = mode, .antialias = true, .border = upconv::ResizeBorder::drop});
    }
    return all;
}

TEST(ResizePass, EveryTailOfARowExactly) {
    for (Index w = 1; w <= 67; ++w)
        for (const Index factor : {1, 2, 4})
            for (const Interpolation mode : {Interpolation::nearest, Interpolation::bilinear})
                for (const bool gradient : {false, true}) {
                    check<float>({{1, 2, 3, w}, {.mode = mode}, 3 * factor, w * factor, gradient}, true);
                    if (testing::Test::HasFatalFailure()) return;
                }
}

TEST(ResizePass, EveryTailOfTheChannelsExactly) {
    for (Index c = 1; c <= 35; ++c)
        for (const Interpolation mode : {Interpolation::nearest, Interpolation::bilinear})
            for (const bool gradient : {false, true}) {
                check<float>({{2, c, 3, 5}, {.mode = mode}, 6, 10, gradient}, true);
                check<double>({{1, c, 3, 7}, {.mode = mode}, 12, 14, gradient}, true);
                if (testing::Test::HasFatalFailure()) return;
            }
}

TEST(ResizePass, EveryModeUpAndDownWithinItsBound) {
    for (const ResizeRule& rule : rules())
        for (const Shape4& input : {Shape4{2, 3, 7, 37}, Shape4{1, 17, 9, 20}, Shape4{1, 1, 30, 90}})
            for (const auto& [oh, ow] : {std::pair<Index, Index>{14, 74}, {5, 9}, {11, 50}, {3, 130}, {20, 3}})
                for (const bool gradient : {false, true}) {
                    const bool copies = upconv::detail::copies_cells(rule.mode);
                    check<float>({input, rule, oh, ow, gradient}, copies && !gradient);
                    if (!gradient) check<std::uint8_t>({input, rule, oh, ow}, false);
                    if (testing::Test::HasFatalFailure()) return;
                }
}

TEST(ResizePass, DoubleWithinItsBound) {
    for (const ResizeRule& rule : rules())
        for (const auto& [oh, ow] : {std::pair<Index, Index>{14, 74}, {5, 9}, {20, 51}}) {
            check<double>({{1, 3, 7, 37}, rule, oh, ow}, false);
            if (testing::Test::HasFatalFailure()) return;
        }
}

TEST(ResizePass, LayoutAndBatchKeepEveryBit) {
    for (const ResizeRule& rule : rules())
        for (const auto& [oh, ow] : {std::pair<Index, Index>{14, 74}, {5, 9}, {11, 50}, {3, 130}, {20, 3}})
            for (const Index c : {3, 20}) {
                const Problem p{{2, c, 7, 37}, rule, oh, ow}, one{{1, c, 7, 37}, rule, oh, ow};
                SCOPED_TRACE(p.text());
                const Numbers<float> x = random_numbers<float>(p.input.size(), false, 2);
                const Numbers<float> second(x.begin() + p.input.size() / 2, x.end());
                for (const Isa isa : every_isa_with_kernels()) {
                    const auto made = [&](const Problem& q, RowOf4 order, const Numbers<float>& numbers) {
                        const upconv::detail::VectorResize<float> pass(q.input, q.rows(), q.columns(), order, isa,
                                                                       Storing::cached);
                        return run(pass, q, numbers, order);
                    };
                    const auto planes = made(p, RowOf4::one_channel, x), pixels = made(p, RowOf4::all_channels, x);
                    ASSERT_EQ(std::memcmp(planes.data(), pixels.data(), planes.size() * sizeof(float)), 0);
                    const auto alone = made(one, RowOf4::one_channel, second);
                    ASSERT_EQ(std::memcmp(planes.data() + alone.size(), alone.data(), alone.size() * sizeof(float)), 0);
                }
            }
}

/// Numbers of every magnitude, or those whose products underflow; zeros of both signs among them.
template <class T>
Numbers<T> odd_numbers(Index size, std::mt19937_64& engine) {
    std::uniform_real_distribution<double> exponent(-38, 30);
    Numbers<T> x(static_cast<std::size_t>(size));
    const auto kind = engine() % 3;
    for (T& number : x) {
        const double sign = engine() % 2 == 0 || kind == 2 ? -1 : 1, few = static_cast<double>(engine() % 4);
        const double magnitude = kind == 0 ? std::pow(10.0, exponent(engine)) * std::min(few, 1.0)
                                           : few * static_cast<double>(std::numeric_limits<T>::denorm_min());
        number = static_cast<T>(sign * magnitude);
    }
    return x;
}

Problem random_problem(std::mt19937_64& engine) {
    const auto from_to = [&](Index least, Index most) {
        return least + static_cast<Index>(engine() % static_cast<std::uint64_t>(most - least + 1));
    };
    ResizeRule rule{.mode = static_cast<Interpolation>(from_to(0, 5))};
    if (upconv::detail::has_filter(rule.mode)) {
        rule.coordinates = static_cast<Coordinates>(from_to(0, 2));
        rule.antialias = rule.coordinates == Coordinates::half_pixel && from_to(0, 1) == 1;
        rule.border = static_cast<upconv::ResizeBorder>(from_to(0, 1));
    }
    const Shape4 input{2, from_to(0, 2) == 0 ? from_to(5, 35) : from_to(1, 4), from_to(1, 9), from_to(1, 45)};
    const auto resized = [&](Index n) {
        const Index to[] = {n, n * from_to(1, 4), std::max<Index>(n / from_to(2, 3), 1), from_to(1, 70)};
        return to[from_to(0, 3)];
    };
    return {input, rule, resized(input.h), resized(input.w), from_to(0, 1) == 1};
}

/// Where both axes copy, every bit of the definition; else its signs of zero, and the same bits in every layout, from
/// every thread, past the caches and for each image alone.
template <class T>
void check_zeros(const Problem& p, std::mt19937_64& engine) {
    SCOPED_TRACE(p.text());
    const Numbers<T> x = odd_numbers<T>(p.from().size(), engine);
    const ResizeTable rows = p.rows(), columns = p.columns();
    const auto z = run(upconv::detail::ReferenceResize<T>(p.from(), rows, columns), p, x, RowOf4::one_channel);
    const bool copies = rows.copies() && columns.copies();
    Problem one = p;
    one.input.n = 1;
    const Numbers<T> second(x.begin() + one.from().size(), x.end());
    for (const Isa isa : every_isa_with_kernels()) {
        Numbers<T> first;
        for (const RowOf4 order : {RowOf4::one_channel, RowOf4::all_channels})
            for (const Storing storing : {Storing::cached, Storing::streamed}) {
                const auto made = [&](const Problem& q, const Numbers<T>& numbers, Index threads) {
                    return run(upconv::detail::VectorResize<T>(q.from(), rows, columns, order, isa, storing), q,
                               numbers, order, threads);
                };
                const auto y = made(p, x, 1), cut = made(p, x, 5), alone = made(one, second, 1);
                if (first.empty()) first = y;
                const std::size_t bytes = y.size() * sizeof(T);
                ASSERT_EQ(std::memcmp(first.data(), y.data(), bytes), 0) << "in another layout";
                ASSERT_EQ(std::memcmp(y.data(), cut.data(), bytes), 0) << "by threads";
                ASSERT_EQ(std::memcmp(y.data() + alone.size(), alone.data(), bytes / 2), 0) << "alone";
            }
        for (std::size_t i = 0; i < first.size(); ++i) {
            if (copies) {
                ASSERT_EQ(std::memcmp(&first[i], &z[i], sizeof(T)), 0) << "number " << i;
            } else if (first[i] == 0) {
                ASSERT_FALSE(std::signbit(first[i])) << "number " << i << ", " << to_text(isa);
            }
            if (!copies && z[i] == 0) {
                ASSERT_FALSE(std::signbit(z[i])) << "number " << i << " of the definition";
            }
        }
    }
}

TEST(ResizePass, ASumOfZeroIsPositiveAndACopyKeepsItsSign) {
    const unsigned seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 engine(seed);
    for (int i = 0; i < 400; ++i) {
        const Problem p = random_problem(engine);
        check_zeros<float>(p, engine);
        check_zeros<double>(p, engine);
        if (testing::Test::HasFatalFailure()) return;
    }
}

TEST(ResizePass, NanAndInfinityReachOnlyWhatReadsThem) {
    const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
    for (const ResizeRule& rule : rules())
        for (const float bad : {nan, infinity})
            for (const RowOf4 order : {RowOf4::one_channel, RowOf4::all_channels}) {
                const Problem p{{1, 3, 6, 40}, rule, 9, 60};
                SCOPED_TRACE(p.text());
                const upconv::detail::VectorResize<float> pass(p.input, p.rows(), p.columns(), order);
                const upconv::detail::ReferenceResize<float> definition(p.input, p.rows(), p.columns());
                for (std::size_t column = 0; column < 40; ++column) {
                    Numbers<float> x(static_cast<std::size_t>(p.input.size()), 1.0f);
                    x[3 * 40 + column] = bad;
                    const auto y = run(pass, p, x, order), z = run(definition, p, x, order);
                    for (std::size_t i = 0; i < y.size(); ++i)
                        ASSERT_EQ(std::isnan(y[i]) * 2 + std::isinf(y[i]), std::isnan(z[i]) * 2 + std::isinf(z[i]))
                            << i;
                }
            }
}

}  // namespace
