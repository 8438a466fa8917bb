// Every unit makes the same numbers of the same tensor, and of what another unit made.
#include <cstdio>
#include <utility>

#include "operators.hpp"

namespace {

bool same(const Tensor& a, const Tensor& b) {
    const Eigen::Tensor<bool, 0, Eigen::RowMajor> equal = (a == b).all();
    return equal();
}

}  // namespace

int main() {
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 77;  // wide_operators() would not run
    Tensor (*const units[])(Tensor) = {plain_operators, wide_operators, native_operators};
    Tensor x(1, 3, 12, 12);
    for (Eigen::Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i * 7 % 5 - 2);
    bool right = true;
    for (int round = 0; round < 3; ++round) {
        const Tensor expected = plain_operators(x);
        for (const auto first : units)
            for (const auto second : units)
                right = right && same(first(x), expected) && same(second(first(x)), second(expected));
        x = plain_operators(native_operators(wide_operators(std::move(x))));
    }
    std::printf("%g: %s\n", x(0, 0, 5, 5), right ? "the same" : "DIFFERENT");
    return right ? 0 : 1;
}
