// Threads: one plan and one operator run by many threads at once, on their own and on a pool; and a call from inside a
// pool's worker while all workers are busy. Made to be run under the thread sanitizer too.
#define EIGEN_USE_THREADS
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "every_algorithm.hpp"
#include "random_tensors.hpp"

namespace {

using upconv::Algorithm;
using upconv::Dims;
using upconv::Index;
using Tensor = upconv::Tensor4<float>;
using Up = upconv::ConvTranspose2d<float>;

constexpr int many = 8, repeats = 4;
const Dims dims(2, 20, 9, 13);

class Threads : public testing::TestWithParam<Algorithm> {
  protected:
    Up op_{{.in_channels = 20, .out_channels = 35, .kernel = 4, .stride = 2, .padding = 1, .algorithm = GetParam()}};
    Tensor x_ = normals(dims, 1), expected_;

    Threads() {
        fill_normals(op_.weight(), 2), fill_normals(op_.bias(), 3);
        expected_ = op_(x_);
    }
    bool right(const Tensor& y) const {
        return std::equal(y.data(), y.data() + y.size(), expected_.data(), expected_.data() + expected_.size());
    }
    Tensor unwritten() const {
        Tensor y(expected_.dimensions());
        y.setConstant(std::numeric_limits<float>::quiet_NaN());
        return y;
    }
};

/// How many of the threads found their result wrong.
template <class Work>
int failures_of(const Work& right) {
    std::atomic<int> failures = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < many; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < repeats; ++i) failures += right(t) ? 0 : 1;
        });
    for (std::thread& thread : threads) thread.join();
    return failures;
}

TEST_P(Threads, OnePlanFromManyThreads) {
    const auto plan = op_.plan(dims);
    EXPECT_EQ(failures_of([&](int) {
                  Tensor y = unwritten();
                  plan(x_, y);
                  return right(y);
              }),
              0);
}

TEST_P(Threads, OneOperatorFromManyThreads) {
    EXPECT_EQ(failures_of([&](int) { return right(op_(x_)); }), 0);
}

TEST_P(Threads, OnePoolFromManyThreads) {
    Eigen::ThreadPool pool(3);
    const Eigen::ThreadPoolDevice device(&pool, 3);
    const auto plan = op_.plan(dims);
    EXPECT_EQ(failures_of([&](int thread) {
                  Tensor y = unwritten();
                  thread % 2 == 0 ? plan(x_, y, device) : plan(x_, y);
                  return right(y);
              }),
              0);
}

/// Of each shape in turn: the memory that a thread keeps from run to run serves them all.
TEST_P(Threads, PlansOfManyShapes) {
    Eigen::ThreadPool pool(2);
    const Eigen::ThreadPoolDevice device(&pool, 2);
    EXPECT_EQ(failures_of([&](int thread) {
                  const Tensor other = normals(Dims(1, 20, thread + 1, 5), 4);
                  const Tensor y = op_(other, device), again = op_(other);
                  return right(op_(x_, device)) && std::equal(y.data(), y.data() + y.size(), again.data());
              }),
              0);
}

/// Were a worker to wait for the pool, nobody would be left to work.
TEST_P(Threads, CallsFromEveryWorkerOfABusyPool) {
    constexpr int workers = 3;
    Eigen::ThreadPool pool(workers);
    const Eigen::ThreadPoolDevice device(&pool, workers);
    const auto plan = op_.plan(dims);
    std::atomic<int> busy = 0, failures = 0;
    Eigen::Barrier done(workers);
    for (int w = 0; w < workers; ++w)
        pool.Schedule([&] {
            for (++busy; busy < workers;) std::this_thread::yield();
            Tensor y = unwritten();
            plan(x_, y, device);
            failures += right(y) && right(op_(x_, device)) ? 0 : 1;
            done.Notify();
        });
    done.Wait();
    EXPECT_EQ(failures, 0);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, Threads,
                         testing::ValuesIn(every_algorithm),
                         [](const auto& of) { return to_text(of.param); });

}  // namespace
