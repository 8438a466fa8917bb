// Memory: tensors between pages that may not be touched, flush with the one behind or the one before them; inputs and
// weights may not be written. Outputs hold NaN before, and every one of them is written.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "every_algorithm.hpp"
#include "random_tensors.hpp"

namespace {

using upconv::Algorithm;
using upconv::Dims;
using upconv::Index;
using upconv::NCHW;
using upconv::NHWC;

enum class Flush { left, right };

/// Memory for `count` numbers between two forbidden pages. What is left of its own pages is watched.
template <class T>
class Guarded {
  public:
    Guarded(Index count, Flush flush) : bytes_(static_cast<std::size_t>(count) * sizeof(T)) {
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        inside_ = (bytes_ + page - 1) / page * page;
        pages_ = static_cast<char*>(mmap(nullptr, inside_ + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        if (pages_ == MAP_FAILED) throw std::bad_alloc();
        all_ = inside_ + 2 * page;
        begin_ = pages_ + page;
        mprotect(begin_, inside_, PROT_READ | PROT_WRITE);
        std::memset(begin_, watched, inside_);
        data_ = flush == Flush::left ? begin_ : begin_ + inside_ - bytes_;
    }
    ~Guarded() { munmap(pages_, all_); }
    Guarded(const Guarded&) = delete;
    Guarded& operator=(const Guarded&) = delete;

    T* data() const { return reinterpret_cast<T*>(data_); }
    void forbid_writing() { mprotect(begin_, inside_, PROT_READ); }
    bool surroundings_unchanged() const {
        for (const char* at = begin_; at != begin_ + inside_; ++at)
            if ((at < data_ || at >= data_ + bytes_) && *at != watched) return false;
        return true;
    }

  private:
    static constexpr char watched = 0x5a;
    std::size_t bytes_, inside_ = 0, all_ = 0;
    char *pages_ = nullptr, *begin_ = nullptr, *data_ = nullptr;
};

template <class X>
using Map = Eigen::TensorMap<X>;

/// x in guarded memory that may not be written.
template <class X>
class Input {
  public:
    Input(const X& x, Flush flush) : memory_(x.size(), flush), map_(memory_.data(), x.dimensions()) {
        std::copy(x.data(), x.data() + x.size(), memory_.data());
        memory_.forbid_writing();
    }
    const Map<const X>& map() const { return map_; }

  private:
    Guarded<typename X::Scalar> memory_;
    Map<const X> map_;
};

template <class X>
testing::AssertionResult equal(const X& a, const X& b) {
    for (Index i = 0; i < a.size(); ++i)
        if (!(a.data()[i] == b.data()[i]))
            return testing::AssertionFailure()
                   << "number " << i << " is " << a.data()[i] << " instead of " << b.data()[i];
    return testing::AssertionSuccess();
}

/// The operator and the function form between guards, against the reference on plain tensors.
template <class T, class Layout, template <class, class> class Operator, class Options>
void check(Options options, const Dims& nchw) {
    using Tensor = upconv::Tensor4<T>;
    using Op = Operator<T, Layout>;
    const auto x = integers<T>(dims_for<Layout>(nchw), 1, 2);
    options.algorithm = Algorithm::reference;
    Op op(options);
    fill_integers(op.weight(), 2, 1), fill_integers(op.bias(), 3);
    const Tensor expected = op(x);
    for (Algorithm algorithm : every_algorithm)
        for (Flush flush : {Flush::left, Flush::right}) {
            SCOPED_TRACE(to_text(algorithm) + std::string(flush == Flush::left ? ", left" : ", right"));
            options.algorithm = algorithm;
            const Op fast(options, op.weight(), op.bias());
            const Input<Tensor> in(x, flush);
            const Guarded<T> memory(expected.size(), flush);
            Map<Tensor> y(memory.data(), expected.dimensions());
            y.setConstant(std::numeric_limits<T>::quiet_NaN());
            fast(in.map(), y);
            EXPECT_TRUE(equal(Tensor(y), expected));
            EXPECT_TRUE(memory.surroundings_unchanged());

            const Input<typename Op::Weight> weight(op.weight(), flush);
            const Input<typename Op::Bias> bias(op.bias(), flush);
            if constexpr (std::is_same_v<Options, upconv::Conv2dOptions>)
                EXPECT_TRUE(equal(upconv::conv2d<Layout>(in.map(), weight.map(), bias.map(), options), expected));
            else
                EXPECT_TRUE(
                    equal(upconv::conv_transpose2d<Layout>(in.map(), weight.map(), bias.map(), options), expected));
        }
}

template <class Options>
struct Case {
    Options options;
    Dims dims;
};

const Case<upconv::Conv2dOptions> conv_cases[] = {
    {{.in_channels = 1, .out_channels = 1, .kernel = 1}, {1, 1, 1, 1}},
    {{.in_channels = 3, .out_channels = 5, .kernel = 3, .padding = 1}, {2, 3, 5, 7}},
    {{.in_channels = 16, .out_channels = 16, .kernel = 3, .padding = 1}, {1, 16, 6, 16}},
    {{.in_channels = 17, .out_channels = 33, .kernel = {2, 3}, .stride = 2}, {3, 17, 5, 9}},
    {{.in_channels = 6, .out_channels = 6, .kernel = 5, .padding = 2, .groups = 6}, {2, 6, 7, 13}},
    {{.in_channels = 4, .out_channels = 2, .kernel = 3, .stride = 3, .padding = -1, .dilation = 2}, {1, 4, 9, 20}},
    {{.in_channels = 5, .out_channels = 4, .kernel = 3, .padding = 2, .padding_mode = upconv::PaddingMode::reflect},
     {2, 5, 4, 11}},
    {{.in_channels = 2, .out_channels = 19, .kernel = {1, 4}, .stride = {2, 1}, .padding = {0, 6}}, {1, 2, 4, 3}},
};
const Case<upconv::ConvTranspose2dOptions> up_cases[] = {
    {{.in_channels = 1, .out_channels = 1, .kernel = 1}, {1, 1, 1, 1}},
    {{.in_channels = 3, .out_channels = 5, .kernel = 4, .stride = 2, .padding = 1}, {2, 3, 5, 7}},
    {{.in_channels = 16, .out_channels = 16, .kernel = 2, .stride = 2}, {1, 16, 4, 16}},
    {{.in_channels = 17, .out_channels = 33, .kernel = {2, 3}, .stride = 2, .output_padding = 1}, {3, 17, 3, 5}},
    {{.in_channels = 6, .out_channels = 6, .kernel = 4, .stride = 2, .padding = 1, .groups = 6}, {2, 6, 4, 9}},
    {{.in_channels = 4, .out_channels = 2, .kernel = 2, .stride = 3, .padding = -1, .dilation = 2}, {1, 4, 4, 6}},
    {{.in_channels = 5, .out_channels = 4, .kernel = 3, .padding = 1, .padding_mode = upconv::PaddingMode::replicate},
     {2, 5, 4, 11}},
    {{.in_channels = 2, .out_channels = 19, .kernel = {1, 4}, .stride = {2, 1}, .padding = {0, 2}}, {1, 2, 4, 3}},
};

template <class T, class Layout>
void check_all() {
    for (const auto& c : conv_cases) {
        SCOPED_TRACE("Conv2d case " + std::to_string(&c - conv_cases));
        check<T, Layout, upconv::Conv2d>(c.options, c.dims);
    }
    for (const auto& c : up_cases) {
        SCOPED_TRACE("ConvTranspose2d case " + std::to_string(&c - up_cases));
        check<T, Layout, upconv::ConvTranspose2d>(c.options, c.dims);
    }
}

TEST(Memory, FloatChannelsFirst) { check_all<float, NCHW>(); }
TEST(Memory, FloatChannelsLast) { check_all<float, NHWC>(); }
TEST(Memory, HalfChannelsFirst) { check_all<Eigen::half, NCHW>(); }

/// Every size up to three vectors: the tails of packing and storing.
TEST(Memory, EveryWidthAndCountOfChannels) {
    for (Index size = 1; size <= 48; ++size) {
        SCOPED_TRACE(size);
        check<float, NCHW, upconv::Conv2d>(
            upconv::Conv2dOptions{.in_channels = 4, .out_channels = 4, .kernel = 3, .padding = 1}, {1, 4, 2, size});
        check<float, NHWC, upconv::ConvTranspose2d>(
            upconv::ConvTranspose2dOptions{.in_channels = size, .out_channels = size, .kernel = 2, .stride = 2},
            {1, size, 2, 3});
    }
}

/// A resize and its gradient between guards, against themselves on plain tensors.
template <class Layout>
void check_resize(const upconv::UpSampling2dOptions& options, const Dims& nchw) {
    using Tensor = upconv::Tensor4<float>;
    const upconv::UpSampling2d<float, Layout> op(options);
    const auto x = integers<float>(dims_for<Layout>(nchw), 1, 2);
    const Tensor expected = op(x), gradient = op.backward_input(expected, Dims(x.dimensions()));
    for (Flush flush : {Flush::left, Flush::right}) {
        const Input<Tensor> in(x, flush), given(expected, flush);
        const Guarded<float> memory(expected.size(), flush);
        Map<Tensor> y(memory.data(), expected.dimensions());
        y.setConstant(std::numeric_limits<float>::quiet_NaN());
        op(in.map(), y);
        EXPECT_TRUE(equal(Tensor(y), expected));
        EXPECT_TRUE(memory.surroundings_unchanged());
        EXPECT_TRUE(equal(op.backward_input(given.map(), Dims(x.dimensions())), gradient));
    }
}

TEST(Memory, ResizingOfEveryWidth) {
    using upconv::Interpolation;
    for (Index size = 1; size <= 48; ++size)
        for (const Interpolation mode : {Interpolation::nearest, Interpolation::bilinear, Interpolation::bicubic})
            for (const upconv::Size2& to : {upconv::Size2(4, 2 * size), {3, size + 3}, {1, (size + 1) / 2}}) {
                SCOPED_TRACE(size);
                check_resize<NCHW>({.size = to, .mode = mode}, {1, 2, 2, size});
                check_resize<NHWC>({.size = to, .mode = mode}, {1, 3, 2, size});
                check_resize<NHWC>({.size = upconv::Size2(4, 6), .mode = mode}, {1, size, 2, 3});
            }
}

}  // namespace
