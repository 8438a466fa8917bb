// The operator of one of the two units is refused, and its text names the way out.
#include <cstdio>
#include <stdexcept>

void plain_mixed();
void wide_mixed();

int main() {
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 77;
    int refused = 0;
    for (const auto unit : {plain_mixed, wide_mixed}) try {
            unit();
        } catch (const std::invalid_argument& error) {
            std::printf("%s\n", error.what());
            ++refused;
        }
    return refused == 1 ? 0 : 1;
}
