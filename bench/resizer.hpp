// Resizer: who else resizes pictures. Each resizer_*.cpp has one function that makes a library's way to run one resize.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "found.hpp"
#include "operands.hpp"

namespace bench {

enum class Filter { nearest, bilinear, bicubic };

/// A resize of a picture of 3 x 512 x 512 by the same scale on both axes; or of its gradient, from the output's size to
/// the picture's.
struct Resize {
    const char* name;
    Filter filter;
    double scale;
    bool antialias = false;
    bool gradient = false;

    Index extent() const { return static_cast<Index>(512 * scale); }
    Index input_extent() const { return gradient ? extent() : 512; }
    Index output_extent() const { return gradient ? 512 : extent(); }
    Index input_size() const { return 3 * input_extent() * input_extent(); }
    Index output_size() const { return 3 * output_extent() * output_extent(); }
    /// Read and written.
    double bytes() const { return static_cast<double>(input_size() + output_size()) * sizeof(float); }
};

/// What run() reads and writes: in NCHW or NHWC. Both outlive it.
struct Pictures {
    const Buffer& x;
    Buffer& y;
    Order order;
};

struct Resizer {
    std::string name;
    std::function<void()> run;
};

/// Empty when the library has no such resize.
using MakeResizers = std::vector<Resizer>(const Resize&, const Pictures&, int threads);

MakeResizers upconv_resizers, onednn_resizers, torch_resizers, opencv_resizers;

using ResizerLibrary = Found<MakeResizers>;

/// Those that the build looked for.
const std::vector<ResizerLibrary>& resizer_libraries();

}  // namespace bench
