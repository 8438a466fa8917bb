// What the flags of the build mean for the names of the library.
#pragma once

// Everything inside the library is named after them. What -mavx2 lets the compiler do must not be linked into a program
// without it, and with such flags kernels are made for no other x86 instruction set (kernel/simd.hpp), which takes a
// third less to compile: so units with other flags share nothing. With UPCONV_COMPILED the names are those of the
// library that is linked.
#if defined(UPCONV_COMPILED)
#define UPCONV_BUILD compiled
#elif defined(__AVX512F__) && defined(__AVX512VL__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__FMA__)
#define UPCONV_BUILD with_avx512
#define UPCONV_MAKES_AVX2 false
#elif defined(__AVX2__) && defined(__FMA__)
#define UPCONV_BUILD with_avx2
#define UPCONV_MAKES_AVX512 false
#elif defined(__AVX__)
#define UPCONV_BUILD with_avx
#else
#define UPCONV_BUILD plain
#endif

#if !defined(UPCONV_MAKES_AVX2)
#define UPCONV_MAKES_AVX2 true
#endif
#if !defined(UPCONV_MAKES_AVX512)
#define UPCONV_MAKES_AVX512 true
#endif
