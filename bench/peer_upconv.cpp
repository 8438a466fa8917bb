// upconv itself, planned, in the two layouts.
#define EIGEN_USE_THREADS
#include <memory>
#include <upconv/upconv.hpp>

#include "peer.hpp"
#include "upconv_operator.hpp"

namespace bench {
namespace {

template <class Layout, class Op>
Candidate candidate(const Workload& w, const Operands& operands, int threads) {
    using Plan = decltype(std::declval<const Op&>().plan(upconv::Dims{}));
    struct State {
        State(const Workload& workload, int workers)
            : pool(workers), device(&pool, workers), y(workload.output_size()) {}
        Eigen::ThreadPool pool;
        Eigen::ThreadPoolDevice device;
        Buffer y;
        std::unique_ptr<Plan> plan;
    };
    const auto state = std::make_shared<State>(w, threads);
    const Op op = make_operator<Op>(w, operands);
    const upconv::Dims dims = input_dims<Layout>(w);
    state->plan = std::make_unique<Plan>(op.plan(dims));
    const Order order = order_of<Layout>;
    const InputMap x(operands.x(order).data(), dims);
    OutputMap y(state->y.data(), op.output_shape(dims));
    const auto run = [state, x, y, threads]() mutable {
        threads == 1 ? (*state->plan)(x, y) : (*state->plan)(x, y, state->device);
    };
    return {order == Order::nhwc ? "upconv nhwc" : "upconv nchw", order, run,
            [state] { return std::as_const(state->y).data(); }, state->plan->text()};
}

template <class Layout>
Candidate candidate(const Workload& w, const Operands& operands, int threads) {
    return w.transposed() ? candidate<Layout, upconv::ConvTranspose2d<float, Layout>>(w, operands, threads)
                          : candidate<Layout, upconv::Conv2d<float, Layout>>(w, operands, threads);
}

}  // namespace

std::vector<Candidate> upconv_candidates(const Workload& w, const Operands& operands, int threads) {
    return {candidate<upconv::NCHW>(w, operands, threads), candidate<upconv::NHWC>(w, operands, threads)};
}

}  // namespace bench
