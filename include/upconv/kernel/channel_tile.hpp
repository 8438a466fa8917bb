// Channel tile: vectors over output channels, one broadcast input for each pixel. The fast form of gather and of
// scatter-add:
//
//     sums[p][lane] += weight[block][a][b][c][lane] * row[a][p][block][column_offset[b] + c]
//
// over blocks of input channels, then the taps (a, b) of one phase, then the channels c of the block: the canonical
// order of every sum. Sums rest in memory between calls, so a cut anywhere in that order changes no bit.
#pragma once

#include <algorithm>

#include "../geometry/size2.hpp"
#include "simd.hpp"

namespace upconv {

/// Input channels that are taken together: one cache line of float. Part of the meaning (the order of a sum), not a
/// tuning number.
inline constexpr Index channel_block = 16;

/// All pixels of one phase of a strip. Offsets are in elements.
template <class C>
struct ChannelPhase {
    Index pixels, tap_rows, tap_columns;
    const C* const* row;         // (tap_rows, pixels): where the taps of a filter row start; null where all is padding
    C* const* sums;              // (pixels): `lanes` sums each
    const Index* column_offset;  // (tap_columns)
    const C* weight;             // (blocks, tap_rows, tap_columns, block channels, lanes)
};

/// P pixels x N vectors, kept in registers over `blocks` blocks.
template <class C, int Bytes, int N, int P>
[[gnu::always_inline]] inline void channel_tile(const ChannelPhase<C>& phase, Range pixels, Range blocks,
                                                Index channels, Index block_stride) {
    using V = Vector<C, Bytes>;
    constexpr Index lanes = N * Bytes / static_cast<Index>(sizeof(C));
    constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
    const Index block = std::min(channels, channel_block);
    const Index taps = phase.tap_rows * phase.tap_columns;
    const auto at = [&](Index p) { return std::min(pixels.begin + p, pixels.end - 1); };

    V sum[P][N];
#pragma GCC unroll 16
    for (int p = 0; p < P; ++p)
#pragma GCC unroll 4
        for (int v = 0; v < N; ++v)
            sum[p][v] = blocks.begin == 0 ? V{} : *reinterpret_cast<const V*>(phase.sums[at(p)] + v * width);

    const C* weight = phase.weight + blocks.begin * block * taps * lanes;
    for (Index k = blocks.begin; k < blocks.end; ++k) {
        const Index depth = std::min(channels - k * block, block);
        for (Index a = 0; a < phase.tap_rows; ++a) {
            if (phase.row[a * phase.pixels] == nullptr) {
                weight += phase.tap_columns * depth * lanes;
                continue;
            }
            const C* pixel[P];  // a tile at the end repeats its last pixel: same sums, same place
#pragma GCC unroll 16
            for (int p = 0; p < P; ++p) pixel[p] = phase.row[a * phase.pixels + at(p)] + k * block_stride;
            for (Index b = 0; b < phase.tap_columns; ++b) {
                const Index begin = phase.column_offset[b], end = begin + depth;
                for (Index c = begin; c < end; ++c) {
                    V w[N];
#pragma GCC unroll 4
                    for (int v = 0; v < N; ++v) w[v] = *reinterpret_cast<const V*>(weight + v * width);
                    weight += lanes;
#pragma GCC unroll 16
                    for (int p = 0; p < P; ++p) {
                        const V x = pixel[p][c] - V{};
#pragma GCC unroll 4
                        for (int v = 0; v < N; ++v) sum[p][v] += x * w[v];
                    }
                }
            }
        }
    }
#pragma GCC unroll 16
    for (int p = 0; p < P; ++p)
#pragma GCC unroll 4
        for (int v = 0; v < N; ++v) *reinterpret_cast<V*>(phase.sums[at(p)] + v * width) = sum[p][v];
}

/// The sums of `lanes` = N vectors of output channels, for all pixels of all phases of a strip.
template <class C, int N>
struct ChannelTiles {
    const ChannelPhase<C>* phases;
    Index phase_count;
    Index channels;      // input channels of the group
    Index block_stride;  // from a pixel in one block of channels to the same pixel in the next

    /// Multiply-adds a vector and pixel between two visits to memory. 128: panel of weights (8 KiB AVX2, 16 KiB
    /// AVX-512) stays in the first-level cache and the visit costs 2 / 128.
    static constexpr Index steps = 128;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        const Index block = std::min(channels, channel_block), blocks = (channels + block - 1) / block;
        for (const ChannelPhase<C>* phase = phases; phase != phases + phase_count; ++phase) {
            const Index taps = phase->tap_rows * phase->tap_columns;
            const Index chunk = taps == 0 ? blocks : std::clamp<Index>(steps / (taps * block), 1, blocks);
            for (Index k = 0; k < blocks; k += chunk) pixels<Bytes>(*phase, {k, std::min(k + chunk, blocks)});
        }
    }

    template <int Bytes>
    [[gnu::always_inline]] void pixels(const ChannelPhase<C>& phase, Range blocks) const {
        constexpr Index most = std::min(sums_in_registers(Bytes) / N, 12);
        const Index tiles = (phase.pixels + most - 1) / most;
        const Index panel =
            blocks.size() * std::min(channels, channel_block) * phase.tap_rows * phase.tap_columns * N * Bytes;
        const char* ahead = reinterpret_cast<const char*>(phase.weight) + (blocks.begin / blocks.size() + 1) * panel;
        for (Index t = 0, done = 0; t < tiles; ++t) {
            const Index left = phase.pixels - done, height = (left + tiles - t - 1) / (tiles - t);
            // The next panel comes from far: each tile asks for its part of it. 5 to 15 % where the weights exceed a
            // cache.
            for (const char* end = ahead + panel / tiles; ahead < end; ahead += 64) __builtin_prefetch(ahead, 0, 2);
            // Odd heights repeat a pixel in the next even tile: half as many instances to compile.
            if (height > 10)
                tile<Bytes, std::min<int>(most, 12)>(phase, {done, done + height}, blocks);
            else if (height > 8)
                tile<Bytes, std::min<int>(most, 10)>(phase, {done, done + height}, blocks);
            else if (height > 6)
                tile<Bytes, std::min<int>(most, 8)>(phase, {done, done + height}, blocks);
            else if (height > 4)
                tile<Bytes, 6>(phase, {done, done + height}, blocks);
            else if (height > 2)
                tile<Bytes, 4>(phase, {done, done + height}, blocks);
            else if (height > 1)
                tile<Bytes, 2>(phase, {done, done + height}, blocks);
            else
                tile<Bytes, 1>(phase, {done, done + height}, blocks);
            done += height;
        }
    }

    template <int Bytes, int P>
    [[gnu::always_inline]] void tile(const ChannelPhase<C>& phase, Range of, Range blocks) const {
        channel_tile<C, Bytes, N, P>(phase, of, blocks, channels, block_stride);
    }
};

}  // namespace upconv
