// ReferencePlan: the reference kernels over a whole problem, for any scalar.
#pragma once

#include <algorithm>
#include <vector>

#include "../kernel/border.hpp"
#include "../kernel/gather.hpp"
#include "../kernel/scatter_add.hpp"
#include "../plan/problem.hpp"
#include "executor.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

template <class T>
class ReferencePlan {
  public:
    explicit ReferencePlan(const FilterProblem& problem) : problem_(problem) {}

    void pack(const T* weight, const Executor& = {}) { weight_.assign(weight, weight + problem_.relation.weight_count()); }

    void run(View<const T> input, View<T> output, const Store<T>& store, const Executor& executor) const {
        if (problem_.direction == Direction::to_fine)
            scatter_add(input, output, store, executor);
        else
            gather(input, output, store, executor);
    }

    static std::string text(const FilterProblem& problem) {
        const bool as_asked = problem.algorithm == Algorithm::automatic || problem.algorithm == Algorithm::reference;
        return joined("reference (any scalar), because: ", as_asked ? "" : to_text(problem.algorithm),
                      as_asked ? "" : " was asked for, but ", "the scalar has no vectors");
    }

  private:
    using Acc = AccumulatorOf<T>;

    void gather(View<const T> fine, View<T> coarse, const Store<T>& store, const Executor& executor) const {
        const Relation& r = problem_.relation;
        const Index rows = problem_.n * r.coarse_channels * r.rows.coarse;
        executor(rows, problem_.flops() / static_cast<double>(rows), [&](Index item) {
            const Index row = item % r.rows.coarse, channel = item / r.rows.coarse % r.coarse_channels;
            gather_row(r, fine, weight_.data(), store, item / r.rows.coarse / r.coarse_channels, channel, row, coarse);
        });
    }

    /// Sums a plane at a time in a buffer of its own, one for each worker, and stores it from there: the only writes to
    /// the output.
    void scatter_add(View<const T> coarse, View<T> fine, const Store<T>& store, const Executor& executor) const {
        const Relation& r = problem_.relation;
        const Index plane_size = r.rows.fine * r.columns.fine, planes = problem_.n * r.fine_channels;
        const Index workers = (std::min)(planes, executor.threads());
        std::vector<Acc> buffer(static_cast<std::size_t>(workers * plane_size), number<Acc>(0));
        executor(workers, problem_.flops() / static_cast<double>(workers), [&](Index worker) {
            Acc* plane = buffer.data() + worker * plane_size;  // (fine rows, fine columns)
            for (Index item = worker; item < planes; item += workers) {
                const Index n = item / r.fine_channels, channel = item % r.fine_channels;
                std::fill(plane, plane + plane_size, number<Acc>(0));
                scatter_add_plane(r, coarse, weight_.data(), n, channel, plane);
                for (Index i = 0; i < fine.shape.h; ++i)
                    for (Index j = 0; j < fine.shape.w; ++j)
                        fine(n, channel, i, j) = store(plane[i * r.columns.fine + j], channel);
            }
        });
    }

    FilterProblem problem_;
    std::vector<T> weight_;  // (coarse, fine / groups, kh, kw)
};

}  // namespace upconv::detail
