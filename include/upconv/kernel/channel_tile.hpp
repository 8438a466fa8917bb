// Channel tile: vectors over output channels, one broadcast input for each pixel. The fast form of gather and of
// scatter-add:
//
//     sums[p][lane] += weight[block][a][b][c][lane] * row[a][p][block][column_offset[b] + c]
//
// over blocks of input channels, then the taps (a, b) of one part of a phase, then the channels c of the block: the
// canonical order of every sum. Sums rest in memory between calls, so a cut anywhere in that order changes no bit.
#pragma once

#include <algorithm>

#include "../options/size2.hpp"
#include "finish.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Input channels that are taken together: one cache line of float. Part of the meaning (the order of a sum), not a
/// tuning number.
inline constexpr Index channel_block = 16;

/// Pixels of one phase that have the same taps: a rectangle of those of the phase. Offsets are in elements.
template <class C>
struct ChannelPart {
    Index pixels, tap_rows, tap_columns;
    const C* const* row;         // (tap_rows, listed(pixels)): where the first tap of each row reads; or those of the
    Index list_step, row_step;   // first row (list_step 0), and from there to each next row
    C* const* sums;              // (listed(pixels)): `lanes` sums each
    const Index* column_offset;  // (tap_columns): from the first tap of a row to each
    Index run;                   // taps of a row that lie one after the other in memory and are taken as one
    Index first_tap, phase_columns, phase_taps;  // the first tap within its phase; the phase's taps a row and in all
    Index phase_weight;                          // where the weights of its phase begin
    const Index* step_offset;                    // (steps): from a pixel's first number to each in order, if they are
    Index steps;                                 // few and all taps of the phase; or none

    /// Lists name the last pixel again up to a multiple of four, so that fewer heights of tiles do: same sums, same
    /// place.
    static constexpr Index listed(Index pixels) { return (pixels + 3) / 4 * 4; }

    /// The weights of its row `a` of taps in the block of channels `k`, which has `depth` of them; without the lanes.
    Index weight_at(Index k, Index a, Index block, Index depth) const {
        return phase_weight + k * block * phase_taps + (first_tap + a * phase_columns) * depth;
    }
};

/// What is the same for all parts of a strip.
template <class C>
struct ChannelOperands {
    const C* weight;     // (phases, blocks, tap rows, tap columns, block channels, lanes)
    Index channels;      // input channels of the group
    Index block_stride;  // from a pixel in one block of channels to the same pixel in the next
    Index sum_offset;    // from the sums of a pixel to those of these lanes
    const C* bias;       // (lanes): added to a whole sum; +0 where there is none (store.hpp)
    Activation activation;
};

/// The panel of weights after the one that is summed: it comes from far, and each tap of each tile asks for its share
/// of it. 5 to 15 % where the weights exceed a cache; all at once for each tile: 10 % less. (Into the first-level cache
/// or the second: the same.)
struct PanelAhead {
    const char *next, *end;
    Index share;

    [[gnu::always_inline]] void prefetch() {
        for (const char* const to = (std::min)(next + share, end); next < to; next += 64)
            __builtin_prefetch(next, 0, 2);
    }
};

/// Blocks of channels that are one loop: with one tap and pixels in place those of all blocks are neighbours.
template <class C>
[[gnu::always_inline]] inline Index together(const ChannelPart<C>& part, const ChannelOperands<C>& operands) {
    return part.phase_taps == 1 && operands.block_stride == channel_block ? 8 : 1;
}

/// P pixels from `first` on x N vectors, kept in registers over `blocks` blocks; `last` if no block is left after them.
/// Listed: by the list of steps, which spares the loops around the innermost: 1.3 times as fast for 3 x 3 numbers.
template <class C, int Bytes, int N, int P, bool Listed = false>
[[gnu::always_inline]] inline void channel_tile(const ChannelPart<C>& part, const ChannelOperands<C>& operands,
                                                Index first, Range blocks, bool last, PanelAhead& ahead) {
    using V = Vector<C, Bytes>;
    constexpr Index lanes = N * Bytes / static_cast<Index>(sizeof(C));
    constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
    const Index block = (std::min)(operands.channels, channel_block);
    const auto sums =
        [ list = part.sums + first, offset = operands.sum_offset ](Index p) __attribute__((always_inline)) {
        return list[p] + offset;
    };

    V sum[P][N];
#pragma GCC unroll 16
    for (int p = 0; p < P; ++p)
#pragma GCC unroll 4
        for (int v = 0; v < N; ++v)
            sum[p][v] = blocks.begin == 0 ? V{} : *reinterpret_cast<const V*>(sums(p) + v * width);

    const C* pixel[P];
    const auto point = [&](const C* const* row, Index offset) __attribute__((always_inline)) {
#pragma GCC unroll 16
        for (int p = 0; p < P; ++p) pixel[p] = row[p] + offset;
    };
    const auto multiply_add = [&](const C* weight, Index c) __attribute__((always_inline)) {
        V w[N];
#pragma GCC unroll 4
        for (int v = 0; v < N; ++v) w[v] = *reinterpret_cast<const V*>(weight + v * width);
#pragma GCC unroll 16
        for (int p = 0; p < P; ++p) {
            const V x = pixel[p][c] - V{};
#pragma GCC unroll 4
            for (int v = 0; v < N; ++v) sum[p][v] += x * w[v];
        }
    };
    if constexpr (Listed) {
        const C* weight = operands.weight + part.phase_weight * lanes;
        point(part.row + first, 0);
        for (Index s = 0; s < part.steps; ++s, weight += lanes) multiply_add(weight, part.step_offset[s]);
    } else {
        const Index step = together(part, operands);
        for (Index k = blocks.begin; k < blocks.end; k += step) {
            const Index depth = (std::min)(operands.channels - k * block, block * (std::min)(step, blocks.end - k));
            for (Index a = 0; a < part.tap_rows; ++a) {
                const C* weight = operands.weight + part.weight_at(k, a, block, depth) * lanes;
                point(part.row + a * part.list_step + first, k * operands.block_stride + a * part.row_step);
                for (Index b = 0; b < part.tap_columns; ++b) {
                    ahead.prefetch();
                    const Index begin = part.column_offset[b], end = begin + depth * part.run;
                    for (Index c = begin; c < end; ++c, weight += lanes) multiply_add(weight, c);
                }
            }
        }
    }
    if (last)
#pragma GCC unroll 4
        for (int v = 0; v < N; ++v) {
            const V bias = *reinterpret_cast<const V*>(operands.bias + v * width);
#pragma GCC unroll 16
            for (int p = 0; p < P; ++p) sum[p][v] += bias;
        }
#pragma GCC unroll 16
    for (int p = 0; p < P; ++p)
#pragma GCC unroll 4
        for (int v = 0; v < N; ++v) *reinterpret_cast<V*>(sums(p) + v * width) = sum[p][v];
}

/// The sums of `lanes` = N vectors of output channels, for all pixels of all parts of a strip; or of several times as
/// many channels, all for one tile of pixels after the other.
template <class C, int N>
struct ChannelTiles {
    const ChannelPart<C>* parts;
    Index part_count;
    const ChannelOperands<C>* operands;
    Index operand_count;
    bool far;  // whether the sums are not in a cache

    /// A phase whose weights fit the second-level cache several times is summed at once: the sums never leave their
    /// registers, 2 to 4 % (of 590 KiB: 15 % slower). Others take panels of weights that stay in the first-level cache
    /// (16 KiB): a visit to the sums costs 2 / 128 of the multiply-adds between two of them.
    static constexpr Index whole_target = 160 * 1024, panel_steps = 128;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        for (const ChannelPart<C>*part = parts, *end; part != parts + part_count; part = end) {
            end = part;
            while (end != parts + part_count && end->phase_weight == part->phase_weight) ++end;
            phase<Bytes>(part, end);
        }
    }

    /// All parts of a phase for each panel of weights in turn, while it is in the first-level cache.
    template <int Bytes>
    [[gnu::always_inline]] void phase(const ChannelPart<C>* first, const ChannelPart<C>* end) const {
        const Index block = (std::min)(operands->channels, channel_block);
        const Index blocks = (operands->channels + block - 1) / block;
        Index taps = 0, visits = 0;
        for (const ChannelPart<C>* part = first; part != end; ++part) {
            taps = (std::max)(taps, part->tap_rows * part->tap_columns * part->run);
            visits += (part->pixels + most_pixels<Bytes> - 1) / most_pixels<Bytes> * part->tap_rows * part->tap_columns;
        }
        const bool whole = operands->channels * taps * N * Bytes <= whole_target;
        const Index chunk = whole ? blocks : std::clamp<Index>(panel_steps / (taps * block), 1, blocks);
        for (Index k = 0; k < blocks; k += chunk) {
            const Range panel{k, (std::min)(k + chunk, blocks)};
            PanelAhead ahead = next_panel<Bytes>(*first, panel, visits);
            for (const ChannelPart<C>* part = first; part != end; ++part)
                pixels<Bytes>(*part, panel, panel.end == blocks, ahead);
        }
    }

    template <int Bytes>
    [[gnu::always_inline]] PanelAhead next_panel(const ChannelPart<C>& part, Range panel, Index taps) const {
        const Index block = (std::min)(operands->channels, channel_block), step = block * part.phase_taps * N * Bytes;
        const auto* const weight = reinterpret_cast<const char*>(operands->weight) + part.phase_weight * N * Bytes;
        const Index loop = together(part, *operands);
        const Index visits = std::max<Index>(taps * ((panel.size() + loop - 1) / loop), 1);
        return {weight + panel.end * step, weight + (panel.end + panel.size()) * step,
                (panel.size() * step / 64 + visits - 1) / visits * 64};
    }

    template <int Bytes>
    [[gnu::always_inline]] void pixels(const ChannelPart<C>& part, Range blocks, bool last, PanelAhead& ahead) const {
        for (Index p = 0, height; p < part.pixels; p += height) {
            height = tile_height<Bytes>(part.pixels - p);
            if (far && blocks.begin == 0) ask_for_sums<Bytes>(part, p, height);
            for (const ChannelOperands<C>* of = operands; of != operands + operand_count; ++of) {
                tile_of<Bytes>(height, part, *of, p, blocks, last, ahead);
                if (last && of->activation.kind != Activation::Kind::none)
                    activate<Bytes>(part, *of, {p, (std::min)(p + height, part.pixels)});
            }
        }
    }

    template <int Bytes>
    [[gnu::always_inline]] void tile_of(Index height, const ChannelPart<C>& part, const ChannelOperands<C>& of, Index p,
                                        Range blocks, bool last, PanelAhead& ahead) const {
        if constexpr (N == 2)
            if (part.steps > 0 && height == most_pixels<Bytes>)
                return channel_tile<C, Bytes, N, most_pixels<Bytes>, true>(part, of, p, blocks, last, ahead);
        switch (height) {
            case 12:
                return tile<Bytes, 12>(part, of, p, blocks, last, ahead);
            case 10:
                return tile<Bytes, 10>(part, of, p, blocks, last, ahead);
            case 8:
                return tile<Bytes, 8>(part, of, p, blocks, last, ahead);
            case 6:
                return tile<Bytes, 6>(part, of, p, blocks, last, ahead);
            default:
                return tile<Bytes, 4>(part, of, p, blocks, last, ahead);
        }
    }

    /// The activation of whole sums, while they are in the first-level cache.
    template <int Bytes>
    [[gnu::always_inline]] void activate(const ChannelPart<C>& part, const ChannelOperands<C>& of, Range pixels) const {
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        for (Index p = pixels.begin; p < pixels.end; ++p)
            for (Index v = 0; v < N; ++v)
                activate_at<C, Bytes>(part.sums[p] + of.sum_offset + v * width, of.activation);
    }

    /// Of pixels that come 24 later. 12 or 96: less.
    template <int Bytes>
    [[gnu::always_inline]] void ask_for_sums(const ChannelPart<C>& part, Index first, Index count) const {
        constexpr Index later = 24, width = Bytes / static_cast<Index>(sizeof(C));
        for (Index p = first + later; p < (std::min)(first + later + count, part.pixels); ++p)
            for (Index v = 0; v < operand_count * N; ++v)
                prefetch_to_write(part.sums[p] + operands->sum_offset + v * width);
    }

    template <int Bytes>
    static constexpr Index most_pixels = (std::min)(sums_in_registers(Bytes) / N, 12);

    /// As large as registers allow, but no remainder of one or two pixels: a tile below four waits for its own sums.
    /// One vector, which only the last channels have, makes do with every other height: a third less to compile.
    /// (Inlined late, g++ 12 gave it the range of its narrower sister, and left pixels out.)
    template <int Bytes>
    [[gnu::always_inline]] static constexpr Index tile_height(Index left) {
        constexpr Index most = most_pixels<Bytes>, step = N == 1 ? 4 : 2;
        if (left >= most + 3) return most;
        if (left > most) return most > 8 ? most - 4 : 4;
        return left <= 4 ? 4 : (left + step - 1) / step * step;
    }

    template <int Bytes, int P>
    [[gnu::always_inline]] void tile(const ChannelPart<C>& part, const ChannelOperands<C>& of, Index first,
                                     Range blocks, bool last, PanelAhead& ahead) const {
        if constexpr (P <= most_pixels<Bytes> && (N > 1 || P % 4 == 0))
            channel_tile<C, Bytes, N, P>(part, of, first, blocks, last, ahead);
    }
};

}  // namespace upconv::detail
