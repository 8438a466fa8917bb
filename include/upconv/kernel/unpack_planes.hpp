// Unpack planes: finished sums channel by channel, as the pixel tile has them, into rows of the output. The
// counterpart of pack_planes.hpp.
//
//     y[c][r][j * phases + p] = sums[p][c][r][j]
#pragma once

#include "move.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Numbers of a and b in turn: the first half of them, or with First = half the lanes the second.
template <int First, class C, int Bytes, std::size_t... I>
[[gnu::always_inline]] inline void zip_lanes(const Register<C, Bytes>& a, const Register<C, Bytes>& b,
                                             Register<C, Bytes>& to, std::index_sequence<I...>) {
    constexpr int lanes = sizeof...(I);
    to = __builtin_shufflevector(a, b, (static_cast<int>(I) % 2 * lanes + First + static_cast<int>(I) / 2)...);
}

/// to[2 i + r] = from[r * step + i] for two rows.
template <int Bytes, class C>
[[gnu::always_inline]] inline void zip_two(const C* from, Index step, Index n, C* to) {
    using V = Vector<C, Bytes>;
    constexpr int width = Bytes / static_cast<int>(sizeof(C));
    constexpr std::make_index_sequence<width> all{};
    if (n < width) {
        if constexpr (Bytes > 16) return zip_two<Bytes / 2>(from, step, n, to);
        for (Index i = 0; i < n; ++i) {
            to[2 * i] = from[i];
            to[2 * i + 1] = from[step + i];
        }
        return;
    }
    for (Index i = 0; i < n; i += width) {
        const Index at = (std::min)(i, n - width);
        const Register<C, Bytes> a = *reinterpret_cast<const V*>(from + at);
        const Register<C, Bytes> b = *reinterpret_cast<const V*>(from + step + at);
        Register<C, Bytes> low, high;
        zip_lanes<0, C, Bytes>(a, b, low, all);
        zip_lanes<width / 2, C, Bytes>(a, b, high, all);
        *reinterpret_cast<V*>(to + 2 * at) = low;
        *reinterpret_cast<V*>(to + 2 * at + width) = high;
    }
}

/// to[3 i + r] = from[r * step + i] for three rows: as if there were a fourth, which the next column overwrites.
template <class C>
[[gnu::always_inline]] inline void zip_three(const C* from, Index step, Index n, C* to) {
    Index i = 0;
    if constexpr (lane_size<C> == 4)
        for (; i + 5 <= n; i += 4) {
            Lanes<C, 16> a, b, c, ac[2], bc[2];
            a.load_rows(from + i, 0);
            b.load_rows(from + step + i, 0);
            c.load_rows(from + 2 * step + i, 0);
            ac[0].template zip<0, 1>(a, c);
            ac[1].template zip<2, 1>(a, c);
            bc[0].template zip<0, 1>(b, c);
            bc[1].template zip<2, 1>(b, c);
#pragma GCC unroll 2
            for (int half = 0; half < 2; ++half, to += 6) {
                a.template zip<0, 1>(ac[half], bc[half]);
                b.template zip<2, 1>(ac[half], bc[half]);
                a.store(to);
                b.store(to + 3);
            }
        }
    for (; i < n; ++i)
        for (Index r = 0; r < 3; ++r) *to++ = from[r * step + i];
}

/// to[i * to_step + r] = from[r * step + i]
template <int Bytes, class C>
[[gnu::always_inline]] inline void zip_rows(const C* from, Index step, Index rows, Index n, C* to, Index to_step) {
    if (rows > 3 || rows != to_step)
        transpose<Bytes>(from, step, rows, n, to, to_step);
    else if (rows == 1)
        copy<Bytes>(from, n, to);
    else if (rows == 2)
        zip_two<Bytes>(from, step, n, to);
    else
        zip_three(from, step, n, to);
}

template <class C, class T>
struct UnpackPlanes {
    const C* sums;
    Index phase_step, channel_step, row_step;
    Index phases, channels, rows, columns;  // columns: of a phase
    T* y;
    Index y_channel, y_row, y_column;  // y_column: from one phase to the next

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        const UnpackPlanes copy = *this;  // what is stored could otherwise be part of it
        for (Index r = 0; r < copy.rows; ++r)
            copy.template unpack_row<Bytes>(copy.sums + r * copy.row_step, copy.y + r * copy.y_row);
    }

  private:
    template <int Bytes>
    [[gnu::always_inline]] void unpack_row(const C* from, T* to) const {
        if constexpr (std::is_same_v<C, T>)
            if (y_column == 1 || y_channel == 1) {
                // Phase by phase and number by number of a channel, or of all; or the channels of each phase.
                const bool all = y_channel == 1 && y_column == channels && phase_step == channels * channel_step;
                const bool of_channel = y_column == 1 && !all;
                const Index parts = all ? 1 : of_channel ? channels : phases, lines = phases * channels / parts;
                for (Index i = 0; i < parts; ++i)
                    zip_rows<Bytes>(from + i * (of_channel ? channel_step : phase_step),
                                    of_channel ? phase_step : channel_step, lines, columns,
                                    to + i * (of_channel ? y_channel : y_column), all ? lines : phases * y_column);
                return;
            }
        for (Index p = 0; p < phases; ++p)
            for (Index c = 0; c < channels; ++c)
                for (Index j = 0; j < columns; ++j)
                    to[c * y_channel + (j * phases + p) * y_column] =
                        narrow<T>(from[p * phase_step + c * channel_step + j]);
    }
};

}  // namespace upconv::detail
