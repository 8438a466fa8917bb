// DepthwiseChannelsPlan: what the depthwise kernel over channels does over a whole problem, as data: in either
// direction, phase by phase, over tensors in place. The output is cut into blocks that stay in the first-level cache
// while their rows are walked. engine/depthwise_over_channels.hpp does it.
#pragma once

#include "../kernel/depthwise_channels.hpp"
#include "../kernel/view.hpp"
#include "cost.hpp"
#include "problem.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

struct DepthwiseChannelsPlan {
    FilterProblem problem;
    Isa isa;        // of half the width for few channels: the same sums in fewer lanes
    Index element;  // bytes of a sum
    AxisWalk rows, columns;
    Index channels;
    /// Of about 28 columns of the input: 0.75 of the time of whole rows of 112. With prefetches of the next rows: 1.05
    /// to 1.3 times the time.
    Index column_blocks = 1;
    Index rows_together = 1;

    DepthwiseChannelsPlan(const FilterProblem& of, Isa on, Index element_bytes)
        : problem(of),
          isa(of.relation.groups * element_bytes < vector_bytes(on) ? half_as_wide(on) : on),
          element(element_bytes),
          rows(axis_walk(of.relation.rows, of.direction)),
          columns(axis_walk(of.relation.columns, of.direction)),
          channels(of.relation.groups) {
        const Index most = std::max<Index>(28 / columns.input_step, 14);
        column_blocks = std::max<Index>((columns.steps() + most / 2) / most, 1);
        rows_together = rows_of_all_phases();
    }

    bool possible() const { return channels >= width(); }
    bool takes(const Shape4& input_stride, const Shape4& output_stride) const {
        return input_stride.c == 1 && output_stride.c == 1;
    }
    Index width() const { return vector_bytes(isa) / element; }

    /// Channels that are walked together: 256 bytes of a pixel. All 384 of a picture of 14 x 14 take 1.7 times as long,
    /// 64 bytes 1.1 times.
    Index channels_together() const { return 256 / element; }
    Index channel_blocks() const { return std::max<Index>(channels / channels_together(), 1); }
    Range channel_block(Index block, Index shift) const {
        return {std::max<Index>(block * channels_together() - shift, 0),
                (block + 1 == channel_blocks() ? channels : (block + 1) * channels_together()) - shift};
    }

    /// Numbers before each row of weights: its last channels again, for the wrapped vector.
    Index lead() const { return channels % width() == 0 ? width() : 0; }

    /// By how many numbers each pixel begins past a vector's boundary, of an input that begins at `address`; 0 where
    /// pixels differ, or are not read and written one after the other: the wrapped vector of a stride 2 transposed
    /// would be stored in two parts, 1.03 of the time. (At step 1 as at step 2, with lanes taken from the load after:
    /// 1.08 of the time for 32 channels, 0.96 for 384.)
    Index shift_for(std::uintptr_t address, const Shape4& input_stride, const Shape4& output_stride) const {
        const Phase& first = columns.phases[0];
        const bool steps =
            columns.input_step == 1 || (columns.input_step == 2 && first.taps == 3 && first.spacing == 1);
        const bool whole = channels % width() == 0 && columns.output_step == 1 && steps;
        const bool alike = whole && input_stride.w == channels && output_stride.w == channels &&
                           input_stride.h % width() == 0 && input_stride.n % width() == 0;
        return alike ? static_cast<Index>(address % static_cast<std::uintptr_t>(vector_bytes(isa))) / element : 0;
    }

    /// Each product loads a vector, which lies in one cache line if pixels are whole vectors. Fitted to 300 random
    /// problems, of which the large ones wait for memory.
    Cost cost() const {
        const double vectors = static_cast<double>((channels + width() - 1) / width()) / static_cast<double>(channels);
        const double product = lead() > 0 ? 1 : cost_of_loaded_product(vector_bytes(isa));
        const auto taps = static_cast<double>(problem.relation.taps()), outputs = static_cast<double>(problem.phases());
        return {(taps * product + outputs * cost_of_store) * vectors, 0.25};
    }

    std::string text() const {
        return joined("over channels in place, ", channel_blocks(), " x ", column_blocks,
                      " blocks of channels and columns");
    }

    friend bool operator==(const DepthwiseChannelsPlan&, const DepthwiseChannelsPlan&) = default;

  private:
    /// Row steps for which the phases are walked one after the other: 256 KiB of outputs. One where that is much
    /// already, as the rows of large strides lie multiples of a cache way apart: fcn32s takes 1.7 times as long with
    /// three.
    Index rows_of_all_phases() const {
        constexpr Index most = 256 * 1024, much = 32 * 1024;  // bytes
        const Index of_block = (columns.steps() + column_blocks - 1) / column_blocks * columns.output_step;
        const Index row = of_block * channels * element;
        if (problem.phases() == 1) return std::max<Index>(rows.steps(), 1);
        return row > much ? 1 : std::max<Index>(most / std::max<Index>(row, 1), 1);
    }
};

}  // namespace upconv::detail
