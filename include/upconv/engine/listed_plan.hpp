// ListedPlan: the tiniest problems, where a plan of tiles and strips takes longer than the sums themselves. Every
// product of an image is listed when planned, and a run goes down the list:
//
//     output[o] = sum over the terms of o of weight * input[offset],   in the canonical order, without the padding
#pragma once

#include <vector>

#include "../kernel/store.hpp"
#include "../plan/canonical_order.hpp"
#include "../plan/problem.hpp"
#include "executor.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

template <class T>
class ListedPlan {
  public:
    using C = AccumulatorOf<T>;

    /// Requires can_be_listed(problem).
    explicit ListedPlan(const FilterProblem& problem, Isa isa = best_isa())
        : problem_(problem),
          isa_(isa),
          rows_(inputs_of(problem.relation.rows, problem.output_shape().h)),
          columns_(inputs_of(problem.relation.columns, problem.output_shape().w)) {}

    void pack(const T* weight, const Executor& = {}) {
        const Shape4 out = problem_.output_shape();
        const Relation& r = problem_.relation;
        ends_.clear();
        terms_.clear();
        ends_.reserve(static_cast<std::size_t>(out.c * out.h * out.w));
        terms_.reserve(static_cast<std::size_t>(problem_.flops() / 2) /
                       static_cast<std::size_t>(std::max<Index>(problem_.n, 1)));
        for (Index c = 0; c < out.c; ++c)
            for (Index i = 0; i < out.h; ++i)
                for (Index j = 0; j < out.w; ++j) {
                    list(weight, c, rows_.data() + i * r.rows.kernel, columns_.data() + j * r.columns.kernel);
                    ends_.push_back(static_cast<int>(terms_.size()));
                }
    }

    void run(View<const T> input, View<T> output, const Store<T>& store,
             const Executor& /*too little to share*/) const {
        run_on_any(isa_, Sums{*this, input, output, store});
    }

  private:
    struct Term {
        C weight;
        int offset;  // in an image packed as channels, rows, columns
    };

    struct Sums {
        const ListedPlan& plan;
        const View<const T>& input;
        const View<T>& output;
        const Store<T>& store;

        template <int Bytes>
        [[gnu::always_inline]] void run() const {
            C image[256];
            for (Index n = 0; n < input.shape.n; ++n) {
                C* to = image;
                for (Index c = 0; c < input.shape.c; ++c)
                    for (Index i = 0; i < input.shape.h; ++i)
                        for (Index j = 0; j < input.shape.w; ++j) *to++ = widen<C>(input(n, c, i, j));
                const Term* term = plan.terms_.data();
                const int* end = plan.ends_.data();
                for (Index c = 0; c < output.shape.c; ++c)
                    for (Index i = 0; i < output.shape.h; ++i)
                        for (Index j = 0; j < output.shape.w; ++j) {
                            C sum = 0;
                            for (const Term* const last = plan.terms_.data() + *end++; term != last; ++term) {
                                sum += term->weight * image[term->offset];
                                keep_fused(&sum);
                            }
                            output(n, c, i, j) = store(sum, c);
                        }
            }
        }
    };

    /// The input row (or column) that each output reads through each tap; -1 for none.
    std::vector<Index> inputs_of(const Axis& axis, Index outputs) const {
        std::vector<Index> inputs;
        inputs.reserve(static_cast<std::size_t>(outputs * axis.kernel));
        for (Index output = 0; output < outputs; ++output)
            for (Index tap = 0; tap < axis.kernel; ++tap) {
                if (problem_.direction == Direction::to_coarse) {
                    const Index fine = axis.fine_at(output, tap);
                    inputs.push_back(fine >= 0 && fine < axis.fine ? fine : -1);
                } else {
                    const Index from = output + axis.begin - tap * axis.dilation, coarse = from / axis.stride;
                    inputs.push_back(from >= 0 && coarse * axis.stride == from && coarse < axis.coarse ? coarse : -1);
                }
            }
        return inputs;
    }

    /// The terms of one output.
    void list(const T* weight, Index channel, const Index* rows, const Index* columns) {
        const Shape4 in = problem_.input_shape();
        const Index inputs = problem_.inputs_per_group(), outputs = problem_.outputs_per_group();
        const Index g = channel / outputs, out = channel % outputs;
        const Relation& r = problem_.relation;
        in_canonical_order({inputs, r.rows.kernel, r.columns.kernel}, [&](Index c, Index a, Index b) {
            if (rows[a] >= 0 && columns[b] >= 0)
                terms_.push_back({widen<C>(weight[problem_.weight_index(g, out, c, a, b)]),
                                  static_cast<int>(((g * inputs + c) * in.h + rows[a]) * in.w + columns[b])});
        });
    }

    FilterProblem problem_;
    Isa isa_;
    std::vector<Index> rows_, columns_;  // the input row (column) of each output and tap, or -1
    std::vector<Term> terms_;            // of an image, output by output
    std::vector<int> ends_;              // (outputs): where each one's terms end
};

}  // namespace upconv::detail
