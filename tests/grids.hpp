// Grids: both tensors of a problem, for the gradient of its weights.
#pragma once

#include <upconv/engine/weight_gradient_kernels.hpp>

#include "problems.hpp"

namespace upconv::detail {

/// The same numbers whatever the order in memory.
template <class T>
struct Grids {
    TensorOf<T> coarse, fine;

    template <class Next>
    Grids(const FilterProblem& p, Memory order, const Next& next)
        : coarse(p.coarse_shape(), order, T(0)), fine(p.fine_shape(), order, T(0)) {
        for (TensorOf<T>* tensor : {&coarse, &fine}) {
            const Shape4& s = tensor->shape;
            for (Index n = 0; n < s.n; ++n)
                for (Index c = 0; c < s.c; ++c)
                    for (Index h = 0; h < s.h; ++h)
                        for (Index w = 0; w < s.w; ++w) tensor->view()(n, c, h, w) = static_cast<T>(next());
        }
    }
    View<const T> coarse_view() const { return coarse.view(); }
    View<const T> fine_view() const { return fine.view(); }
};

template <class T>
Grids<T> integers(const FilterProblem& p, Memory order, std::uint64_t seed = 1) {
    std::mt19937_64 engine(seed);
    return {p, order, [&] { return static_cast<float>(engine() % 7) - 3; }};
}

template <class T>
std::vector<T> run(const WeightGradient<T>& gradient, const FilterProblem& p, const Grids<T>& grids,
                   GradientSum how = GradientSum::replaces, const PretendedThreads& threads = {}) {
    std::vector<T> weight(static_cast<std::size_t>(p.relation.weight_count()), T(5.0f));
    gradient.run(grids.coarse_view(), grids.fine_view(), weight.data(), how, threads);
    return weight;
}

inline FilterProblem problem(const AxisOptions& rows, const AxisOptions& columns, Index coarse, Index fine,
                             Index groups = 1, Index n = 1) {
    FilterProblem p;
    p.relation = {rows.axis(), columns.axis(), coarse, fine, groups};
    p.direction = Direction::to_coarse;
    p.n = n;
    return p;
}

}  // namespace upconv::detail
