// PackWeights: the weights of a block of output channels in the order in which its tiles read them,
//
//     to[phase][block of input channels][tap][channel][lane] = weight[...]
//
// In the tensor the taps of a filter are neighbours and the lanes far apart, so that numbers taken in this order would
// fetch each line many times: some taps of all lanes are transposed at once, into memory of the first-level cache, and
// go to their phases from there. Before a run that takes milliseconds the weights of a deep layer take as long as it.
#pragma once

#include "../kernel/transpose.hpp"
#include "../plan/channel_plan.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Of one group. Vectors of 16 bytes, which every machine has: memory is the limit.
template <class T>
class PackWeights {
  public:
    using C = AccumulatorOf<T>;

    PackWeights(const ChannelPlan& plan, const T* weight, Index group, C* to)
        : plan_(plan), weight_(weight), group_(group), to_(to) {}

    /// Those from `inputs`, a block of input channels, to a block of output channels.
    void pack(const ChannelBlock& block, Range inputs) {
        lanes_ = block.vectors * plan_.lanes / 2;
        if (block.channels < lanes_) std::fill(rows_, rows_ + std::size(rows_), C(0));
        const Index taps = plan_.problem.relation.taps(), at_once = (std::max<Index>)(most_rows / taps, 1);
        for (Index i = inputs.begin; i < inputs.end; i += at_once)
            for (Index t = 0; t < taps; t += most_rows) {
                const Rows rows{{i, (std::min)(i + at_once, inputs.end)}, {t, (std::min)(t + most_rows, taps)}};
                transpose(block, rows);
                distribute(rows, inputs, to_ + block.weight);
            }
    }

  private:
    static constexpr Index most_rows = 128;
    static constexpr Index most_lanes = 2 * 64 / static_cast<Index>(sizeof(C));  // two vectors of the longest

    /// Taps of some channels, or some taps of one.
    struct Rows {
        Range channels, taps;
    };

    void transpose(const ChannelBlock& block, const Rows& rows) {
        const bool neighbours = plan_.problem.direction == Direction::to_coarse;  // a channel's last tap and the next's
        const Index together = neighbours ? rows.channels.size() : 1, count = rows.taps.size() * together;
        C* to = rows_;
        for (Index i = rows.channels.begin; i < rows.channels.end; i += together, to += count * lanes_)
            widen_transposed(weight_ + plan_.problem.weight_index(group_, block.first, i, 0, 0) + rows.taps.begin,
                             block.channels, count, to);
    }

    void widen_transposed(const T* from, Index lanes, Index count, C* to) const {
        const Index step = plan_.problem.weight_step();
        if constexpr (std::is_same_v<C, T>) {
            // Four lanes from end to end: filters a power of two apart meet in the same lines of the first-level cache.
            constexpr Index width = lane_size<C>;
            if (count >= width && lanes >= width) {
                for (Index l = 0; l < lanes; l += width) {
                    const Index lane = (std::min)(l, lanes - width);
                    detail::transpose<16>(from + lane * step, step, width, count, to + lane, lanes_);
                }
                return;
            }
        }
        for (Index r = 0; r < count; ++r)
            for (Index l = 0; l < lanes; ++l) to[r * lanes_ + l] = widen<C>(from[l * step + r]);
    }

    /// `to` is that of the block.
    void distribute(const Rows& rows, Range inputs, C* to) const {
        for (const Phase& r : plan_.rows.phases)
            for (const Phase& c : plan_.columns.phases) {
                C* const phase = to + inputs.begin * r.taps * c.taps * lanes_;
                for (Index a = 0; a < r.taps; ++a)
                    for (Index b = 0; b < c.taps; ++b) {
                        const Index tap = r.tap(a) * plan_.problem.relation.columns.kernel + c.tap(b);
                        if (tap < rows.taps.begin || tap >= rows.taps.end) continue;
                        const Index first = (a * c.taps + b) * inputs.size() + rows.channels.begin - inputs.begin;
                        copy_rows(tap - rows.taps.begin, rows.taps.size(), rows.channels.size(),
                                  phase + first * lanes_);
                    }
                to += plan_.channels * r.taps * c.taps * lanes_;
            }
    }

    /// Every `step`th row from `first` on.
    void copy_rows(Index first, Index step, Index count, C* to) const {
        using V = Vector<C, 16>;
        constexpr Index width = 16 / static_cast<Index>(sizeof(C));
        for (const C* from = rows_ + first * lanes_; count > 0; --count, from += step * lanes_)
            for (Index l = 0; l < lanes_; l += width, to += width)
                *reinterpret_cast<V*>(to) = *reinterpret_cast<const V*>(from + l);
    }

    const ChannelPlan& plan_;
    const T* weight_;
    Index group_;
    C* to_;
    Index lanes_ = 0;
    alignas(64) C rows_[most_rows * most_lanes];
};

}  // namespace upconv::detail
