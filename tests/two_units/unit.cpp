// One source, built three times with UNIT and other flags each time. Small integers through every plan.
#include "../every_algorithm.hpp"
#include "unit.hpp"

#include <upconv/engine.hpp>
#include <upconv/engine/filter_pass.hpp>

namespace {

using namespace upconv;
using namespace upconv::detail;

Numbers integers(Index count, int seed) {
    Numbers values;
    for (Index i = 0; i < count; ++i) values.push_back(static_cast<float>((i * 31 + seed) % 7 - 3));
    return values;
}

void append(Numbers& all, FilterProblem problem, Algorithm algorithm) {
    problem.algorithm = algorithm;
    const Shape4 in = problem.input_shape(), out = problem.output_shape();
    const Numbers x = integers(in.size(), 1), weight = integers(problem.relation.weight_count(), 2);
    const Numbers bias = integers(out.c, 3);
    const std::size_t done = all.size();
    all.resize(done + static_cast<std::size_t>(out.size()));
    FilterPass<float>(problem, weight.data(), bias.data())
        .run(View<const float>{x.data(), in, contiguous(in)}, View<float>{all.data() + done, out, contiguous(out)},
             Executor());
}

}  // namespace

static_assert(every_algorithm.size() == algorithm_count);

Numbers UNIT() {
    Numbers all;
    for (Algorithm algorithm : every_algorithm)
        for (Direction direction : {Direction::to_coarse, Direction::to_fine})
            for (Index outputs : {2, 18, 20}) {
                FilterProblem problem;
                const Index coarse = direction == Direction::to_coarse ? outputs : 18;
                const Index fine = direction == Direction::to_coarse ? 18 : outputs;
                const Index groups = outputs == 18 ? 18 : 1;
                problem.relation = {Axis{5, 10, 4, 2, 1, 1}, Axis{21, 42, 4, 2, 1, 1}, coarse, fine, groups};
                problem.direction = direction;
                problem.n = 2;
                problem.activation = Activation::clamp(-50, 50);
                append(all, problem, algorithm);
            }
    return all;
}
