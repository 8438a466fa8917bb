// What a VectorGradient is made of.
#pragma once

#include <algorithm>

#include "../kernel/channel_sums.hpp"
#include "gradient.hpp"
#include "run_strips.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Pixels of an image that are summed one after the other, and how many sums of them are kept apart: both are part of
/// the order of the sum.
struct ChannelSumCut {
    static constexpr Index block = 4096, most_chunks = 64;

    Index blocks_an_image, blocks, chunks;

    explicit ChannelSumCut(const Shape4& shape)
        : blocks_an_image((shape.h * shape.w + block - 1) / block),
          blocks(shape.n * blocks_an_image),
          chunks((std::min)(blocks, most_chunks)) {}
};

template <class T>
void VectorGradient<T>::bias(View<const T> grad, T* bias, GradientSum how, const Executor& executor) {
    const ChannelSumCut cut(grad.shape);
    const Index channels = grad.shape.c, pixels = grad.shape.h * grad.shape.w, lanes = channel_sum_lanes * channels;
    const Index workers = std::clamp<Index>(cut.chunks, 1, executor.threads());
    Arena counting;
    counting.take<C>(workers * lanes), counting.take<C>((cut.chunks + 1) * channels);
    Arena arena(scratch().at_least(counting.bytes()));
    C* const partial = arena.take<C>(workers * lanes);
    C* const sums = arena.take<C>((cut.chunks + 1) * channels);  // (chunks, channels)
    const bool last = grad.stride.c == 1;
    std::fill(sums, sums + channels, C(0));
    executor(workers, static_cast<double>(grad.shape.size()) / 8 / static_cast<double>(workers), [&](Index w) {
        C* const of_worker = partial + w * lanes;
        for (Index chunk = w * cut.chunks / workers; chunk < (w + 1) * cut.chunks / workers; ++chunk) {
            std::fill(of_worker, of_worker + lanes, C(0));
            for (Index b = chunk * cut.blocks / cut.chunks; b < (chunk + 1) * cut.blocks / cut.chunks; ++b) {
                const Index first = b % cut.blocks_an_image * ChannelSumCut::block;
                const Range of_block{first, (std::min)(first + ChannelSumCut::block, pixels)};
                run_on_any(best_isa(), SumChannels<C, T>{grad, b / cut.blocks_an_image, of_block, of_worker});
            }
            for (Index c = 0; c < channels; ++c) {
                const Index step = last ? channels : 1;
                C* const of_channel = of_worker + (last ? c : c * channel_sum_lanes);
                for (Index apart = channel_sum_lanes / 2; apart > 0; apart /= 2)
                    for (Index l = 0; l < apart; ++l) of_channel[l * step] += of_channel[(l + apart) * step];
                sums[chunk * channels + c] = of_channel[0];
            }
        }
    });
    for (Index c = 0; c < channels; ++c) {
        for (Index apart = 1; apart < cut.chunks; apart *= 2)
            for (Index chunk = 0; chunk + apart < cut.chunks; chunk += 2 * apart)
                sums[chunk * channels + c] += sums[(chunk + apart) * channels + c];
        bias[c] = narrow<T>(C(sums[c] + (how == GradientSum::adds ? widen<C>(bias[c]) : C(0))));
    }
}

template <class T>
void VectorGradient<T>::through(const Activation& f, SlopeFrom from, View<const T> grad, View<const T> value,
                                View<T> to, const Executor& executor) {
    if (grad.stride != to.stride || value.stride != to.stride) return through_activation(f, from, grad, value, to);
    constexpr Index piece = 16 * 1024;
    const Index n = to.shape.size(), pieces = (n + piece - 1) / piece;
    executor(pieces, static_cast<double>(piece) / 4, [&](Index p) {
        const Index first = p * piece;
        run_on_any(best_isa(), ThroughActivation<C, T>{f, from, grad.data + first, value.data + first, to.data + first,
                                                       (std::min)(piece, n - first)});
    });
}

}  // namespace upconv::detail
