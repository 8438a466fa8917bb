// Peer: who else computes a convolution. Each peer_*.cpp has one function that makes all of its ways to run a workload.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "found.hpp"
#include "operands.hpp"

namespace bench {

/// One way to run one workload. Weights are packed and tensors made ahead; run() is what is timed.
struct Candidate {
    std::string name;
    Order order;  // of the tensors that run() reads and writes
    std::function<void()> run;
    std::function<const float*()> output;  // what run() has written; in NCHW if the order is its own
    std::string text = {};                  // how it is done, if it says so
};

/// Empty when the peer cannot compute it. `operands` outlive the candidates.
using MakeCandidates = std::vector<Candidate>(const Workload&, const Operands&, int threads);

MakeCandidates upconv_candidates, onednn_candidates, xnnpack_candidates, torch_candidates;
[[gnu::visibility("default")]] MakeCandidates eigen_candidates;  // from a library of its own

using Peer = Found<MakeCandidates>;

/// Those that the build looked for.
const std::vector<Peer>& peers();

}  // namespace bench
