float lto_plain_unit(const float* from, float* to);
float lto_wide_unit(const float* from, float* to);

int main() {
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 77;
    static const float from[120] = {3};
    static float to[480];
    return lto_plain_unit(from, to) == 3 && lto_wide_unit(from, to) == 3 ? 0 : 1;
}
