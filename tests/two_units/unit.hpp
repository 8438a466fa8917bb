// What each unit computes, whatever flags it was built with. Only numbers cross between them.
#pragma once

#include <cstddef>
#include <vector>

/// Of every_algorithm, which who only links the units does not see.
inline constexpr std::size_t algorithm_count = 7;

using Numbers = std::vector<float>;

Numbers plain_unit();   // no flag of an instruction set
Numbers wide_unit();    // -mavx2 -mfma
Numbers native_unit();  // -march=native
