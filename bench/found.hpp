// Found: a library that the build looked for, of each kind of benchmark.
#pragma once

#include <cstdio>
#include <vector>

namespace bench {

/// Make: a function that makes all of the library's ways to run one case.
template <class Make>
struct Found {
    const char* name;
    const char* packages;  // Debian's names
    Make* make;            // null when it was not found
};

/// Says which were not found.
template <class Make>
void name_skipped(const std::vector<Found<Make>>& libraries) {
    for (const Found<Make>& library : libraries)
        if (library.make == nullptr)
            std::fprintf(stderr, "skipped: %s was not found (Debian, Ubuntu: %s)\n", library.name, library.packages);
}

}  // namespace bench
