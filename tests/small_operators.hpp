// Small operators of every kind, for what is tried with each of them.
#pragma once

#include <type_traits>
#include <upconv/upconv.hpp>

/// The operator that has these options.
template <class Options, class T, class Layout>
using OperatorOf = std::conditional_t<std::is_same_v<Options, upconv::ConvTranspose2dOptions>,
                                      upconv::ConvTranspose2d<T, Layout>, upconv::Conv2d<T, Layout>>;

template <class Options>
struct Case {
    const char* name;
    Options options;
    upconv::Dims dims;  // NCHW
};

inline const Case<upconv::Conv2dOptions> conv_cases[] = {
    {"conv 3x3", {.in_channels = 20, .out_channels = 35, .kernel = 3, .padding = 1}, {2, 20, 9, 13}},
    {"conv 7x7 s2", {.in_channels = 3, .out_channels = 8, .kernel = 7, .stride = 2, .padding = 3}, {1, 3, 30, 31}},
    {"depthwise", {.in_channels = 12, .out_channels = 12, .kernel = 3, .padding = 1, .groups = 12}, {3, 12, 9, 21}},
    {"conv 3x3 reflect",
     {.in_channels = 4, .out_channels = 4, .kernel = 3, .padding = 1, .padding_mode = upconv::PaddingMode::reflect},
     {1, 4, 6, 9}},
};
inline const Case<upconv::ConvTranspose2dOptions> up_cases[] = {
    {"up k4 s2", {.in_channels = 20, .out_channels = 35, .kernel = 4, .stride = 2, .padding = 1}, {2, 20, 9, 13}},
    {"up k2 s2", {.in_channels = 33, .out_channels = 3, .kernel = 2, .stride = 2}, {1, 33, 7, 19}},
    {"up k3 circular",
     {.in_channels = 4, .out_channels = 4, .kernel = 3, .padding = 1, .padding_mode = upconv::PaddingMode::circular},
     {1, 4, 6, 9}},
};
