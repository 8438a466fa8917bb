// CanonicalPlan: the canonical sums over a whole problem, for a scalar with vectors and a shape that no tile takes.
// Needs no memory but the weights.
#pragma once

#include <vector>

#include "../kernel/canonical.hpp"
#include "../plan/problem.hpp"
#include "executor.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

template <class T>
class CanonicalPlan {
  public:
    explicit CanonicalPlan(const FilterProblem& problem, Isa isa = best_isa())
        : problem_(problem), isa_(isa), weight_(static_cast<std::size_t>(problem.relation.weight_count())) {}

    void pack(const T* weight, const Executor& = {}) { std::copy_n(weight, weight_.size(), weight_.data()); }

    void run(View<const T> input, View<T> output, const Store<T>& store, const Executor& executor) const {
        const Index channels = output.shape.c, items = output.shape.n * channels * output.shape.h;
        executor(items, problem_.flops() / static_cast<double>(items), [&](Index item) {
            run_on_any(isa_, Row{*this, input, output, store, item / output.shape.h / channels,
                                 item / output.shape.h % channels, item % output.shape.h});
        });
    }

  private:
    /// A row of outputs of one channel: all column phases.
    struct Row {
        const CanonicalPlan& plan;
        const View<const T>& input;
        const View<T>& output;
        const Store<T>& store;
        Index n, channel, row;

        template <int Bytes>
        [[gnu::always_inline]] void run() const {
            const FilterProblem& p = plan.problem_;
            const Relation& r = p.relation;
            const Index outputs = p.outputs_per_group(), g = channel / outputs;
            const Index phases = phase_count(r.rows, p.direction);
            CanonicalRow<T> of{.x = input,
                               .y = output,
                               .weight = plan.weight_.data() + p.weight_index(g, channel % outputs, 0, 0, 0),
                               .store = store,
                               .n = n,
                               .first_channel = g * p.inputs_per_group(),
                               .channels = p.inputs_per_group(),
                               .output_channel = channel,
                               .row_step = row / phases,
                               .rows = phase_of(r.rows, p.direction, row % phases),
                               .columns = {},
                               .weight_channel = p.inputs_per_group() == 1 ? 0 : p.weight_index(0, 0, 1, 0, 0),
                               .weight_row = r.columns.kernel};
            const Index column_phases = phase_count(r.columns, p.direction);
            for (Index q = 0; q < column_phases; ++q) {
                of.columns = phase_of(r.columns, p.direction, q);
                of.template run<Bytes>();
            }
        }
    };

    FilterProblem problem_;
    Isa isa_;
    std::vector<T> weight_;  // (coarse, fine / groups, kh, kw)
};

}  // namespace upconv::detail
