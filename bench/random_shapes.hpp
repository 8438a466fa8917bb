// Random shapes: layers as people have them and their odd neighbours, the same for everyone from a seed. A change is
// judged on them: the workloads are what the library was tuned to.
#pragma once

#include <deque>
#include <initializer_list>
#include <string>

#include "operands.hpp"

namespace bench {

class RandomShapes {
  public:
    explicit RandomShapes(std::uint64_t seed) : state_(seed) {}
    RandomShapes(const RandomShapes&) = delete;  // workloads point at their names
    RandomShapes& operator=(const RandomShapes&) = delete;

    Workload next() {
        for (;;) {
            Workload w = layer();
            if (one_in(2)) make_odd(w);
            if (!fits(w)) continue;
            names_.push_back(name_of(w));
            w.name = names_.back().c_str();
            return w;
        }
    }

    /// Its options in the order of a workload, those that are 1 or 0 left out.
    static std::string name_of(const Workload& w) {
        std::string name = w.transposed() ? "deconv " : "conv ";
        const auto number = [&](const char* what, Index value, Index usual) {
            if (value != usual) name += what + std::to_string(value);
        };
        name += std::to_string(w.n) + "x" + std::to_string(w.ic) + "x" + std::to_string(w.ih) + "x" +
                std::to_string(w.iw) + ">" + std::to_string(w.oc) + " k" + std::to_string(w.k);
        number("s", w.stride, 1);
        number("p", w.padding, 0);
        number("o", w.output_padding, 0);
        number("d", w.dilation, 1);
        number("g", w.groups, 1);
        return name;
    }

  private:
    struct Kernel {
        Index k, stride, padding, output_padding, dilation;
    };

    std::uint64_t below(std::uint64_t n) { return random_bits(state_) % n; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    Index between(Index least, Index most) {
        return least + static_cast<Index>(below(static_cast<std::uint64_t>(most - least + 1)));
    }
    template <class T>
    T pick(std::initializer_list<T> of) {
        return *(of.begin() + below(of.size()));
    }

    Kernel kernel(Operator op) {
        if (op == deconv)
            return pick<Kernel>({{4, 2, 1, 0, 1},
                                 {2, 2, 0, 0, 1},
                                 {3, 2, 1, 1, 1},
                                 {3, 1, 1, 0, 1},
                                 {5, 2, 2, 1, 1},
                                 {6, 2, 2, 0, 1},
                                 {4, 4, 0, 0, 1},
                                 {9, 3, 4, 2, 1},
                                 {7, 4, 2, 1, 1},
                                 {3, 1, 2, 0, 2}});
        return pick<Kernel>({{3, 1, 1, 0, 1},
                             {3, 1, 1, 0, 1},
                             {3, 2, 1, 0, 1},
                             {1, 1, 0, 0, 1},
                             {5, 1, 2, 0, 1},
                             {4, 2, 1, 0, 1},
                             {7, 2, 3, 0, 1},
                             {1, 2, 0, 0, 1},
                             {9, 1, 4, 0, 1},
                             {7, 4, 3, 0, 1},
                             {3, 1, 2, 0, 2}});
    }

    Workload layer() {
        Workload w{};
        w.op = pick({conv, deconv});
        w.n = pick<Index>({1, 1, 1, 2, 4, 8, 16, 32});
        w.ih = w.iw = pick<Index>({4, 7, 8, 14, 16, 28, 32, 56, 64, 112, 128, 224, 300});
        const Kernel of = kernel(w.op);
        w.k = of.k;
        w.stride = of.stride;
        w.padding = of.padding;
        w.output_padding = of.output_padding;
        w.dilation = of.dilation;
        w.groups = 1;
        w.ic = pick<Index>({16, 24, 32, 48, 64, 96, 128, 192, 256, 512});
        w.oc = pick<Index>({16, 24, 32, 48, 64, 96, 128, 192, 256, 512});
        if (one_in(6)) (one_in(2) ? w.ic : w.oc) = pick<Index>({1, 3});  // first and last layers
        if (!one_in(3)) return w;
        w.groups = one_in(2) ? pick<Index>({2, 4, 8, 32, 64}) : pick<Index>({16, 32, 64, 96, 128, 384});
        const Index of_group = w.groups > 64 || one_in(2) ? 1 : pick<Index>({2, 4, 8, 16, 32});
        w.ic = w.oc = w.groups * of_group;
        return w;
    }

    /// One or two things are not as everybody has them.
    void make_odd(Workload& w) {
        for (Index times = between(1, 2); times > 0; --times) switch (below(7)) {
                case 0:
                    w.ic = w.groups * between(1, 3 * w.ic / w.groups / 2 + 2);
                    break;
                case 1:
                    w.oc = w.groups * between(1, 3 * w.oc / w.groups / 2 + 2);
                    break;
                case 2:
                    w.ih = between(4, 300);
                    break;
                case 3:
                    w.iw = between(4, 300);
                    break;
                case 4:
                    w.k = between(1, 9);
                    break;
                case 5:
                    w.stride = between(1, 4);
                    break;
                default:
                    w.dilation = between(1, 3);
            }
        w.padding = (std::min)(w.padding, w.dilation * (w.k - 1));
        w.output_padding = (std::min)(w.output_padding, w.stride - 1);
    }

    /// Between a layer that is over at once and one that takes a second, and exact in float (expected.hpp).
    static bool fits(const Workload& w) {
        constexpr double least = 1e6, most = 2e9;
        constexpr Index most_numbers = 1 << 23;
        return w.ih + 2 * w.padding >= w.dilation * (w.k - 1) + 1 &&
               w.iw + 2 * w.padding >= w.dilation * (w.k - 1) + 1 && w.oh() > 0 && w.ow() > 0 && w.flops() >= least &&
               w.flops() <= most && (std::max)({w.input_size(), w.output_size(), w.weight_size()}) <= most_numbers &&
               w.depth() < 1 << 13;
    }

    std::uint64_t state_;
    std::deque<std::string> names_;
};

}  // namespace bench
