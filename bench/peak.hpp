// Peak: how many multiply-adds the machine does, from registers alone, in the widest instruction set it has. Clocks
// drift and neighbours steal, so a rate only says something beside the peak of the same moment.
#pragma once

#include <chrono>
#include <thread>
#include <upconv/kernel/simd.hpp>
#include <vector>

namespace bench {

/// sum = sum * factor + term, in as many chains as keep every unit busy.
struct MultiplyAdds {
    static constexpr int rounds = 40'000;
    float* seed;
    double* flops;

    template <int Bytes>
    [[gnu::always_inline]] void run() const {
        using V = upconv::detail::Vector<float, Bytes>;
        constexpr int chains = upconv::detail::sums_in_registers(Bytes);  // at least latency 4 x 2 units
        const V factor = 0.5f * *seed - V{}, term = *seed - V{};
        V sum[chains];
#pragma GCC unroll 24
        for (int c = 0; c < chains; ++c) sum[c] = static_cast<float>(c) - V{};
        for (int r = 0; r < rounds; ++r)
#pragma GCC unroll 24
            for (int c = 0; c < chains; ++c) sum[c] = sum[c] * factor + term;
        V total{};
#pragma GCC unroll 24
        for (int c = 0; c < chains; ++c) total += sum[c];
        *seed = total[0] == 0 ? 0.5f : 1;
        *flops = 2.0 * rounds * chains * Bytes / static_cast<double>(sizeof(float));
    }
};

/// FLOP/s of one core: the best of a few short runs, about 0.2 ms each.
inline double core_peak() {
    float seed = 1;
    double best = 0;
    for (int run = 0; run < 4; ++run) {
        double flops = 0;
        const auto start = std::chrono::steady_clock::now();
        upconv::detail::run_on(upconv::detail::best_isa(), MultiplyAdds{&seed, &flops});
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
        best = std::max(best, flops / time.count());
    }
    return best;
}

/// FLOP/s of that many cores at once.
inline double peak(int threads) {
    std::vector<double> rates(static_cast<std::size_t>(threads));
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < rates.size(); ++i) others.emplace_back([&, i] { rates[i] = core_peak(); });
    rates[0] = core_peak();
    others.clear();
    double sum = 0;
    for (const double rate : rates) sum += rate;
    return sum;
}

}  // namespace bench
