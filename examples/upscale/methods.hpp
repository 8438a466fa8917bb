// The ways to bring a shrunk picture back: interpolation, and transposed convolutions with one filter or another.
#pragma once

#include <functional>
#include <string>
#include <upconv/upconv.hpp>
#include <vector>

#include "learning.hpp"
#include "picture.hpp"

using Filter = Eigen::Tensor<float, 2, Eigen::RowMajor>;

struct Method {
    std::string name;
    std::string file;  // the name of its picture, without .png
    std::string note;  // what to look for in it
    std::function<Picture(const Picture&, Eigen::ThreadPoolDevice&)> enlarge;
    Index learned_parameters = 0;
    std::string filter_name = {};
    Filter filter = Filter(0, 0);  // what one input pixel adds to the output; empty for interpolation
};

/// Those for which nothing is learned.
std::vector<Method> fixed_methods(Index factor);

Method learned_method(const LearnedEnlarger& enlarger);
