// An executor without threads that says it has some.
#pragma once

#include <upconv/engine/executor.hpp>

/// Runs the items one after the other on the calling thread, the last first, and says that it has that many threads.
struct PretendedThreads : upconv::detail::Executor {
    PretendedThreads(upconv::Index count = 1)
        : Executor(nullptr, count, [](const void*, upconv::Index items, double, const upconv::detail::Task& task) {
              while (items > 0) task(--items);
          }) {}
};
