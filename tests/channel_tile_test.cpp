// The channel tile against a plain loop on every tail, at every width. Phases of several taps, of none, of one and of
// some beside the picture, over the same rows. Small integers, so any order of the sums gives the same.
#include "tiles.hpp"

namespace {

struct Taps {
    Index rows, columns;
};
constexpr Taps phase_taps[] = {{2, 3}, {0, 2}, {1, 1}, {2, 1}};
constexpr std::size_t padded = 3;  // the phase whose first row of taps lies beside the picture

struct ChannelCase {
    Index pixels, channels;
};

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
    std::vector<std::vector<C>> weights;
    std::vector<std::vector<const C*>> rows;
    std::vector<SumRows<C>> sums;
    std::vector<upconv::ChannelPhase<C>> phases;
    for (const Taps& taps : phase_taps) {
        weights.emplace_back();
        for (Index i = 0; i < taps.rows * taps.columns * of.channels * lanes; ++i)
            weights.back().push_back(small_integer<C>(engine));
        rows.emplace_back();
        for (Index a = 0; a < taps.rows; ++a)
            for (Index p = 0; p < of.pixels; ++p) rows.back().push_back(input.at(a, p * input.step));
        sums.emplace_back(of.pixels, lanes);
    }
    std::fill(rows[padded].begin(), rows[padded].begin() + of.pixels, nullptr);
    for (std::size_t i = 0; i < weights.size(); ++i)
        phases.push_back({of.pixels, phase_taps[i].rows, phase_taps[i].columns, rows[i].data(), sums[i].rows.data(),
                          column_offset.data(), weights[i].data()});
    run<C>(way, upconv::ChannelTiles<C, N>{phases.data(), static_cast<Index>(phases.size()), of.channels,
                                           input.block_stride});

    for (std::size_t i = 0; i < phases.size(); ++i) {
        const upconv::ChannelPhase<C>& phase = phases[i];
        SumRows<C> expected(of.pixels, lanes);
        for (C* row : expected.rows) std::fill(row, row + lanes, C(0));
        const C* weight = phase.weight;
        for (Index k = 0; k < of.channels; k += input.block)
            for (Index a = 0; a < phase.tap_rows; ++a)
                for (Index b = 0; b < phase.tap_columns; ++b)
                    for (Index c = 0; c < std::min(input.block, of.channels - k); ++c, weight += lanes)
                        for (Index p = 0; p < of.pixels; ++p) {
                            if (i == padded && a == 0) continue;
                            const C x = input.at(a, p * input.step + b)[k / input.block * input.block_stride + c];
                            C* const to = expected.rows[static_cast<std::size_t>(p)];
                            for (Index lane = 0; lane < lanes; ++lane) to[lane] += weight[lane] * x;
                        }
        ASSERT_TRUE(sums[i].memory == expected.memory)
            << "phase " << i << ", " << of.pixels << " pixels, " << of.channels << " channels, " << N << " vectors of "
            << to_text(way) << (sums[i].canaries_live() ? "" : ": wrote beside its sums");
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

}  // namespace
