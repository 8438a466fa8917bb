// upconv's gradients in the two layouts: of input and weights by a plan, all at once by backward().
#define EIGEN_USE_THREADS
#include <memory>
#include <upconv/upconv.hpp>

#include "gradient_peer.hpp"
#include "upconv_operator.hpp"

namespace bench {
namespace {

template <class Layout, class Op>
Candidate candidate(Gradient gradient, const Workload& w, const GradientOperands& operands, int threads) {
    using Plan = decltype(std::declval<const Op&>().gradient_plan(upconv::Dims{}));
    struct State {
        State(const Workload& workload, const GradientOperands& numbers, int workers)
            : pool(workers), device(&pool, workers), op(make_operator<Op>(workload, numbers.forward)) {}
        Eigen::ThreadPool pool;
        Eigen::ThreadPoolDevice device;
        Op op;
        std::unique_ptr<Plan> plan;
        upconv::Gradients<float, Eigen::RowMajor> results;
    };
    const auto state = std::make_shared<State>(w, operands, threads);
    const upconv::Dims dims = input_dims<Layout>(w);
    const bool input = gradient == Gradient::input;
    state->plan =
        std::make_unique<Plan>(state->op.gradient_plan(dims, {.input = input, .weight = !input, .bias = false}));
    const Order order = order_of<Layout>;
    const InputMap x(operands.x(order).data(), dims), grad(operands.grad(order).data(), state->op.output_shape(dims));
    const auto on = [state, x, grad, gradient](const auto& device) {
        if (gradient == Gradient::backward)
            state->results = state->op.backward(x, grad, device);
        else
            (*state->plan)(x, grad, state->op, state->results, device);
    };
    return {order == Order::nhwc ? "upconv nhwc" : "upconv nchw", order,
            [state, on, threads] { threads == 1 ? on(Eigen::DefaultDevice()) : on(state->device); },
            [state, input]() -> const float* {
                return input ? state->results.input.data() : state->results.weight.data();
            }};
}

template <class Layout>
Candidate candidate(Gradient gradient, const Workload& w, const GradientOperands& operands, int threads) {
    return w.transposed() ? candidate<Layout, upconv::ConvTranspose2d<float, Layout>>(gradient, w, operands, threads)
                          : candidate<Layout, upconv::Conv2d<float, Layout>>(gradient, w, operands, threads);
}

}  // namespace

std::vector<Candidate> upconv_gradients(Gradient gradient, const Workload& w, const GradientOperands& operands,
                                        int threads) {
    return {candidate<upconv::NCHW>(gradient, w, operands, threads),
            candidate<upconv::NHWC>(gradient, w, operands, threads)};
}

}  // namespace bench
