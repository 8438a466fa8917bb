// Algorithm: how a plan computes, for those who want to say so.
#pragma once

namespace upconv {

/// All but `reference` need a scalar that is float, double or narrower; others always take the reference.
enum class Algorithm {
    automatic,  // whatever is fastest for the shape
    reference,  // the definition, loop by loop, for any scalar
    canonical,  // the definition, in the order and with the arithmetic of the kernels below: their bits
    channels,   // vectors over output channels
    pixels,     // vectors over pixels: few output channels, small groups
    depthwise,  // each channel alone, in place; what is not depthwise goes on as with `automatic`
    listed,     // product by product, for the tiniest problems; others go on as with `automatic`
};

constexpr const char* to_text(Algorithm algorithm) {
    switch (algorithm) {
        case Algorithm::reference:
            return "reference";
        case Algorithm::canonical:
            return "canonical";
        case Algorithm::channels:
            return "channels";
        case Algorithm::pixels:
            return "pixels";
        case Algorithm::listed:
            return "listed";
        case Algorithm::depthwise:
            return "depthwise";
        case Algorithm::automatic:
            break;
    }
    return "automatic";
}

}  // namespace upconv
