// OpenMP, calmed.
#pragma once

#include <unistd.h>

#include <cstdlib>

namespace bench {

/// OpenMP's idle threads spin for 5 ms. 0.2 ms outlast any gap within a turn and leave the rest of the machine in
/// peace, so a program starts itself anew with that, before OpenMP has looked.
inline void calm_openmp(char** argv) {
    if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
    setenv("GOMP_SPINCOUNT", "20000", 1);
    execv("/proc/self/exe", argv);  // where there is none, all goes on as it is
}

}  // namespace bench
