// Pixel tile: vectors along the pixels, one broadcast weight for each channel. The fast form of gather and of
// scatter-add where few output channels would leave the lanes of a channel tile empty, and for depthwise and small
// groups:
//
//     sums[o][j] += weight[block][tap][c][o] * x[block][c][tap_offset[tap] + j]
//
// in the canonical order of every sum: blocks of input channels, the taps, the channels of the block. A channel o is an
// output channel of one phase: phases that read the same inputs are taken together, as that many more channels. Rows
// may lie one after the other, so that j runs over a whole picture; what it sums in the gap between two rows is then
// not stored.
#pragma once

#include <algorithm>

#include "channel_tile.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Some pictures of one group. Steps and offsets are in elements.
template <class C>
struct PixelOperands {
    const C* x;
    C* sums;
    const C* weight;  // (blocks, taps, block channels, outputs)
    const Index* tap_offset;
    const unsigned* tap_outputs;  // (taps): bit o says that output o has this tap
    const Index* sum_offset;      // (outputs)
    Index taps, channels, outputs;
    Index channel_step;                      // from an input channel to the next
    Index pictures, x_picture, sum_picture;  // how many, and from one to the next
    Index pixels;                            // of a picture
    bool room;      // behind each picture for a whole tile; without, it has least_pixel_vectors at least
    const C* bias;  // (outputs): +0 where there is none (store.hpp)
    Activation activation;
};

/// Taps read at any address, so that most loads cross a cache line: once each is 1.5 times as fast for 2 or 3 channels
/// as once for each use. Multiplying and adding in two instructions leaves no register for it.
template <class C, int Bytes>
[[gnu::always_inline]] inline void load_pixels(const C* from, void* to) {
    if constexpr (Bytes == 16)  // the baseline
        *static_cast<Vector<C, Bytes>*>(to) = *reinterpret_cast<const Vector<C, Bytes>*>(from);
    else
        load_once<C, Bytes>(from, to);
}

/// Vectors of pixels of a tile of O channels: with a weight they fill 32 or 16 registers.
constexpr int pixel_vectors(int bytes, int outputs) { return (std::min)((registers(bytes) - 1) / (outputs + 1), 8); }

/// Of the tiles at the end of a picture. A single vector of 6 channels waits for its own sums: 0.7 of the speed. With
/// tiles of most, 2 and 1 vectors for all: 1.2 times the time to compile.
constexpr int least_pixel_vectors(int bytes, int outputs) { return pixel_vectors(bytes, outputs) > 2 ? 2 : 1; }

/// O channels x N vectors of pixels.
template <class C, int Bytes, int O, int N>
[[gnu::always_inline]] inline void pixel_tile(const PixelOperands<C>& pass, const C* x, C* sums) {
    using V = Vector<C, Bytes>;
    constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
    const Index block = (std::min)(pass.channels, channel_block);
    V sum[O][N];
#pragma GCC unroll 16
    for (int o = 0; o < O; ++o)
#pragma GCC unroll 16
        for (int v = 0; v < N; ++v) sum[o][v] = V{};

    const C* weight = pass.weight;
    for (Index k = 0; k < pass.channels; k += block, x += block * pass.channel_step) {
        const Index depth = (std::min)(pass.channels - k, block);
        for (Index t = 0; t < pass.taps; ++t) {
            const C* from = x + pass.tap_offset[t];
            const unsigned outputs = pass.tap_outputs[t];
            const auto channel = [&](auto has) __attribute__((always_inline)) {
                V pixel[N];
#pragma GCC unroll 16
                for (int v = 0; v < N; ++v) load_pixels<C, Bytes>(from + v * width, &pixel[v]);
#pragma GCC unroll 16
                for (int o = 0; o < O; ++o) {
                    if (!has(o)) continue;
                    const V w = weight[o] - V{};
#pragma GCC unroll 16
                    for (int v = 0; v < N; ++v) sum[o][v] += w * pixel[v];
                }
                from += pass.channel_step;
                weight += O;
            };
            // A tap that some outputs lack is not a weight of 0: NaN and infinity must not pass through it.
            if (outputs == (1u << O) - 1)
                for (Index c = 0; c < depth; ++c) channel([](int) { return true; });
            else
                for (Index c = 0; c < depth; ++c) channel([&](int o) { return (outputs >> o & 1) != 0; });
        }
    }
#pragma GCC unroll 16
    for (int o = 0; o < O; ++o)
#pragma GCC unroll 16
        for (int v = 0; v < N; ++v)
            *reinterpret_cast<V*>(sums + pass.sum_offset[o] + v * width) = sum[o][v] + (pass.bias[o] - V{});
}

/// The counts of channels for which a tile exists; others are padded with the last channel again. 12 needs the 32
/// registers of AVX-512: 1.1 times two of 6 there, but 0.85 times with 16 registers.
inline constexpr Index pixel_tile_outputs[] = {1, 2, 3, 4, 6, 12};
constexpr Index most_tile_outputs(int bytes) { return registers(bytes) == 32 ? 12 : 6; }

template <class C>
struct PixelTiles {
    const PixelOperands<C>* passes;
    Index count;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        for (const PixelOperands<C>* pass = passes; pass != passes + count; ++pass) switch (pass->outputs) {
                case 1:
                    pictures<Bytes, 1>(*pass);
                    break;
                case 2:
                    pictures<Bytes, 2>(*pass);
                    break;
                case 3:
                    pictures<Bytes, 3>(*pass);
                    break;
                case 4:
                    pictures<Bytes, 4>(*pass);
                    break;
                case 6:
                    pictures<Bytes, 6>(*pass);
                    break;
                default:
                    if constexpr (most_tile_outputs(Bytes) == 12) pictures<Bytes, 12>(*pass);
                    break;
            }
    }

    /// Each picture in tiles of as many vectors as fit the registers, and smaller ones at its end.
    template <int Bytes, int O>
    [[gnu::always_inline]] void pictures(const PixelOperands<C>& pass) const {
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        constexpr int most = pixel_vectors(Bytes, O), least = least_pixel_vectors(Bytes, O);
        const bool fits = pass.room || pass.pixels >= most * width;
        for (Index p = 0; p < pass.pictures; ++p)
            for (Index at = 0; at < pass.pixels;)
                if (fits && pass.pixels - at > most / 2 * width)
                    tile<Bytes, O, most>(pass, p, at);
                else
                    tile<Bytes, O, least>(pass, p, at);
    }

    /// N vectors of a picture from `at` on. Without room the last overlap those before, and form the same sums again.
    template <int Bytes, int O, int N>
    [[gnu::always_inline]] void tile(const PixelOperands<C>& pass, Index picture, Index& at) const {
        constexpr Index pixels = N * Bytes / static_cast<Index>(sizeof(C));
        if (!pass.room) at = (std::min)(at, pass.pixels - pixels);
        C* const sums = pass.sums + picture * pass.sum_picture + at;
        pixel_tile<C, Bytes, O, N>(pass, pass.x + picture * pass.x_picture + at, sums);
        if (pass.activation.kind != Activation::Kind::none) activate<Bytes>(pass, N, sums);
        at += pixels;
    }

    /// The activation of a tile, while it is in the first-level cache.
    template <int Bytes>
    [[gnu::always_inline]] void activate(const PixelOperands<C>& pass, int vectors, C* sums) const {
        constexpr Index width = Bytes / static_cast<Index>(sizeof(C));
        for (Index o = 0; o < pass.outputs; ++o) {
            const bool again = o > 0 && pass.sum_offset[o] == pass.sum_offset[o - 1];  // one that fills up the tile
            for (int v = again ? vectors : 0; v < vectors; ++v)
                activate_at<C, Bytes>(sums + pass.sum_offset[o] + v * width, pass.activation);
        }
    }
};

}  // namespace upconv::detail
