// All units give the same right answers, in whichever order they were linked. The reference's are part of them.
#include <cstdio>

#include "unit.hpp"

namespace {

/// Equal parts, one for each algorithm, the reference second.
bool algorithms_agree(const Numbers& all) {
    const std::size_t part = all.size() / algorithm_count;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i] != all[part + i % part]) return false;
    return !all.empty();
}

}  // namespace

int main() {
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 77;  // wide_unit() would not run
    const Numbers plain = plain_unit(), wide = wide_unit(), native = native_unit();
    const bool right = algorithms_agree(plain) && wide == plain && native == plain;
    std::printf("%zu numbers of each unit: %s\n", plain.size(), right ? "the same" : "DIFFERENT");
    return right ? 0 : 1;
}
