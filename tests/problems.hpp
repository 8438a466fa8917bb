// Problems as the plans have them, without Eigen: how to make them, and tensors for them.
#pragma once

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <upconv/engine.hpp>
#include <upconv/engine/filter_plan.hpp>
#include <upconv/kernel/store.hpp>
#include <upconv/plan/strips.hpp>
#include <vector>

#include "pretended_threads.hpp"

template <class A, class B>
bool same_bits(const A& a, const B& b) {
    return a.size() == b.size() &&
           std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(*a.data())) == 0;
}

enum class Memory { planes, pixels };  // n, c, h, w or n, h, w, c

/// A tensor in memory of exactly its size.
template <class T>
struct TensorOf {
    upconv::detail::Shape4 shape, stride;
    std::vector<T> memory;

    TensorOf(const upconv::detail::Shape4& s, Memory order, T value)
        : shape(s),
          stride(order == Memory::planes ? contiguous(s) : upconv::detail::Shape4{s.c * s.h * s.w, 1, s.w * s.c, s.c}),
          memory(static_cast<std::size_t>(s.size()), value) {}

    upconv::detail::View<const T> view() const { return {memory.data(), shape, stride}; }
    upconv::detail::View<T> view() { return {memory.data(), shape, stride}; }

    /// The same numbers in planes: one after the other as n, c, h, w.
    std::vector<T> planes() const {
        std::vector<T> values;
        for (upconv::Index n = 0; n < shape.n; ++n)
            for (upconv::Index c = 0; c < shape.c; ++c)
                for (upconv::Index h = 0; h < shape.h; ++h)
                    for (upconv::Index w = 0; w < shape.w; ++w) values.push_back(view()(n, c, h, w));
        return values;
    }
};

/// What one axis is asked for. `end` below 0 leaves lines of the fine grid free behind the last filter.
struct AxisOptions {
    upconv::Index coarse, kernel, stride = 1, dilation = 1, begin = 0, end = 0;

    /// With as many fine lines as that makes, but at least one.
    upconv::detail::Axis axis() const {
        upconv::detail::Axis a{coarse, 1, kernel, stride, dilation, begin};
        a.fine = std::max<upconv::Index>(a.natural() - begin - end, 1);
        return a;
    }
};

inline std::string to_text(const upconv::detail::FilterProblem& p) {
    const auto axis = [](const char* name, const upconv::detail::Axis& a) {
        return std::string(name) + " (coarse " + std::to_string(a.coarse) + " fine " + std::to_string(a.fine) + " k" +
               std::to_string(a.kernel) + " s" + std::to_string(a.stride) + " d" + std::to_string(a.dilation) +
               " begin " + std::to_string(a.begin) + ")";
    };
    const upconv::detail::Relation& r = p.relation;
    return std::string(p.direction == upconv::detail::Direction::to_coarse ? "to coarse, " : "to fine, ") +
           axis("rows", r.rows) + axis(", columns", r.columns) + ", n " + std::to_string(p.n) + ", channels " +
           std::to_string(r.coarse_channels) + " coarse " + std::to_string(r.fine_channels) + " fine, groups " +
           std::to_string(r.groups) + ", activation " + std::to_string(static_cast<int>(p.activation.kind));
}

/// In [low, high].
class Dice {
  public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    upconv::Index operator()(upconv::Index low, upconv::Index high) {
        return low + static_cast<upconv::Index>(engine_() % static_cast<std::uint64_t>(high - low + 1));
    }

  private:
    std::mt19937_64 engine_;
};

/// Any kernel, stride, dilation, padding, cropping, groups and batch, at sizes that take microseconds.
inline upconv::detail::FilterProblem random_problem(Dice& dice) {
    const auto axis = [&](upconv::Index most) {
        const upconv::Index kernel = dice(1, 5), dilation = dice(1, 3), span = (kernel - 1) * dilation;
        return AxisOptions{dice(1, most), kernel, dice(1, 4), dilation, dice(-2, span), dice(-3, span)}.axis();
    };
    const upconv::Index groups = dice(0, 2) == 0 ? dice(2, 5) : 1;
    const upconv::Index most = dice(0, 3) == 0 ? 35 : 6;
    upconv::detail::FilterProblem p;
    p.relation = {axis(9), axis(dice(0, 4) == 0 ? 40 : 12), groups * dice(1, most), groups * dice(1, most), groups};
    p.direction = dice(0, 1) == 0 ? upconv::detail::Direction::to_coarse : upconv::detail::Direction::to_fine;
    p.n = dice(1, 3);
    if (dice(0, 3) == 0) p.activation = upconv::Activation::relu;
    return p;
}

/// The same with each channel alone.
inline upconv::detail::FilterProblem random_depthwise(Dice& dice) {
    upconv::detail::FilterProblem p = random_problem(dice);
    const upconv::Index channels = dice(1, 40);
    p.relation.coarse_channels = p.relation.fine_channels = p.relation.groups = channels;
    return p;
}

/// What a run needs: input, weights and bias, of small integers (exact in float) or of normal numbers.
template <class T>
struct Numbers4 {
    TensorOf<T> input;
    std::vector<T> weight, bias;

    template <class Next>
    Numbers4(const upconv::detail::FilterProblem& p, Memory order, const Next& next)
        : input(p.input_shape(), order, T(0)) {
        const upconv::detail::Shape4& s = input.shape;  // by position, so that both orders get the same tensor
        for (upconv::Index n = 0; n < s.n; ++n)
            for (upconv::Index c = 0; c < s.c; ++c)
                for (upconv::Index h = 0; h < s.h; ++h)
                    for (upconv::Index w = 0; w < s.w; ++w) input.view()(n, c, h, w) = static_cast<T>(next());
        for (upconv::Index i = 0; i < p.relation.weight_count(); ++i) weight.push_back(static_cast<T>(next()));
        for (upconv::Index i = 0; i < p.output_shape().c; ++i) bias.push_back(static_cast<T>(next()));
    }
};

template <class T>
Numbers4<T> integer_numbers(const upconv::detail::FilterProblem& p, Memory order, std::uint64_t seed) {
    std::mt19937_64 engine(seed);
    return {p, order, [&] { return static_cast<int>(engine() % 7) - 3; }};
}

template <class T>
Numbers4<T> normal_numbers(const upconv::detail::FilterProblem& p, Memory order, std::uint64_t seed) {
    std::mt19937_64 engine(seed);
    std::normal_distribution<double> normal;
    return {p, order, [&] { return normal(engine); }};
}

/// From 1e-38 to 1e30 of either sign (double: the eighth power), zeros of both signs and subnormal numbers among them:
/// products that underflow, sums that cancel and sums of which the largest term is all that is left.
template <class T>
Numbers4<T> wild_numbers(const upconv::detail::FilterProblem& p, Memory order, std::uint64_t seed) {
    std::mt19937_64 engine(seed);
    constexpr std::array<double, 2> exponents[] = {{-38, 30}, {-38, -18}, {-32, -20}, {-25, -21}, {-3, 3}};
    const auto [low, high] = exponents[engine() % std::size(exponents)];
    std::uniform_real_distribution<double> exponent(low, high);
    const double power = sizeof(T) == 8 ? 8 : 1;
    const bool few = engine() % 2 == 0;  // values, so that sums cancel
    return {p, order, [&] {
                const double sign = engine() % 2 == 0 ? 1 : -1;
                if (engine() % 8 == 0) return sign * 0.0;
                return sign * std::pow(10.0, power * (few ? std::round(exponent(engine)) : exponent(engine)));
            }};
}

/// A plan with its weights.
template <class Plan, class T>
Plan packed(Plan plan, const std::vector<T>& weight) {
    plan.pack(weight.data());
    return plan;
}

/// A kernel by name; or whichever the problem gets where that one cannot be had.
template <class T>
upconv::detail::FilterPlan<T> plan_by(upconv::Algorithm kernel, upconv::detail::FilterProblem p,
                                      const std::vector<T>& weight,
                                      upconv::detail::Isa isa = upconv::detail::best_isa()) {
    p.algorithm = kernel;
    return packed(upconv::detail::FilterPlan<T>(p, isa), weight);
}

/// f(name, plan) for each kernel that the problem can have; where the layout decides what it does, for each layout.
template <class T, class F>
void for_each_kernel(upconv::detail::FilterProblem p, const std::vector<T>& weight, upconv::detail::Isa isa,
                     const F& f) {
    using upconv::detail::Neighbours;
    for (upconv::Algorithm kernel : upconv::detail::every_kernel)
        for (Neighbours neighbours : {Neighbours::columns, Neighbours::channels}) {
            p.algorithm = kernel;
            p.neighbours = neighbours;
            if (neighbours == Neighbours::channels && kernel != upconv::Algorithm::depthwise) continue;
            if (upconv::detail::FilterPlan<T>::chosen(p, isa) == kernel)
                f(upconv::to_text(kernel), packed(upconv::detail::FilterPlan<T>(p, isa), weight));
        }
}

/// The output of a plan, which held NaN before.
template <class Plan, class T>
TensorOf<T> output_of(const Plan& plan, const upconv::detail::FilterProblem& p, const Numbers4<T>& numbers,
                      Memory order, PretendedThreads threads = {}) {
    TensorOf<T> y(p.output_shape(), order, std::numeric_limits<T>::quiet_NaN());
    const T* const bias = numbers.bias.empty() ? nullptr : numbers.bias.data();
    plan.run(numbers.input.view(), y.view(), upconv::detail::Store<T>{bias, p.activation}, threads);
    return y;
}
