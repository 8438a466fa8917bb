// Gradient peer: who else computes the gradients of a convolution, each alone and all of them at once.
#pragma once

#include "gradient_operands.hpp"
#include "peer.hpp"

namespace bench {

/// What is computed of x, the gradient with respect to y, and the weights. `backward`: input, weights and bias.
enum class Gradient { input, weights, backward };

/// Tensors are made ahead. A candidate in an order of its own has them, and the weights, as its library likes them
/// best; the others read and write those of the caller, weights in PyTorch's order, and pay for what they convert.
/// output(): the gradient of the input (Gradient::input), else that of the weights.
using MakeGradients = std::vector<Candidate>(Gradient, const Workload&, const GradientOperands&, int threads);

MakeGradients upconv_gradients, onednn_gradients, torch_gradients;

using GradientPeer = Found<MakeGradients>;

/// Those that the build looked for.
const std::vector<GradientPeer>& gradient_peers();

}  // namespace bench
