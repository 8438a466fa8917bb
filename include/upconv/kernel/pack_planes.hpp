// Pack planes: rows of the input channel by channel with their padding, sorted by column phase, so that the taps of
// neighbouring outputs are neighbours in memory.
//
//     packed[c][e][r][q] = x[c][r][first_column + q * step + e],  0 beside the picture and in rows not `inside`
//
// The counterpart of unpack_planes.hpp. What overlaps the next row (span < cells) is zero in both.
#pragma once

#include "padded_rows.hpp"
#include "scalar.hpp"
#include "transpose.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Zeros in whole vectors: up to one vector less a number beyond `n`. Most are one vector, and g++ would call memset.
template <int Bytes, class C>
[[gnu::always_inline]] inline void clear(C* to, Index n) {
    for (C* const end = to + n; to < end; to += Bytes / static_cast<Index>(sizeof(C))) {
        in_register(to);
        *reinterpret_cast<Vector<C, Bytes>*>(to) = Vector<C, Bytes>{};
    }
}

/// A plane in another page, or numbers that are read a few here and there, are too much for the processor to foresee:
/// 1.03 times the speed on planes of 3 KB, 1.4 times on 21 MB of 64 channels.
template <class T>
[[gnu::always_inline]] inline void prefetch(const T* from, Index n) {
    for (Index i = 0; i < n; i += 64 / static_cast<Index>(sizeof(T))) __builtin_prefetch(from + i);
}

/// Behind the last row of each phase there is room for a vector.
template <class C, class T>
struct PackPlanes {
    const T* x;  // column 0 of the first row inside
    Index x_channel, x_row, x_column;
    Index channels, rows;
    Range inside;                     // of the rows
    Index columns;                    // of the picture
    Index first_column, step, cells;  // first_column is a multiple of the step
    Index channel_step, phase_step, span;
    C* packed;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        PackPlanes(*this).template pack<Bytes>();  // a copy, as what is stored could otherwise be part of it
    }

  private:
    template <int Bytes>
    [[gnu::always_inline]] void pack() const {
        if constexpr (std::is_same_v<C, T>)
            if (x_column != 1 && x_channel == 1 && channels >= lane_size<C>) return pack<Bytes>(x, channels, packed);
        for (Index c = 0; c < channels; ++c) pack<Bytes>(x + c * x_channel, 1, packed + c * channel_step);
    }

    /// In the order of the addresses: a vector of zeros reaches into what is written next.
    template <int Bytes>
    [[gnu::always_inline]] void pack(const T* from, Index some, C* to) const {
        const Index lead = (std::min)(std::max<Index>(-first_column / step, 0), cells);
        const Index begin = std::max<Index>(first_column, 0);
        const Index count = std::clamp<Index>(columns - begin, 0, (cells - lead) * step), end = lead + count / step;
        const auto clear_phases = [&](C * row, Index n) __attribute__((always_inline)) {
            for (Index c = 0; c < some; ++c)
                for (Index e = 0; e < step; ++e) clear<Bytes>(row + c * channel_step + e * phase_step, n);
        };
        const auto clear_rows = [&](Range r) __attribute__((always_inline)) {
            if (!r.empty()) clear_phases(to + r.begin * span, (r.size() - 1) * span + cells);
        };
        clear_rows({0, inside.begin});
        from += begin * x_column;
        for (Index r = inside.begin; r < inside.end; ++r, from += x_row) {
            C* const row = to + r * span;
            if (r == inside.begin || lead > cells - span) clear_phases(row, lead);  // else the row before has done so
            clear_phases(row + end, cells - end);
            if (x_column == 1) prefetch(from + x_channel, count);
            if (count > 0) copy_row<Bytes>(from, count, some, row + lead);
        }
        clear_rows({inside.end, rows});
    }

    /// Numbers of one row of the picture, of one channel or of `some` that lie together.
    template <int Bytes>
    [[gnu::always_inline]] void copy_row(const T* from, Index count, Index some, C* to) const {
        if constexpr (std::is_same_v<C, T>) {
            if (x_column == 1)
                return PaddedRows<C>{from, to, 1, 1, count, step, 0, 0, 0, 0, phase_step}.template run<Bytes>();
            if (some > 1) return transpose_row<Bytes>(from, count, to);
        }
        for (Index e = 0; e < step; ++e)
            for (Index q = e, k = e * phase_step; q < count; q += step, ++k) to[k] = widen<C>(from[q * x_column]);
    }

    /// Some pixels at a time, all channels of them: what lies together is read together.
    template <int Bytes>
    [[gnu::always_inline]] void transpose_row(const T* from, Index count, C* to) const {
        constexpr Index some = Bytes / static_cast<Index>(sizeof(C));
        for (Index e = 0; e < step; ++e) {
            const Index of_phase = (count - e + step - 1) / step;
            for (Index q = 0; q < of_phase; q += some) {
                const Index at = std::max<Index>((std::min)(q, of_phase - some), 0);
                const Index next = step == 1 ? at + 2 * some : (std::min)(at + 2 * some, of_phase);
                for (Index i = at + some; i < next; ++i) prefetch(from + (e + i * step) * x_column, channels);
                transpose<Bytes>(from + (e + at * step) * x_column, step * x_column, (std::min)(some, of_phase),
                                 channels, to + e * phase_step + at, channel_step);
            }
        }
    }
};

}  // namespace upconv::detail
