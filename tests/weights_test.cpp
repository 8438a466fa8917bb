// Weights in and out: each type through each format, operators by name, and what is said of what does not fit.
#include <complex>
#include <upconv/weights.hpp>

#include "random_tensors.hpp"
#include "temporary.hpp"

namespace {

using upconv::ElementType;
using upconv::FileError;
using upconv::Index;
using upconv::ShapeError;
using upconv::TensorFile;
using Conv = upconv::Conv2d<float>;
using Transposed = upconv::ConvTranspose2d<float>;
using Weight = upconv::WeightTensor<float>;
using Bias = upconv::BiasTensor<float>;

template <class A, class B>
void expect_same(const A& a, const B& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t k = 0; k < A::NumDimensions; ++k) ASSERT_EQ(a.dimensions()[k], b.dimensions()[k]);
    for (Index i = 0; i < a.size(); ++i) ASSERT_EQ(a.data()[i], b.data()[i]) << i;
}

const char* const endings[] = {".npy", ".npz", ".safetensors"};

template <class Scalar>
class Scalars : public testing::Test {};
using AllScalars = testing::Types<Eigen::half, Eigen::bfloat16, float, double, std::int8_t, std::int16_t, std::int32_t,
                                  std::int64_t, std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(Scalars, AllScalars);

TYPED_TEST(Scalars, ThroughEveryFormat) {
    upconv::Tensor4<TypeParam> x(2, 3, 1, 4);
    for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<TypeParam>(static_cast<float>(3 * i % 23));
    TensorFile file;
    file.add("x", x);
    const bool no_numpy = std::is_same_v<TypeParam, Eigen::bfloat16>;
    for (const std::string ending : endings) {
        if (no_numpy && ending != ".safetensors") {
            EXPECT_HAS(refusal<FileError>([&] { write_tensors(file, folder() / ("x" + ending)); }), "bfloat16");
            continue;
        }
        upconv::write_tensors(file, folder() / ("x" + ending));
        const TensorFile back = upconv::open_tensors(folder() / ("x" + ending));
        EXPECT_EQ(back.info("x").type, file.info("x").type);
        expect_same(back.template read<TypeParam, 4>("x"), x);
        expect_same(back.template read<double, 4>("x"), upconv::Tensor4<double>(x.template cast<double>()));
    }
}

TEST(TensorFile, AnyRankAndStorageOrder) {
    Eigen::Tensor<float, 3> columns(2, 3, 4);
    fill_normals(columns, 1);
    Eigen::Tensor<double, 0, Eigen::RowMajor> one;
    one() = 7;
    const Eigen::Tensor<float, 2, Eigen::RowMajor> none(0, 5);
    TensorFile file;
    file.add("columns", columns), file.add("one", one), file.add("none", none);
    for (const upconv::ZipMethod method : {upconv::ZipMethod::stored, upconv::ZipMethod::deflated}) {
        upconv::write_npz(file, folder() / "ranks.npz", method);
        upconv::write_safetensors(upconv::open_npz(folder() / "ranks.npz"), folder() / "ranks.safetensors");
        for (const TensorFile& back :
             {upconv::open_tensors(folder() / "ranks.npz"), upconv::open_tensors(folder() / "ranks.safetensors")}) {
            const auto rows = back.read<float, 3>("columns");
            for (Index i = 0; i < 2; ++i)
                for (Index j = 0; j < 3; ++j)
                    for (Index k = 0; k < 4; ++k) EXPECT_EQ(rows(i, j, k), columns(i, j, k));
            EXPECT_EQ((back.read<float, 0>("one")()), 7);
            EXPECT_EQ((back.read<float, 2>("none").dimension(1)), 5);
        }
    }
    EXPECT_EQ(file.info("columns").text(), "columns float32 (2, 3, 4)");
    std::ostringstream listed;
    listed << file;
    EXPECT_EQ(listed.str(), "columns float32 (2, 3, 4)\nnone float32 (0, 5)\none float64 ()\n");
}

TEST(TensorFile, NumbersThatAScalarCannotHold) {
    Eigen::Tensor<double, 1, Eigen::RowMajor> x(3);
    x.setValues({1, -1, 1e39});
    TensorFile file;
    file.add("x", x);
    EXPECT_HAS(refusal<ShapeError>([&] { file.read<float, 1>("x"); }), "number 2 of the tensor is 1e+39");
    EXPECT_HAS(refusal<ShapeError>([&] { file.read<std::uint8_t, 1>("x"); }), "number 1 of the tensor is -1");
    EXPECT_EQ((file.read<std::complex<double>, 1>("x")(2)), 1e39);
    Eigen::Tensor<std::uint8_t, 1, Eigen::RowMajor> truths(2);
    truths.setValues({0, 1});
    file.add("truths", truths);
    EXPECT_TRUE((file.read<bool, 1>("truths")(1)));
    truths(0) = 2;
    file.add("no truths", truths);
    EXPECT_HAS(refusal<ShapeError>([&] { file.read<bool, 1>("no truths"); }), "number 0 of the tensor is 2");
    x.setValues({1, 1.5, HUGE_VAL});
    file.add("y", x);
    EXPECT_HAS(refusal<ShapeError>([&] { file.read<int, 1>("y"); }), "1.5");
    EXPECT_EQ((file.read<Eigen::half, 1>("y")(2)), std::numeric_limits<Eigen::half>::infinity()) << "it was infinite";
}

TEST(TensorFile, NamesThatAreNotThere) {
    TensorFile file;
    EXPECT_HAS(refusal<FileError>([&] { file.info("a"); }), "none at all");
    const Bias x(1);
    for (const char* name : {"decoder.up1.weight", "decoder.up2.weight", "encoder.weight", "x1", "x2", "x3", "x4"})
        file.add(name, x);
    const std::string text = refusal<FileError>([&] { file.info("decoder.up.weight"); });
    EXPECT_HAS(text,
               "has no tensor \"decoder.up.weight\"; the most similar of its 7 are \"decoder.up1.weight\", "
               "\"decoder.up2.weight\", \"encoder.weight\"");
    EXPECT_HAS(refusal<FileError>([&] { file.add("x1", x); }), "already");
    EXPECT_HAS(refusal<FileError>([&] { file.add("", x); }), "empty");
    EXPECT_HAS(refusal<ShapeError>([&] { file.read<float, 2>("x1"); }), "shape (1,) but was asked for with 2");
}

TEST(TensorFile, FilesThatCannotBe) {
    EXPECT_HAS(refusal<FileError>([] { upconv::open_tensors(folder() / "nowhere"); }), "no such file");
    EXPECT_HAS(refusal<FileError>([] { upconv::open_tensors(folder()); }), "folder");
    TensorFile file;
    file.add("x", Bias(1));
    for (const std::string ending : endings) {
        EXPECT_HAS(refusal<FileError>([&] { write_tensors(file, folder() / "no" / ("x" + ending)); }), "folder");
        std::filesystem::create_directories(folder() / ("folder" + ending));
        EXPECT_HAS(refusal<FileError>([&] { write_tensors(file, folder() / ("folder" + ending)); }),
                   "cannot be written");
    }
    EXPECT_HAS(refusal<FileError>([&] { write_tensors(file, folder() / "x.pt"); }), ".safetensors");
    file.add("y", Bias(1));
    EXPECT_HAS(refusal<FileError>([&] { upconv::write_npy(file, folder() / "x.npy"); }), "one tensor, not 2");
    for (const auto& left : std::filesystem::directory_iterator(folder())) EXPECT_NE(left.path().extension(), ".part");
}

TEST(TensorFile, AFileMayBeReadWhileItIsReplaced) {
    TensorFile file;
    const Weight x = normals({2, 3, 4, 5}, 3);
    file.add("x", x);
    for (const std::string ending : endings) {
        const auto path = folder() / ("x" + ending);
        write_tensors(file, path);
        const std::string before = read_bytes(path);
        const TensorFile opened = upconv::open_tensors(path);
        write_tensors(opened, path);
        EXPECT_EQ(read_bytes(path), before) << "the same tensors make the same file";
        expect_same(opened.read<float, 4>("x"), x);
    }
}

// Operators.

template <class Op>
void expect_same_operators(const Op& a, const Op& b) {
    expect_same(a.weight(), b.weight());
    expect_same(a.bias(), b.bias());
}

TEST(Load, WhatWasSaved) {
    for (const Index groups : {1, 2})
        for (const bool bias : {false, true}) {
            Transposed up({.in_channels = 4, .out_channels = 6, .kernel = {3, 2}, .groups = groups, .bias = bias});
            Conv conv({.in_channels = 4, .out_channels = 6, .kernel = {3, 2}, .groups = groups, .bias = bias});
            fill_normals(up.bias(), 1), fill_normals(conv.bias(), 2);
            TensorFile file;
            save(up, file, "net.up");
            save(conv, file, "net.conv");
            save(conv, file, "");
            EXPECT_EQ(file.contains("net.up.bias"), bias);
            for (const std::string ending : {".npz", ".safetensors"}) {
                write_tensors(file, folder() / ("net" + ending));
                Transposed other_up(up.options());
                Conv other_conv(conv.options());
                upconv::init::zeros(other_up), upconv::init::zeros(other_conv);
                load(other_up, folder() / ("net" + ending), "net.up");
                load(other_conv, upconv::open_tensors(folder() / ("net" + ending)), "net.conv");
                expect_same_operators(other_up, up);
                expect_same_operators(other_conv, conv);
                load(other_conv, file, "");
                upconv::Conv2d<Eigen::half, upconv::NHWC> narrow(
                    {.in_channels = 4, .out_channels = 6, .kernel = {3, 2}, .groups = groups, .bias = bias});
                load(narrow, file, "net.conv");
                EXPECT_EQ(narrow.weight()(5, 1, 2, 1), static_cast<Eigen::half>(conv.weight()(5, 1, 2, 1)));
            }
        }
}

/// That loading is refused as Error with a text that has `part`, and changes nothing.
template <class Error, class Op>
void expect_refused(Op op, const TensorFile& file, const std::string& name, const std::string& part) {
    const Op before = op;
    EXPECT_HAS(refusal<Error>([&] { load(op, file, name); }), part);
    expect_same_operators(op, before);
}

TEST(Load, SaysWhatDoesNotFit) {
    const Transposed up({.in_channels = 6, .out_channels = 4, .kernel = {3, 2}});
    const Conv conv({.in_channels = 6, .out_channels = 4, .kernel = {3, 2}});
    const Conv depthwise({.in_channels = 6, .out_channels = 12, .kernel = {3, 2}, .groups = 6});
    TensorFile file;
    const auto add = [&](const std::string& name, const Weight& weight, Index bias) {
        file.add(name + ".weight", weight);
        if (bias) file.add(name + ".bias", Bias(bias));
    };
    add("keras", Weight(3, 2, 4, 6), 4), add("flax", Weight(3, 2, 6, 4), 4), add("conv", Weight(4, 6, 3, 2), 4);
    add("up", Weight(6, 4, 3, 2), 5), add("none", Weight(6, 4, 3, 2), 0), add("depthwise", Weight(3, 2, 6, 2), 12);
    file.add("k.kernel", Weight(3, 2, 4, 6)), file.add("rank.weight", Bias(3));
    expect_refused<ShapeError>(up, file, "keras",
                               "must have (6, 4, 3, 2), [in, out / groups, kh, kw]; it fits Keras's "
                               "order [kh, kw, out, in]: op.weight() = weights_from_keras(file.read<Scalar, 4>");
    expect_refused<ShapeError>(up, file, "flax",
                               "Flax's order [kh, kw, in, out]: op.weight() = weights_from_flax(op, ");
    expect_refused<ShapeError>(up, file, "conv", "PyTorch's Conv2d [out, in / groups, kh, kw]: load it into a Conv2d");
    expect_refused<ShapeError>(conv, file, "flax", "the order of Keras and Flax [kh, kw, in / groups, out]");
    expect_refused<ShapeError>(conv, file, "up", "PyTorch's ConvTranspose2d");
    expect_refused<ShapeError>(depthwise, file, "depthwise", "DepthwiseConv2D");
    expect_refused<ShapeError>(up, file, "rank", "has the shape (3,) but must have (6, 4, 3, 2)");
    expect_refused<ShapeError>(up, file, "up", "\"up.bias\" has the shape (5,) but must have (4,)");
    expect_refused<FileError>(up, file, "none", "no tensor \"none.bias\", though it has \"none.weight\"");
    expect_refused<FileError>(up, file, "k", "it has \"k.kernel\", as Keras and Flax call it");
    expect_refused<FileError>(up, file, "con", "the most similar of its 13 are \"conv.weight\"");
    Transposed without({.in_channels = 6, .out_channels = 4, .kernel = {3, 2}, .bias = false});
    expect_refused<ShapeError>(without, file, "up", "the options say bias = false");
    load(without, file, "none");
}

TEST(Load, NumbersThatDoNotFitChangeNothing) {
    TensorFile file;
    upconv::Conv2d<double> wide({.in_channels = 1, .out_channels = 2, .kernel = 1});
    wide.bias()(1) = 1e300;
    save(wide, file, "wide");
    expect_refused<ShapeError>(Conv({.in_channels = 1, .out_channels = 2, .kernel = 1}), file, "wide", "1e+300");
}

TEST(Save, TakesNoNameTwice) {
    const Conv conv({.in_channels = 1, .out_channels = 2, .kernel = 1});
    TensorFile file;
    file.add("conv.bias", Bias(1));
    EXPECT_HAS(refusal<FileError>([&] { save(conv, file, "conv"); }), "already");
    EXPECT_FALSE(file.contains("conv.weight"));
}

}  // namespace
