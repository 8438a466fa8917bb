// Cost: the one currency in which kernels are compared.
#pragma once

#include "../options/size2.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// For each step of both axes, of one group and image, in multiply-adds of a vector: those of the sums with what else
/// the tiles do, and what moving the numbers in and out takes as long as.
struct Cost {
    double sums = 0, moves = 0;

    double total() const { return sums + moves; }
};

/// Of a product of one vector that is loaded for it: two are loaded in the time of two multiply-adds, and one that
/// crosses a cache line is two. (Fitted to the pixel tile of one channel: 2.2 on AVX-512.)
constexpr double cost_of_loaded_product(int vector_bytes) { return 1 + vector_bytes / 64.0; }
/// Of adding the bias and storing a vector: one is stored in the time of two multiply-adds.
constexpr double cost_of_store = 2;

/// What a strip of a plane takes beside its numbers, a row (its ends, and addresses) and a plane, of so many: fitted,
/// the same on AVX2 and AVX-512 within a quarter.
constexpr double cost_of_rows(double columns, double rows, double of_row, double of_plane) {
    return (of_row + of_plane / rows) / columns;
}

/// Of taking a number of a row to those of its column phase, `step` apart: fitted (tile_costs.hpp).
constexpr double cost_of_taking_every(Index step) { return step == 1 ? 0.25 : step == 2 ? 0.6 : 1.6; }

}  // namespace upconv::detail
