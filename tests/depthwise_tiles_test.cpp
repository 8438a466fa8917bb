// The depthwise kernels against plain loops on every tail, at every width: over channels, over planes, and the padded
// rows that planes are read from. Small integers, so any order of the sums gives the same.
#include <upconv/kernel/depthwise_channels.hpp>
#include <upconv/kernel/depthwise_planes.hpp>
#include <upconv/kernel/padded_rows.hpp>

#include "tiles.hpp"

namespace {

using upconv::Range;
using upconv::detail::Phase;

template <class C>
std::vector<C> small_integers(Index size, std::mt19937& engine) {
    std::vector<C> numbers = filled(size, C(0));
    for (C& number : numbers) number = small_integer<C>(engine);
    return numbers;
}

/// A line of taps: the input of `step` is step * input_step + first + t * spacing.
Phase line_of_taps(Index input, Index input_step, Index first, Index spacing, Index count) {
    return {.taps = count, .input = input, .first_input = first, .input_step = input_step, .spacing = spacing};
}

/// Pixels stand `gap` apart, with NaN in between in the input and canaries in the output. With a shift they are
/// neighbours, and the columns are cut in two blocks.
template <class C>
void check_channels(Index channels, const Phase& rows, const Phase& columns, Index width, const Way& way,
                    Index shift = 0, Index height = 3) {
    std::mt19937 engine(3);
    const Index between = shift == 0 ? gap : 0, step = channels + between, x_row = columns.input * step;
    std::vector<C> x = filled(rows.input * x_row, unread<C>);
    for (std::size_t i = 0; i < x.size(); ++i)
        if (static_cast<Index>(i) % step < channels) x[i] = small_integer<C>(engine);
    const std::vector<C> weight = small_integers<C>(rows.taps * columns.taps * channels, engine);
    const std::vector<C> bias = small_integers<C>(channels, engine);
    const Index lead = shift == 0 ? 0 : way.bytes / static_cast<Index>(sizeof(C)), weight_step = lead + channels;
    std::vector<C> with_lead = filled(rows.taps * columns.taps * weight_step + lead, unread<C>);
    for (Index i = 0; i < rows.taps * columns.taps * weight_step; ++i)
        with_lead[static_cast<std::size_t>(i)] = weight[static_cast<std::size_t>(
            i / weight_step * channels + (i % weight_step + channels - lead) % channels)];
    std::vector<C> memory = filled(2 * gap + height * width * step, canary<C>);
    C* const y = memory.data() + gap;
    for (Range block : {Range{0, width / 2}, Range{width / 2, width}})
        run<C>(way, upconv::detail::DepthwiseChannels<C>{x.data(),
                                                         y,
                                                         with_lead.data() + lead,
                                                         bias.data(),
                                                         upconv::Activation::clamp(-20, 20),
                                                         rows,
                                                         columns,
                                                         {0, height},
                                                         block,
                                                         {0, channels - shift},
                                                         x_row,
                                                         step,
                                                         width * step,
                                                         step,
                                                         weight_step,
                                                         shift,
                                                         channels,
                                                         {0, width}});
    bool equal = true;
    for (std::size_t i = 0; i < memory.size(); ++i) {
        const Index at = static_cast<Index>(i) - gap;
        const bool beside = at < 0 || at >= height * width * step || at % step >= channels;
        equal = equal && (!beside || memory[i] == canary<C>);
    }
    for (Index i = 0; i < height * width * channels; ++i) {
        const Index c = i % channels, pixel = i / channels;
        C sum = 0;
        for (Index t = 0; t < rows.taps * columns.taps; ++t) {
            const Index row = rows.at(pixel / width, t / columns.taps);
            const Index column = columns.at(pixel % width, t % columns.taps);
            if (row < 0 || row >= rows.input || column < 0 || column >= columns.input) continue;
            sum += weight[static_cast<std::size_t>(t * channels + c)] *
                   x[static_cast<std::size_t>(row * x_row + column * step + c)];
        }
        const C expected = std::clamp<C>(sum + bias[static_cast<std::size_t>(c)], -20, 20);
        equal = equal && y[pixel * step + c] == expected;
    }
    ASSERT_TRUE(equal) << channels << " channels, " << width << " pixels of " << columns.input << ", step "
                       << columns.input_step << ", taps " << rows.taps << " x " << columns.taps << " from "
                       << columns.first_input << " by " << columns.spacing << ", shift " << shift << ", "
                       << to_text(way);
}

template <class C>
void check_channel_tails() {
    for (const Way& way : every_way<C>()) {
        const Index least = way.bytes / static_cast<Index>(sizeof(C));
        const Phase rows = line_of_taps(4, 1, -1, 1, 3);
        for (Index step : {1, 2, 3})
            for (Index width = 1; width <= 45; ++width) {
                check_channels<C>(least, rows, line_of_taps(width * step, step, -1, 1, 3), width, way);
                if (width % 4 == 1)
                    check_channels<C>(least, rows, line_of_taps(width * step + 1, step, 3, -1, 5), width, way);
                if (width % 4 == 2)
                    check_channels<C>(least, rows, line_of_taps(width * step, step, -4, 3, 3), width, way);
                if (testing::Test::HasFatalFailure()) return;
            }
        for (Index channels = least; channels <= 3 * least + 1; ++channels)
            for (Index taps : {0, 1, 2, 3, 7}) {
                check_channels<C>(channels, line_of_taps(5, 2, -2, 1, taps), line_of_taps(17, 1, -2, 1, taps), 17, way);
                if (testing::Test::HasFatalFailure()) return;
            }
        for (Index shift = 1; shift < least; ++shift)
            for (Index channels : {least, 2 * least, 5 * least})
                for (Index width = 1; width <= 34; width += 1 + shift % 3) {
                    check_channels<C>(channels, line_of_taps(10, 1, -1, 1, 3), line_of_taps(width, 1, -1, 1, 3), width,
                                      way, shift, 10);
                    check_channels<C>(channels, line_of_taps(9, 1, 2, -1, 4), line_of_taps(width, 1, 1, -1, 2), width,
                                      way, shift, 10);
                    check_channels<C>(channels, line_of_taps(3, 1, -4, 3, 3), line_of_taps(width, 1, -6, 3, 5), width,
                                      way, shift);
                    check_channels<C>(channels, line_of_taps(22, 2, -1, 1, 3), line_of_taps(2 * width, 2, -1, 1, 3),
                                      width, way, shift, 11);
                    check_channels<C>(channels, line_of_taps(9, 2, 1, -1, 2), line_of_taps(2 * width + 1, 2, 0, 1, 3),
                                      width, way, shift, 5);
                    check_channels<C>(channels, line_of_taps(3, 1, 0, 1, 1), line_of_taps(width + 3, 1, 1, 1, 2), width,
                                      way, shift);
                    if (testing::Test::HasFatalFailure()) return;
                }
    }
}

/// Rows of the output stand `between` apart; what a short row writes beside it may only be the next row's.
template <class C>
void check_planes(Index rows, Index columns, Index taps, Index step, Index between, const Way& way) {
    std::mt19937 engine(4);
    const Index width = way.bytes / static_cast<Index>(sizeof(C)), planes = 2;
    const Index row = columns + 9, plane = ((rows - 1) * step + taps) * row;
    const std::vector<C> x = small_integers<C>(planes * plane + 2 * width, engine);
    const std::vector<C> weight = small_integers<C>(planes * taps * taps, engine);
    const std::vector<C> bias = small_integers<C>(planes, engine);
    const std::vector<Index> column_offset{2, 1, 3, 0, 5};
    const Index y_row = columns + between, y_plane = rows * y_row + gap;
    std::vector<C> y = filled(planes * y_plane, canary<C>), expected = y;
    run<C>(way, upconv::detail::DepthwisePlanes<C>{x.data(), y.data(), weight.data(), bias.data(),
                                                   upconv::Activation::relu, column_offset.data(), taps, taps, planes,
                                                   rows, columns, plane, step * row, row, y_plane, y_row});
    for (Index p = 0; p < planes; ++p)
        for (Index i = 0; i < rows * columns; ++i) {
            C sum = 0;
            for (Index t = 0; t < taps * taps; ++t)
                sum += weight[static_cast<std::size_t>(p * taps * taps + t)] *
                       x[static_cast<std::size_t>(p * plane + (i / columns * step + t / taps) * row + i % columns +
                                                  column_offset[static_cast<std::size_t>(t % taps)])];
            expected[static_cast<std::size_t>(p * y_plane + i / columns * y_row + i % columns)] =
                std::max<C>(sum + bias[static_cast<std::size_t>(p)], 0);
        }
    ASSERT_TRUE(y == expected) << rows << " x " << columns << ", taps " << taps << ", step " << step << ", between "
                               << between << ", " << to_text(way);
}

template <class C>
void check_plane_tails() {
    for (const Way& way : every_way<C>())
        for (Index taps : {1, 3, 5})
            for (Index step : {1, 2, 3}) {
                for (Index columns = 1; columns <= 40; ++columns)
                    check_planes<C>(9, columns, taps, step, columns % 2 == 0 ? 0 : gap, way);
                for (Index rows = 1; rows <= 16; ++rows) check_planes<C>(rows, 14, taps, step, rows % 3, way);
                if (testing::Test::HasFatalFailure()) return;
            }
}

template <class C>
void check_padded_rows() {
    for (const Way& way : every_way<C>())
        for (Index step : {1, 2, 3})
            for (Index columns = 1; columns <= 80; ++columns) {
                std::mt19937 engine(5);
                const Index planes = 2, rows = 3, phase = columns + 3, row = step * phase;
                const std::vector<C> x = small_integers<C>(planes * rows * columns, engine);
                std::vector<C> packed = filled(planes * rows * row, canary<C>), expected = packed;
                run<C>(way, upconv::detail::PaddedRows<C>{x.data(), packed.data() + 1, planes, rows, columns, step,
                                                          rows * columns, columns, rows * row, row, phase});
                for (Index i = 0; i < planes * rows * columns; ++i)
                    expected[static_cast<std::size_t>(1 + i / columns * row + i % columns % step * phase +
                                                      i % columns / step)] = x[static_cast<std::size_t>(i)];
                ASSERT_TRUE(packed == expected) << columns << " columns, step " << step << ", " << to_text(way);
            }
}

TEST(DepthwiseChannels, Floats) { check_channel_tails<float>(); }
TEST(DepthwiseChannels, Doubles) { check_channel_tails<double>(); }
TEST(DepthwisePlanes, Floats) { check_plane_tails<float>(); }
TEST(DepthwisePlanes, Doubles) { check_plane_tails<double>(); }
TEST(PaddedRows, Floats) { check_padded_rows<float>(); }
TEST(PaddedRows, Doubles) { check_padded_rows<double>(); }

}  // namespace
