// Pack planes: rows of the input channel by channel with their padding, sorted by column phase, so that the taps of
// neighbouring outputs are neighbours in memory.
//
//     packed[c][e][r][q] = x[c][r][first_column + q * step + e],  0 beside the picture and in rows not `inside`
//
// The counterpart of planar.hpp. What overlaps the next row (span < cells) is zero in both.
#pragma once

#include "padded_rows.hpp"
#include "scalar.hpp"
#include "transpose.hpp"

namespace upconv {

/// Zeros in whole vectors: up to one vector less a number beyond `n`. Most are one vector, and g++ would call memset.
template <int Bytes, class C>
[[gnu::always_inline]] inline void clear(C* to, Index n) {
    for (C* const end = to + n; to < end; to += Bytes / static_cast<Index>(sizeof(C))) {
        in_register(to);
        *reinterpret_cast<Vector<C, Bytes>*>(to) = Vector<C, Bytes>{};
    }
}

/// Behind the last row of each phase there is room for a vector.
template <class C, class T>
struct PackPlanes {
    const T* x;  // column 0 of the first row inside
    Index x_channel, x_row, x_column;
    Index channels, rows;
    Range inside;  // of the rows
    Index columns;  // of the picture
    Index first_column, step, cells;  // first_column is a multiple of the step
    Index channel_step, phase_step, span;
    C* packed;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        const Index lead = std::min(std::max<Index>(-first_column / step, 0), cells);
        const Index begin = std::max<Index>(first_column, 0);
        const Index count = inside.empty() ? 0 : std::clamp<Index>(columns - begin, 0, (cells - lead) * step);
        const T* const from = x + begin * x_column;
        const Index to = inside.begin * span + lead;
        if constexpr (std::is_same_v<C, T>)
            if (x_column != 1 && x_channel == 1 && channels >= lane_size<C>) {
                for (Index c = 0; c < channels; ++c) clear_beside<Bytes>(packed + c * channel_step, lead, count);
                return pixels<Bytes>(from, count, packed + to);
            }
        for (Index c = 0; c < channels; ++c) {
            clear_beside<Bytes>(packed + c * channel_step, lead, count);
            if (count > 0) plane<Bytes>(from + c * x_channel, count, packed + c * channel_step + to);
        }
    }

  private:
    template <int Bytes>
    [[gnu::always_inline]] void clear_beside(C* plane, Index lead, Index count) const {
        const Index end = lead + count / step, behind = cells - end;
        const auto clear_rows = [&](Range r) __attribute__((always_inline)) {
            if (!r.empty()) clear<Bytes>(plane + r.begin * span, (r.size() - 1) * span + cells);
        };
        for (Index e = 0; e < step; ++e, plane += phase_step) {
            clear_rows({0, inside.begin});
            for (Index r = inside.begin; r < inside.end; ++r) {
                clear<Bytes>(plane + r * span, lead);
                clear<Bytes>(plane + r * span + end, behind);
            }
            clear_rows({inside.end, rows});
        }
    }

    template <int Bytes>
    [[gnu::always_inline]] void plane(const T* from, Index count, C* to) const {
        if constexpr (std::is_same_v<C, T>)
            if (x_column == 1)
                return PaddedRows<C>{from, to, 1, inside.size(), count, step, 0, x_row, 0, span, phase_step}
                    .template run<Bytes>();
        for (Index r = 0; r < inside.size(); ++r)
            for (Index e = 0; e < step; ++e)
                for (Index q = e, k = e * phase_step + r * span; q < count; q += step, ++k)
                    to[k] = widen<C>(from[r * x_row + q * x_column]);
    }

    /// Some pixels at a time, all channels of them: what lies together is read together.
    template <int Bytes>
    [[gnu::always_inline]] void pixels(const T* from, Index count, C* to) const {
        constexpr Index some = Bytes / static_cast<Index>(sizeof(C));
        for (Index r = 0; r < inside.size(); ++r)
            for (Index e = 0; e < step; ++e) {
                const Index of_phase = (count - e + step - 1) / step;
                for (Index q = 0; q < of_phase; q += some) {
                    const Index at = std::max<Index>(std::min(q, of_phase - some), 0);
                    transpose<Bytes>(from + r * x_row + (e + at * step) * x_column, step * x_column,
                                     std::min(some, of_phase), channels, to + e * phase_step + r * span + at,
                                     channel_step);
                }
            }
    }
};

}  // namespace upconv
