// What each unit computes, whatever flags it was built with. Only numbers cross between them.
#pragma once

#include <vector>

using Numbers = std::vector<float>;

Numbers plain_unit();   // no flag of an instruction set
Numbers wide_unit();    // -mavx2 -mfma
Numbers native_unit();  // -march=native
