// The depthwise plan against the reference on both layouts, wherever the tensors begin in a cache line, with NaN in and
// around the input and canaries around the output. Small integers, so any order of the sums gives the same; and normal
// numbers, whose bits must not depend on where they lie.
#include <gtest/gtest.h>

#include <cmath>
#include <upconv/plan/depthwise_way.hpp>

#include "every_isa.hpp"
#include "problems.hpp"

namespace {

using upconv::Index;
using upconv::detail::FilterProblem;

/// A copy of a tensor that begins `offset` numbers past a cache line, between other numbers.
template <class T>
class Placed {
  public:
    Placed(const TensorOf<T>& x, Index offset, T around)
        : around_(around), memory_(x.memory.size() + 2 * margin + 64, around), shape_(x.shape), stride_(x.stride) {
        const auto address = reinterpret_cast<std::uintptr_t>(memory_.data() + margin);
        first_ = margin + static_cast<Index>((64 - address % 64) % 64 / sizeof(T)) + offset;
        size_ = static_cast<Index>(x.memory.size());
        std::copy(x.memory.begin(), x.memory.end(), memory_.begin() + first_);
    }

    upconv::detail::View<T> view() { return {memory_.data() + first_, shape_, stride_}; }
    std::vector<T> numbers() const { return {memory_.begin() + first_, memory_.begin() + first_ + size_}; }
    bool around_lives() const {
        const auto lives = [&](T number) { return number == around_; };
        return std::all_of(memory_.begin(), memory_.begin() + first_, lives) &&
               std::all_of(memory_.begin() + first_ + size_, memory_.end(), lives);
    }

  private:
    static constexpr Index margin = 64;
    T around_;
    std::vector<T> memory_;
    upconv::detail::Shape4 shape_, stride_;
    Index first_ = 0, size_ = 0;
};

template <class T>
constexpr T nan_of = std::numeric_limits<T>::quiet_NaN();

template <class Plan, class T>
std::vector<T> placed_output(const Plan& plan, const FilterProblem& p, const Numbers4<T>& numbers, Memory order,
                             Index input_at, Index output_at, Index threads) {
    Placed<T> x(numbers.input, input_at, nan_of<T>);
    Placed<T> y(TensorOf<T>(p.output_shape(), order, nan_of<T>), output_at, T(12345));
    plan.run(upconv::detail::View<const T>(x.view()), y.view(),
             upconv::detail::Store<T>{numbers.bias.data(), p.activation}, PretendedThreads{threads});
    EXPECT_TRUE(y.around_lives()) << to_text(p);
    return y.numbers();
}

template <class T>
bool same_numbers(const std::vector<T>& a, const std::vector<T>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](T l, T r) { return l == r || (std::isnan(l) && std::isnan(r)); });
}

FilterProblem random_wide_depthwise(Dice& dice, Index width) {
    constexpr Index strides[] = {1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 17, 20, 32, 33};
    const bool to_fine = dice(0, 2) != 0;
    const auto axis = [&](Index most, Index stride, Index kernel) {
        const Index dilation = dice(0, 4) == 0 ? dice(2, 3) : 1, span = (kernel - 1) * dilation;
        return AxisOptions{dice(1, most), kernel, stride, dilation, dice(-2, span), dice(-3, span)}.axis();
    };
    const Index stride = strides[dice(0, to_fine ? 16 : 4)], rows = dice(1, 3);
    const Index whole = dice(1, 3) * width, channels = dice(0, 2) != 0 ? whole : dice(1, 40);
    FilterProblem p;
    p.relation = {axis(dice(0, 1) == 0 ? 20 : 5, rows, dice(1, 4)),
                  axis(dice(0, 1) == 0 ? 160 / (to_fine ? stride : 2) + 1 : 20, stride,
                       dice(1, 2 * std::min<Index>(stride, 9) + 1)),
                  channels, channels, channels};
    p.direction = to_fine ? upconv::detail::Direction::to_fine : upconv::detail::Direction::to_coarse;
    p.n = dice(1, 2);
    if (dice(0, 3) == 0) p.activation = upconv::Activation::relu;
    return p;
}

template <class T>
void check_places(std::uint64_t seed) {
    Dice dice(seed);
    for (std::uint64_t trial = 0; trial < 500; ++trial)
        for (upconv::detail::Isa isa : every_isa_with_kernels()) {
            FilterProblem p = random_wide_depthwise(dice, upconv::detail::vector_bytes(isa) / Index(sizeof(T)));
            for (Memory order : {Memory::planes, Memory::pixels}) {
                p.neighbours = order == Memory::planes ? upconv::detail::Neighbours::columns
                                                       : upconv::detail::Neighbours::channels;
                Numbers4<T> integers = integer_numbers<T>(p, order, trial);
                const Numbers4<T> normals = normal_numbers<T>(p, order, trial);
                if (trial % 2 == 0)
                    integers.input.memory[static_cast<std::size_t>(
                        dice(0, static_cast<Index>(integers.input.memory.size()) - 1))] = nan_of<T>;
                const auto plan = plan_by(upconv::Algorithm::depthwise, p, integers.weight, isa);
                const auto other = plan_by(upconv::Algorithm::depthwise, p, normals.weight, isa);
                const auto reference = packed(upconv::detail::ReferencePlan<T>(p), integers.weight);
                const std::vector<T> expected = output_of(reference, p, integers, order).memory;
                const std::vector<T> bits = placed_output(other, p, normals, order, 0, 0, 1);
                for (int place = 0; place < 3; ++place) {
                    const Index most = 64 / Index(sizeof(T)) - 1, threads = dice(1, 3);
                    const Index x_at = dice(0, most), y_at = dice(0, 1) == 0 ? x_at : dice(0, most);
                    const auto where = [&] {
                        return std::to_string(x_at) + " and " + std::to_string(y_at) + " numbers past a line, " +
                               std::to_string(threads) + " threads, " + to_text(isa) +
                               (order == Memory::planes ? ", planes; " : ", pixels; ") + to_text(p);
                    };
                    ASSERT_TRUE(same_numbers(placed_output(plan, p, integers, order, x_at, y_at, threads), expected))
                        << where();
                    const std::vector<T> again = placed_output(other, p, normals, order, x_at, y_at, threads);
                    ASSERT_TRUE(same_bits(again, bits)) << where();
                }
            }
        }
}

/// What a machine would do can be asked of any: plans are values.
TEST(DepthwisePlan, IsMadeForALayoutAndAMachine) {
    using upconv::detail::DepthwiseWay, upconv::detail::Isa, upconv::detail::Neighbours;
    FilterProblem p;
    p.relation = {AxisOptions{56, 3, 1, 1, 1, 1}.axis(), AxisOptions{56, 3, 1, 1, 1, 1}.axis(), 32, 32, 32};
    p.n = 1;
    const auto way = [&](Isa isa, bool narrow = false) { return depthwise_way(p, isa, 4, narrow); };
    for (Isa isa : {Isa::avx2, Isa::avx512}) {
        p.direction = upconv::detail::Direction::to_coarse;
        p.neighbours = Neighbours::columns;
        EXPECT_EQ(way(isa), DepthwiseWay::over_planes);
        EXPECT_EQ(way(isa, true), DepthwiseWay::over_pixels);
        p.neighbours = Neighbours::channels;
        EXPECT_EQ(way(isa), DepthwiseWay::over_channels);
        p.direction = upconv::detail::Direction::to_fine;
        p.relation.rows = p.relation.columns = AxisOptions{56, 4, 2, 1, 1, 1}.axis();
        EXPECT_EQ(way(isa), DepthwiseWay::over_channels);
        p.neighbours = Neighbours::columns;
        EXPECT_EQ(way(isa), DepthwiseWay::over_fine_planes);
        p.relation.rows = p.relation.columns = AxisOptions{56, 3, 1, 1, 1, 1}.axis();
    }
    p.relation.coarse_channels = p.relation.fine_channels = p.relation.groups = 3;
    p.neighbours = Neighbours::channels;
    EXPECT_EQ(way(Isa::avx512), DepthwiseWay::over_pixels);
    using Plan = upconv::detail::DepthwisePlanesPlan;
    EXPECT_EQ(Plan(p, Isa::avx2, 4), Plan(p, Isa::avx2, 4));
    EXPECT_FALSE(Plan(p, Isa::avx2, 4) == Plan(p, Isa::avx512, 4));
    EXPECT_FALSE(Plan(p, Isa::avx2, 4) == Plan(p, Isa::avx2, 8));
}

TEST(DepthwisePlan, FloatsAnywhere) { check_places<float>(1); }
TEST(DepthwisePlan, DoublesAnywhere) { check_places<double>(2); }

}  // namespace
