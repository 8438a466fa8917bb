// Ratio chart: how many times as fast as the best peer upconv is, shape by shape, as a picture.
#pragma once

#include <string>
#include <vector>

#include "contest.hpp"

namespace bench {

/// Why there are no pictures, or empty.
std::string why_no_chart();
/// Of the rows that have a peer, the slowest first, on a logarithmic axis; colours tell the families apart.
void draw_ratios(const std::vector<Row>& rows, int threads, const std::string& file);

}  // namespace bench
