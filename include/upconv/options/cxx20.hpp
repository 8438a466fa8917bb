// The language that the library is written in. What every other header includes, by whatever way, before its first
// line of it.
#pragma once

#if __cplusplus <= 201703L
#error "upconv needs C++20: compile with -std=c++20, or in CMake target_compile_features(<target> PRIVATE cxx_std_20)"
#include <upconv_needs_cxx20>  // there is none, and so the compiler stops here: at one error, not at hundreds
#endif

#include "build.hpp"
