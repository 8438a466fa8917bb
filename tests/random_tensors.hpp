// Tensors full of seeded numbers, and their dimensions in a layout.
#pragma once

#include <random>
#include <upconv/upconv.hpp>

/// In the order of Layout's names.
template <class Layout>
upconv::Dims dims_for(const upconv::Dims& nchw) {
    return upconv::detail::dims_of<Layout>(upconv::detail::shape_of<upconv::NCHW>(nchw));
}

/// Small integers, for which float arithmetic is exact: results compare with ==.
template <class X>
void fill_integers(X& x, std::uint64_t seed, int most = 3) {
    std::mt19937_64 engine(seed);
    const auto width = static_cast<std::uint64_t>(2 * most + 1);
    for (upconv::Index i = 0; i < x.size(); ++i)
        x.data()[i] = static_cast<typename X::Scalar>(static_cast<int>(engine() % width) - most);
}

template <class X>
void fill_normals(X& x, std::uint64_t seed) {
    std::mt19937_64 engine(seed);
    std::normal_distribution<double> normal;
    for (upconv::Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<typename X::Scalar>(normal(engine));
}

template <class T = float>
upconv::Tensor4<T> integers(const upconv::Dims& dims, std::uint64_t seed, int most = 3) {
    upconv::Tensor4<T> x(dims);
    fill_integers(x, seed, most);
    return x;
}

template <class T = float>
upconv::Tensor4<T> normals(const upconv::Dims& dims, std::uint64_t seed) {
    upconv::Tensor4<T> x(dims);
    fill_normals(x, seed);
    return x;
}
