// Algorithm: how a plan computes, for those who want to say so.
#pragma once

namespace upconv {

enum class Algorithm {
    automatic,  // whatever is fastest for the shape
    reference,  // the definition, loop by loop, for any scalar
};

constexpr const char* to_text(Algorithm algorithm) {
    return algorithm == Algorithm::reference ? "reference" : "automatic";
}

}  // namespace upconv
