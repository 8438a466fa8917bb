// Allocations: counts operator new and, as the linker brings every malloc of a program here (--wrap), Eigen's own
// memory. To be included by one unit of a program.
#pragma once

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>

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

}  // namespace
