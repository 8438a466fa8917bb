// Allocations: counts operator new and, as the linker brings every malloc of a program here (--wrap), Eigen's own
// memory. To be included by one unit of a program. And what is watched.
#pragma once

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>
#include <upconv/upconv.hpp>

namespace {

/// Of the thread that watches.
thread_local bool watching = false;
thread_local long allocations = 0, blocks = 0, fails_at = -1;
thread_local long long live = 0, peak = 0;

/// Of all threads while `everyone` is watched: allocations that are no closure of a thread pool's.
constexpr std::size_t no_closure = 1024;  // bytes
std::atomic<bool> everyone = false;
std::atomic<long> of_everyone = 0;

}  // namespace

extern "C" {
void* __real_malloc(std::size_t size);
void __real_free(void* memory);

void* __wrap_malloc(std::size_t size) {
    if (everyone && size >= no_closure) ++of_everyone;
    if (!watching) return __real_malloc(size);
    if (allocations++ == fails_at) return nullptr;
    void* const memory = __real_malloc(size);
    ++blocks;
    live += static_cast<long long>(malloc_usable_size(memory));
    peak = std::max(peak, live);
    return memory;
}

void __wrap_free(void* memory) {
    if (watching && memory != nullptr) {
        --blocks;
        live -= static_cast<long long>(malloc_usable_size(memory));
    }
    __real_free(memory);
}
}

void* operator new(std::size_t size) {
    if (void* const memory = __wrap_malloc(size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { __wrap_free(memory); }
void operator delete(void* memory, std::size_t) noexcept { __wrap_free(memory); }

namespace {

struct Count {
    long allocations, blocks;  // made; those still there
    long long live, peak;      // bytes
    bool failed;
};

/// What `work` allocates on this thread. The `fail`-th allocation fails.
template <class Work>
Count watch(const Work& work, long fail = -1) {
    allocations = blocks = 0, live = peak = 0, fails_at = fail;
    bool failed = false;
    watching = true;
    try {
        work();
    } catch (const std::bad_alloc&) {
        failed = true;
    }
    watching = false;
    return {allocations, blocks, live, peak, failed};
}

/// On a thread that has run nothing yet, so has no memory from earlier runs; it gives its own back at its end.
template <class Work>
void on_new_thread(const Work& work) {
    std::thread(work).join();
}

/// How many allocations of 1 KiB and more `work` makes, on whichever thread: a pool allocates closures for its tasks.
template <class Work>
long large_allocations(const Work& work) {
    of_everyone = 0;
    everyone = true;
    work();
    everyone = false;
    return of_everyone;
}

// What is watched: small operators of every kind.

template <class Options>
struct Case {
    const char* name;
    Options options;
    upconv::Dims dims;  // NCHW
};

const Case<upconv::Conv2dOptions> conv_cases[] = {
    {"conv 3x3", {.in_channels = 20, .out_channels = 35, .kernel = 3, .padding = 1}, {2, 20, 9, 13}},
    {"conv 7x7 s2", {.in_channels = 3, .out_channels = 8, .kernel = 7, .stride = 2, .padding = 3}, {1, 3, 30, 31}},
    {"depthwise", {.in_channels = 12, .out_channels = 12, .kernel = 3, .padding = 1, .groups = 12}, {3, 12, 9, 21}},
    {"conv 3x3 reflect",
     {.in_channels = 4, .out_channels = 4, .kernel = 3, .padding = 1, .padding_mode = upconv::PaddingMode::reflect},
     {1, 4, 6, 9}},
};
const Case<upconv::ConvTranspose2dOptions> up_cases[] = {
    {"up k4 s2", {.in_channels = 20, .out_channels = 35, .kernel = 4, .stride = 2, .padding = 1}, {2, 20, 9, 13}},
    {"up k2 s2", {.in_channels = 33, .out_channels = 3, .kernel = 2, .stride = 2}, {1, 33, 7, 19}},
    {"up k3 circular",
     {.in_channels = 4, .out_channels = 4, .kernel = 3, .padding = 1, .padding_mode = upconv::PaddingMode::circular},
     {1, 4, 6, 9}},
};

template <class Layout>
upconv::Dims dims_for(const upconv::Dims& d) {
    if constexpr (std::is_same_v<Layout, upconv::NHWC>) return {d[0], d[2], d[3], d[1]};
    return d;
}

}  // namespace
