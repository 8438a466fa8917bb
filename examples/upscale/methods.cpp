#include "methods.hpp"

#include "text.hpp"

namespace {

Method interpolation(const std::string& name, Index factor, upconv::Interpolation mode) {
    const upconv::UpSampling2d<float> up({.scale = static_cast<double>(factor), .mode = mode});
    return {.name = name, .file = name, .note = "", .enlarge = [up](const Picture& small, auto& device) {
                return up(small, device);
            }};
}

/// The filter of the first channel.
Filter first_filter(const upconv::ConvTranspose2d<float>& up) { return up.weight().chip(0, 0).chip(0, 0); }

/// A filter of ones that is one pixel larger than the stride, divided by how many taps reach an output pixel on
/// average. They do reach 1, 2 or 4 in turn, and that is the checkerboard.
Method transposed_ones(Index factor) {
    const Index kernel = factor + 1;
    upconv::ConvTranspose2d<float> up({.in_channels = 3,
                                       .out_channels = 3,
                                       .kernel = kernel,
                                       .stride = factor,
                                       .padding = {factor, factor + 1, factor, factor + 1},
                                       .groups = 3,
                                       .bias = false});
    upconv::init::ones(up);
    const float mean_overlap = static_cast<float>(kernel * kernel) / static_cast<float>(factor * factor);
    up.weight() = up.weight() / mean_overlap;
    return {.name = "transposed, ones",
            .file = "transposed_ones",
            .note = "overlaps 1, 2, 4",
            .enlarge = [up](const Picture& small, auto& device) { return up(repeat_border(small, 1), device); },
            .filter_name = "ones",
            .filter = first_filter(up)};
}

/// The bilinear filter, on each colour for itself. With the picture's border repeated this is bilinear interpolation;
/// with zeros there the border would fade to black.
Method transposed_bilinear(Index factor) {
    upconv::ConvTranspose2d<float> up({.in_channels = 3,
                                       .out_channels = 3,
                                       .kernel = 2 * factor - factor % 2,
                                       .stride = factor,
                                       .padding = factor + factor / 2,
                                       .groups = 3,
                                       .bias = false});
    upconv::init::bilinear(up);
    return {.name = "transposed, bilinear filter",
            .file = "transposed_bilinear",
            .note = "equals bilinear",
            .enlarge = [up](const Picture& small, auto& device) { return up(repeat_border(small, 1), device); },
            .filter_name = "bilinear",
            .filter = first_filter(up)};
}

}  // namespace

std::vector<Method> fixed_methods(Index factor) {
    using upconv::Interpolation;
    return {interpolation("nearest", factor, Interpolation::nearest),
            interpolation("bilinear", factor, Interpolation::bilinear),
            interpolation("bicubic", factor, Interpolation::bicubic),
            interpolation("lanczos3", factor, Interpolation::lanczos3), transposed_ones(factor),
            transposed_bilinear(factor)};
}

Method learned_method(const LearnedEnlarger& enlarger) {
    const Index weights = enlarger.filter().parameter_count();
    return {.name = "transposed, learned filter",
            .file = "transposed_learned",
            .note = text("%td weights", weights),
            .enlarge = enlarger,
            .learned_parameters = weights,
            .filter_name = "learned",
            .filter = first_filter(enlarger.filter())};
}
