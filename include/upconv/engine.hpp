// The engine's kernels, which take most of the time to compile: with the program, or, where UPCONV_COMPILED is defined
// as upconv::compiled does, once, to be linked.
#pragma once

#if !defined(UPCONV_COMPILED)
#include "engine/filter_plan_kernels.hpp"
#include "engine/gradient_kernels.hpp"
#include "engine/vector_resize.hpp"
#include "engine/weight_gradient_kernels.hpp"
#endif
