// The channel tile against a plain loop on every tail, at every width. Parts of phases: all taps, none, one, some and
// some that are taken as one run, over the same rows, with bias and activation. Small integers, so any order of the
// sums gives the same.
#include "tiles.hpp"

namespace {

/// Taps of a phase, and those of them that a part of it has.
struct Taps {
    Index rows, columns;
    upconv::Range part_rows, part_columns;
    bool as_run = false;
};
constexpr Taps phase_taps[] = {{2, 3, {0, 2}, {0, 3}},
                               {0, 2, {0, 0}, {0, 2}},
                               {1, 1, {0, 1}, {0, 1}},
                               {2, 3, {1, 2}, {1, 3}},
                               {2, 2, {0, 2}, {0, 2}, true}};

struct ChannelCase {
    Index pixels, channels;
    bool bias = true;
    upconv::Activation activation = upconv::Activation::relu;
};

/// Exact, but for a few units in the last place of what is not elementary.
template <class C>
bool close(const upconv::Activation& f, const std::vector<C>& a, const std::vector<C>& b) {
    const bool smooth = f.kind == upconv::Activation::Kind::sigmoid || f.kind == upconv::Activation::Kind::tanh;
    if (!smooth) return a == b;
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](C x, C y) { return std::abs(x - y) <= 4 * std::numeric_limits<C>::epsilon() * std::abs(y); });
}

template <class C>
struct ChannelInput {
    static constexpr Index tap_rows = 2, step = 2;  // a pixel is two columns further than the one before
    Index block, blocks, columns, block_stride;
    std::vector<C> memory;  // (tap rows, blocks, columns, block)

    ChannelInput(const ChannelCase& of, std::mt19937& engine)
        : block(std::min(of.channels, channel_block)),
          blocks((of.channels + block - 1) / block),
          columns((of.pixels - 1) * step + 3),
          block_stride(columns * block),
          memory(filled(tap_rows * blocks * block_stride, unread<C>)) {
        for (Index i = 0; i < static_cast<Index>(memory.size()); ++i)
            if (i / block_stride % blocks * block + i % block < of.channels)
                memory[static_cast<std::size_t>(i)] = small_integer<C>(engine);
    }
    const C* at(Index row, Index column) const { return memory.data() + row * blocks * block_stride + column * block; }
};

template <class C, int N>
void check_channels(const ChannelCase& of, const Way& way) {
    std::mt19937 engine(1);
    const ChannelInput<C> input(of, engine);
    const Index lanes = N * way.bytes / static_cast<Index>(sizeof(C));
    const std::vector<Index> column_offset{0, input.block, 2 * input.block};
    std::vector<C> weights, bias;
    // Every third case sums two blocks of output channels, with the same weights and biases of their own.
    const Index blocks = of.channels % 3 == 0 ? 2 : 1;
    for (Index lane = 0; lane < blocks * lanes; ++lane) bias.push_back(of.bias ? small_integer<C>(engine) : C(0));
    std::vector<std::vector<const C*>> rows;
    std::vector<SumRows<C>> sums;
    std::vector<std::vector<Index>> steps;
    std::vector<upconv::detail::ChannelPart<C>> parts;
    for (const Taps& taps : phase_taps) {
        const Index begin = static_cast<Index>(weights.size()) / lanes;
        for (Index i = 0; i < taps.rows * taps.columns * of.channels * lanes; ++i)
            weights.push_back(small_integer<C>(engine));
        rows.emplace_back();
        for (Index a = taps.part_rows.begin; a < taps.part_rows.end; ++a)
            for (Index p = 0; p < upconv::detail::ChannelPart<C>::listed(of.pixels); ++p)
                rows.back().push_back(input.at(a, std::min(p, of.pixels - 1) * input.step + taps.part_columns.begin));
        sums.emplace_back(of.pixels, blocks * lanes);
        sums.back().rows.resize(static_cast<std::size_t>(upconv::detail::ChannelPart<C>::listed(of.pixels)),
                                sums.back().rows.back());
        const Index run = taps.as_run && input.blocks == 1 ? taps.part_columns.size() : 1;
        // The rows of taps in lists of their own, or all from the list of the first.
        const bool even = of.channels % 2 == 0;
        parts.push_back({.pixels = of.pixels,
                         .tap_rows = taps.part_rows.size(),
                         .tap_columns = taps.part_columns.size() / run,
                         .row = nullptr,
                         .list_step = even ? 0 : upconv::detail::ChannelPart<C>::listed(of.pixels),
                         .row_step = even ? input.blocks * input.block_stride : 0,
                         .sums = nullptr,
                         .column_offset = column_offset.data(),
                         .run = run,
                         .first_tap = taps.part_rows.begin * taps.columns + taps.part_columns.begin,
                         .phase_columns = taps.columns,
                         .phase_taps = taps.rows * taps.columns,
                         .phase_weight = begin,
                         .step_offset = nullptr,
                         .steps = 0});
        steps.emplace_back();
        const bool all = taps.part_rows.size() == taps.rows && taps.part_columns.size() == taps.columns;
        if (!all || !even || input.blocks > 1) continue;
        for (Index a = 0; a < taps.rows; ++a)
            for (Index i = 0; i < taps.columns * of.channels; ++i)
                steps.back().push_back(a * parts.back().row_step + i);
        parts.back().steps = static_cast<Index>(steps.back().size());
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
        parts[i].row = rows[i].data();
        parts[i].sums = sums[i].rows.data();
        parts[i].step_offset = steps[i].data();
    }
    std::vector<upconv::detail::ChannelOperands<C>> operands;
    for (Index b = 0; b < blocks; ++b)
        operands.push_back({.weight = weights.data(),
                            .channels = of.channels,
                            .block_stride = input.block_stride,
                            .sum_offset = b * lanes,
                            .bias = bias.data() + b * lanes,
                            .activation = of.activation});
    const auto count = static_cast<Index>(parts.size());
    run<C>(way, upconv::detail::ChannelTiles<C, N>{parts.data(), count, operands.data(), blocks, of.channels % 4 == 0});

    for (std::size_t i = 0; i < parts.size(); ++i) {
        const Taps& taps = phase_taps[i];
        SumRows<C> expected(of.pixels, blocks * lanes);
        for (C* row : expected.rows) std::fill(row, row + blocks * lanes, C(0));
        const C* weight = weights.data() + parts[i].phase_weight * lanes;
        for (Index k = 0; k < of.channels; k += input.block)
            for (Index a = 0; a < taps.rows; ++a)
                for (Index b = 0; b < taps.columns; ++b)
                    for (Index c = 0; c < std::min(input.block, of.channels - k); ++c, weight += lanes)
                        for (Index p = 0; p < of.pixels; ++p) {
                            if (a < taps.part_rows.begin || a >= taps.part_rows.end) continue;
                            if (b < taps.part_columns.begin || b >= taps.part_columns.end) continue;
                            const C x = input.at(a, p * input.step + b)[k / input.block * input.block_stride + c];
                            C* const to = expected.rows[static_cast<std::size_t>(p)];
                            for (Index lane = 0; lane < blocks * lanes; ++lane) to[lane] += weight[lane % lanes] * x;
                        }
        for (C* row : expected.rows)
            for (Index lane = 0; lane < blocks * lanes; ++lane)
                row[lane] = upconv::detail::activate(of.activation, row[lane] + bias[static_cast<std::size_t>(lane)]);
        ASSERT_TRUE(close(of.activation, sums[i].memory, expected.memory))
            << "activation " << static_cast<int>(of.activation.kind) << ", part " << i << ", " << of.pixels
            << " pixels, " << of.channels << " channels, " << N << " vectors of " << to_text(way)
            << (sums[i].canaries_live() ? "" : ": wrote beside its sums");
    }
}

template <class C, int N>
void check_channel_tails() {
    for (const Way& way : every_way<C>())
        for (Index pixels = 1; pixels <= 27; ++pixels)
            for (Index channels = 1; channels <= 35; ++channels) {
                check_channels<C, N>({pixels, channels}, way);
                if (testing::Test::HasFatalFailure()) return;
            }
}

TEST(ChannelTile, OneVectorOfFloats) { check_channel_tails<float, 1>(); }
TEST(ChannelTile, TwoVectorsOfFloats) { check_channel_tails<float, 2>(); }
TEST(ChannelTile, OneVectorOfDoubles) { check_channel_tails<double, 1>(); }
TEST(ChannelTile, TwoVectorsOfDoubles) { check_channel_tails<double, 2>(); }

template <class C, int N>
void check_finish() {
    using upconv::Activation;
    for (const Way& way : every_way<C>())
        for (const Activation& f : {Activation::none, Activation::relu, Activation::leaky_relu(0.25),
                                    Activation::sigmoid, Activation::tanh, Activation::clamp(-1, 6)})
            for (bool bias : {false, true})
                for (Index pixels : {1, 12, 19}) check_channels<C, N>({pixels, 20, bias, f}, way);
}

TEST(ChannelTile, BiasAndEveryActivation) {
    check_finish<float, 1>();
    check_finish<float, 2>();
    check_finish<double, 2>();
}

}  // namespace
