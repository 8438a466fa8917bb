// The pixel tile against a plain loop on every tail, at every width. Two passes over the same pictures, the second
// without taps, with bias and activation. Small integers, so any order of the sums gives the same.
#include <upconv/kernel/pixel_tile.hpp>

#include "tiles.hpp"

namespace {

struct PixelCase {
    Index pictures, pixels, channels, taps, outputs;
    bool room = false;
};

template <class C>
void check_pixels(const PixelCase& of, const Way& way) {
    std::mt19937 engine(2);
    const Index width = way.bytes / static_cast<Index>(sizeof(C)), vectors = (of.pixels + width - 1) / width;
    const std::vector<Index> tap_offset{0, 1, 2, 5, 6, 7};
    const Index behind = of.room ? 8 * width : 0;
    const Index channel_step = vectors * width + behind + tap_offset.back();
    std::vector<C> x = filled(of.pictures * of.channels * channel_step, C(0));
    for (C& number : x) number = small_integer<C>(engine);
    std::vector<C> weight = filled(of.taps * of.channels * of.outputs, C(0));
    std::vector<unsigned> tap_outputs;  // every other tap only for some outputs, as others would read NaN
    for (Index t = 0; t < of.taps; ++t) {
        const unsigned all = (1u << of.outputs) - 1;
        tap_outputs.push_back(t % 2 == 0 ? all : static_cast<unsigned>(engine()) & all);
    }
    const auto has = [&](Index t, Index o) { return (tap_outputs[static_cast<std::size_t>(t)] >> o & 1) != 0; };
    const Index block = std::min(of.channels, channel_block);
    C* next = weight.data();
    for (Index k = 0; k < of.channels; k += block)
        for (Index t = 0; t < of.taps; ++t)
            for (Index c = 0; c < std::min(block, of.channels - k); ++c)
                for (Index o = 0; o < of.outputs; ++o) *next++ = has(t, o) ? small_integer<C>(engine) : unread<C>;
    const Index written = std::max(of.pixels, width) + behind;
    SumRows<C> sums(of.pictures * of.outputs, written), no_sums(of.pictures * of.outputs, written);
    const Index sum_step = written + gap;
    std::vector<C> bias;
    for (Index o = 0; o < of.outputs; ++o) bias.push_back(small_integer<C>(engine));
    std::vector<Index> sum_offset;
    for (Index o = 0; o < of.outputs; ++o) sum_offset.push_back(o * sum_step);
    upconv::detail::PixelOperands<C> pass{.x = x.data(),
                                          .sums = sums.rows[0],
                                          .weight = weight.data(),
                                          .tap_offset = tap_offset.data(),
                                          .tap_outputs = tap_outputs.data(),
                                          .sum_offset = sum_offset.data(),
                                          .taps = of.taps,
                                          .channels = of.channels,
                                          .outputs = of.outputs,
                                          .channel_step = channel_step,
                                          .pictures = of.pictures,
                                          .x_picture = of.channels * channel_step,
                                          .sum_picture = of.outputs * sum_step,
                                          .pixels = of.pixels,
                                          .room = of.room,
                                          .bias = bias.data(),
                                          .activation = upconv::Activation::relu};
    upconv::detail::PixelOperands<C> without_taps = pass;
    without_taps.taps = 0;
    const std::vector<C> none(bias.size(), C(0));
    without_taps.bias = none.data();
    without_taps.sums = no_sums.rows[0];
    const upconv::detail::PixelOperands<C> passes[] = {pass, without_taps};
    run<C>(way, upconv::detail::PixelTiles<C>{passes, 2});

    bool equal = sums.canaries_live() && no_sums.canaries_live();
    for (Index picture = 0; picture < of.pictures; ++picture) {
        std::vector<C> plain = filled(of.outputs * of.pixels, C(0));
        const C* w = weight.data();
        for (Index k = 0; k < of.channels; k += block)
            for (Index t = 0; t < of.taps; ++t)
                for (Index c = k; c < std::min(k + block, of.channels); ++c, w += of.outputs) {
                    const C* const from =
                        x.data() + (picture * of.channels + c) * channel_step + tap_offset[static_cast<std::size_t>(t)];
                    for (Index i = 0; i < of.outputs * of.pixels; ++i)
                        if (has(t, i / of.pixels))
                            plain[static_cast<std::size_t>(i)] += w[i / of.pixels] * from[i % of.pixels];
                }
        for (Index i = 0; i < of.outputs * of.pixels; ++i) {
            C& sum = plain[static_cast<std::size_t>(i)];
            sum = std::max(sum + bias[static_cast<std::size_t>(i / of.pixels)], C(0));
        }
        for (Index o = 0; o < of.outputs; ++o) {
            const auto at = static_cast<std::size_t>(picture * of.outputs + o);
            equal = equal && std::equal(sums.rows[at], sums.rows[at] + of.pixels, plain.data() + o * of.pixels) &&
                    std::all_of(no_sums.rows[at], no_sums.rows[at] + of.pixels, [](C sum) { return sum == 0; });
        }
    }
    ASSERT_TRUE(equal) << of.pictures << " pictures, " << of.pixels << " pixels, " << of.channels << " channels, "
                       << of.taps << " taps, " << of.outputs << " outputs, " << (of.room ? "room, " : "")
                       << to_text(way)
                       << (sums.canaries_live() && no_sums.canaries_live() ? "" : ": wrote beside its sums");
}

template <class C>
void check_pixel_tails() {
    for (const Way& way : every_way<C>())
        for (Index outputs : upconv::detail::pixel_tile_outputs) {
            if (outputs > upconv::detail::most_tile_outputs(way.bytes)) continue;
            const Index width = way.bytes / static_cast<Index>(sizeof(C));
            const Index least = width * upconv::detail::least_pixel_vectors(way.bytes, static_cast<int>(outputs));
            const auto check = [&](Index pictures, Index pixels, Index channels, Index taps) {
                if (pixels >= least) check_pixels<C>({pictures, pixels, channels, taps, outputs}, way);
                check_pixels<C>({pictures, pixels, channels, taps, outputs, true}, way);
                return !testing::Test::HasFatalFailure();
            };
            for (Index pixels = 1; pixels <= 27; ++pixels)
                for (Index channels : {1, 3, 16, 17})
                    if (!check(1, pixels, channels, 6)) return;
            for (Index channels = 1; channels <= 35; ++channels)
                if (!check(2, 21, channels, 3)) return;
            for (Index pixels : {63, 64, 65, 96, 127, 128, 129, 200, 300})
                if (!check(3, pixels, 2, 4)) return;
        }
}

TEST(PixelTile, Floats) { check_pixel_tails<float>(); }
TEST(PixelTile, Doubles) { check_pixel_tails<double>(); }

}  // namespace
