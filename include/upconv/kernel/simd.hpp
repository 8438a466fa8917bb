// SIMD: the vectors that kernels are written in, and the choice of the instruction set at run time. The only file that
// knows one.
//
// A kernel is a struct with a member `template <int Bytes> void run() const`, always inlined, written in GNU vector
// extensions. run_on() calls it from a function that is compiled for the instruction set, so no compiler flag is needed
// of the user; with -march=... fewer are made (options/build.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "../options/cxx20.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// A vector of T in `Bytes` bytes, loaded and stored at any address that is aligned for T. Write a broadcast as `s -
/// Vector{}`: it costs nothing, while `Vector{} + s` must add (-0 + 0 is +0).
template <class T, int Bytes>
struct VectorOf {
    typedef T type __attribute__((vector_size(Bytes), aligned(alignof(T)), may_alias));
};
template <class T, int Bytes>
using Vector = typename VectorOf<T, Bytes>::type;

/// The same vector as a variable that is handed on by reference or pointer: clang takes what either refers to for
/// aligned, whatever the type says.
template <class T, int Bytes>
struct RegisterOf {
    typedef T type __attribute__((vector_size(Bytes)));
};
template <class T, int Bytes>
using Register = typename RegisterOf<T, Bytes>::type;

/// The compiler must have x in a register here and knows nothing of it. Without this g++ keeps a pointer for each load
/// of an unrolled tile, and spills them: half the speed.
template <class T>
[[gnu::always_inline]] inline void in_register(T*& x) {
    asm("" : "+r"(x));
}

/// After `sum += x * y`, where it is the only one of `Sums` in its loop: g++, tuned for some processors and from 13 on
/// for none, does not fuse a chain of a single sum (its avoid_fma_chains), so it would be rounded in another way than
/// in a tile of several. It does not see a chain through this.
#if defined(__x86_64__) && !defined(__clang__)
template <int Sums = 1, class V>
[[gnu::always_inline]] inline void keep_fused(V* sum) {
    if constexpr (Sums == 1) asm("" : "+v"(*sum));
}
#else
template <int Sums = 1>
[[gnu::always_inline]] inline void keep_fused(const void*) {}
#endif

/// Loads a vector to `to` once: g++ otherwise folds the load into each instruction that uses it, which is slower from
/// three uses on. (Vectors are passed by address: clang takes a reference to one for aligned, and a value would need
/// its registers.)
template <class T, int Bytes>
[[gnu::always_inline]] inline void load_once(const T* from, void* to) {
    *static_cast<Vector<T, Bytes>*>(to) = *reinterpret_cast<const volatile Vector<T, Bytes>*>(from);
}

/// Asks for the line at `to` to write to it. (What __builtin_prefetch makes of it for the baseline only reads.)
[[gnu::always_inline]] inline void prefetch_to_write(const void* to) {
#if defined(__x86_64__)
    asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(to)));
#else
    __builtin_prefetch(to, 1);
#endif
}

/// Numbers of lanes, as wide as the numbers that they pick.
template <class T>
using Lane = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;

/// picked[i] = from[lane[i]]: one instruction from AVX2 on, of the baseline one for each lane.
template <class T, int Bytes>
[[gnu::always_inline]] inline void pick(const void* from, const void* lane, void* picked) {
    using V = Vector<T, Bytes>;
    using I = Vector<Lane<T>, Bytes>;
#if defined(__clang__)
    *static_cast<V*>(picked) = __builtin_shufflevector(*static_cast<const V*>(from), *static_cast<const I*>(lane));
#else
    *static_cast<V*>(picked) = __builtin_shuffle(*static_cast<const V*>(from), *static_cast<const I*>(lane));
#endif
}

/// Stores a vector past the caches to an address that is aligned for all of it. Without such an instruction, as any
/// other.
template <class T, int Bytes>
[[gnu::always_inline]] inline void stream(const void* from, T* to) {
    using V = Vector<T, Bytes>;
#if defined(__clang__)
    typedef T Whole __attribute__((vector_size(Bytes)));
    __builtin_nontemporal_store(static_cast<Whole>(*static_cast<const V*>(from)), reinterpret_cast<Whole*>(to));
#elif defined(__x86_64__)
    const V vector = *static_cast<const V*>(from);
    if constexpr (Bytes == 16)
        asm("movntps %1, %0" : "=m"(*reinterpret_cast<V*>(to)) : "x"(vector));
    else
        asm("vmovntps %1, %0" : "=m"(*reinterpret_cast<V*>(to)) : "v"(vector));
#else
    *reinterpret_cast<V*>(to) = *static_cast<const V*>(from);
#endif
}

/// What was streamed before is seen by other threads before what is stored after.
inline void finish_streams() {
#if defined(__x86_64__)
    asm volatile("sfence" ::: "memory");
#endif
}

enum class Isa { baseline, avx2, avx512 };

/// An instruction set, as far as kernels and plans need to know it.
struct IsaTraits {
    const char* name;
    int bytes;          // of a vector
    int registers;      // vectors in registers
    double sum_set_up;  // of a sum of a tile, in multiply-adds (measured)
    int listed_steps;   // an innermost loop of the channel tile as short as this is listed (measured)
};

#if defined(__aarch64__)
inline constexpr IsaTraits isa_traits[] = {{"NEON", 16, 32, 3, 16}, {"", 32, 16, 3, 16}, {"", 64, 32, 8, 4}};
#else
inline constexpr IsaTraits isa_traits[] = {
    {"baseline", 16, 16, 3, 16}, {"AVX2", 32, 16, 3, 16}, {"AVX-512", 64, 32, 8, 4}};
#endif

constexpr const IsaTraits& traits(Isa isa) { return isa_traits[static_cast<int>(isa)]; }
constexpr const char* to_text(Isa isa) { return traits(isa).name; }
constexpr int vector_bytes(Isa isa) { return traits(isa).bytes; }

/// Vectors of `bytes` in registers.
constexpr int registers(int bytes) { return isa_traits[bytes == 64 ? 2 : bytes == 32 ? 1 : 0].registers; }
/// How many sums a tile keeps there: less those for weights and a broadcast.
constexpr int sums_in_registers(int bytes) { return registers(bytes) * 3 / 4; }

#if defined(__x86_64__) || defined(__i386__)
/// Whether kernels are made for it. The baseline, which x86 processors have left behind since 2013, has the definition
/// alone: right, not fast, and a quarter less to compile.
constexpr bool has_kernels(Isa isa) {
    return isa == Isa::avx512 ? UPCONV_MAKES_AVX512 : isa == Isa::avx2 && UPCONV_MAKES_AVX2;
}

/// The one with vectors of half as many bytes and the same arithmetic, if there is one.
constexpr Isa half_as_wide(Isa isa) { return isa == Isa::avx512 && has_kernels(Isa::avx2) ? Isa::avx2 : isa; }

inline Isa best_isa() {
    static const Isa best = [] {
        const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                          __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
        if (wide && has_kernels(Isa::avx512)) return Isa::avx512;
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? Isa::avx2 : Isa::baseline;
    }();
    return best;
}

template <class Work>
__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,fma"), noinline)) void run_avx512(const Work& work) {
    work.template run<64>();
}
template <class Work>
__attribute__((target("avx2,fma"), noinline)) void run_avx2(const Work& work) {
    work.template run<32>();
}
template <class Work>
__attribute__((noinline)) void run_baseline(const Work& work) {
    work.template run<16>();
}

/// Part of a kernel as a function of its own, which leaves the rest its registers.
template <int Bytes, class Work>
void run_apart(const Work& work) {
    if constexpr (Bytes == 64)
        run_avx512(work);
    else if constexpr (Bytes == 32)
        run_avx2(work);
    else
        run_baseline(work);
}

/// Runs a kernel. Requires has_kernels(isa).
template <class Work>
void run_on(Isa isa, const Work& work) {
    if constexpr (UPCONV_MAKES_AVX512)
        if (isa == Isa::avx512) return run_avx512(work);
    if constexpr (UPCONV_MAKES_AVX2) run_avx2(work);
}

/// Runs what the baseline has too: the definition.
template <class Work>
void run_on_any(Isa isa, const Work& work) {
    if (!has_kernels(isa)) return run_baseline(work);
    run_on(isa, work);
}
#else
/// NEON, and what else the compiler makes of 16 bytes.
inline Isa best_isa() { return Isa::baseline; }
constexpr bool has_kernels(Isa) { return true; }
constexpr Isa half_as_wide(Isa isa) { return isa; }

template <int Bytes, class Work>
void run_apart(const Work& work) {
    work.template run<Bytes>();
}
template <class Work>
void run_on(Isa, const Work& work) {
    work.template run<16>();
}
template <class Work>
void run_on_any(Isa, const Work& work) {
    work.template run<16>();
}
#endif

}  // namespace upconv::detail
