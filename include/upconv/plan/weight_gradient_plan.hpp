// WeightGradientPlan: how the gradient of the weights is summed over a whole problem, as data.
//
//     weight[c, f, a, b] = sum over n, i, j of  coarse[n, c, i, j] * fine[n, f, i sh + a dh - begin_h,
//                                                                             j sw + b dw - begin_w]
//
// The channels of one grid have the lanes of the vectors, those of the other are broadcast, and the pixels are the
// depth of the tile. Sums stay and pixels stream: a block of channels of either side with its taps stays in the
// second-level cache, while the pixels pass by in strips, copied to dense panels. Where there are few weights the
// pixels are cut into chunks that threads share, and their sums are added in a tree.
//
// The order of every sum is that of the strips, then of the rows and columns of a strip; blocks, strips and chunks
// depend on the problem and the instruction set alone: so neither threads nor layout nor memory change a bit.
#pragma once

#include <cmath>
#include <numeric>

#include "../kernel/simd.hpp"
#include "problem.hpp"
#include "strips.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Whose channels have the lanes.
enum class WeightLanes { coarse, fine, both };  // both: depthwise

/// Channels of either side within a group, and rows of taps, whose sums stay.
struct WeightBlock {
    Index group;
    Range coarse, fine, tap_rows;
};

/// Pixels of the coarse grid that pass by at once: some rows of an image, or several whole images.
struct WeightStrip {
    Range images, rows, columns;
};

struct WeightGradientPlan {
    FilterProblem problem;  // without a border
    Isa isa;
    Index element;       // bytes of a sum
    Axis rows, columns;  // where the grids are swapped, those of the swapped ones
    Index coarse, fine;  // channels of a group, likewise; of all groups where each channel is alone
    bool swapped = false;
    WeightLanes lanes_over = WeightLanes::fine;
    Index run = 1;                                         // taps of a filter row that are one run of broadcasts
    Index coarse_block = 1, fine_block = 1, tap_rows = 1;  // of a block, at most
    Index images = 1, strip_rows = 1, strip_columns = 1;   // of a strip, at most
    Index chunks = 1;

    WeightGradientPlan(const FilterProblem& of, Isa on, Index element_bytes)
        : problem(of),
          isa(on),
          element(element_bytes),
          rows(of.relation.rows),
          columns(of.relation.columns),
          coarse(of.relation.coarse_per_group()),
          fine(of.relation.fine_per_group()) {
        choose_lanes();
        choose_blocks();
        choose_strips();
        choose_chunks();
    }

    /// Numbers of a vector.
    Index width() const { return vector_bytes(isa) / element; }
    Index whole_vectors(Index channels) const { return (channels + width() - 1) / width() * width(); }
    bool depthwise() const { return lanes_over == WeightLanes::both; }
    Index groups() const { return depthwise() ? 1 : problem.relation.groups; }

    Index coarse_blocks() const { return pieces(coarse, coarse_block); }
    Index fine_blocks() const { return depthwise() ? 1 : pieces(fine, fine_block); }
    Index tap_blocks() const { return pieces(rows.kernel, tap_rows); }
    Index blocks() const { return groups() * coarse_blocks() * fine_blocks() * tap_blocks(); }

    WeightBlock block(Index number) const {
        const Index t = number % tap_blocks(), f = number / tap_blocks() % fine_blocks();
        const Index c = number / tap_blocks() / fine_blocks() % coarse_blocks();
        const Range of_coarse = piece(c, coarse_block, coarse);
        return {number / tap_blocks() / fine_blocks() / coarse_blocks(), of_coarse,
                depthwise() ? of_coarse : piece(f, fine_block, fine), piece(t, tap_rows, rows.kernel)};
    }
    /// Numbers of the sums of a block, with the lanes that fill up a vector: (taps, broadcast channels, lanes).
    Index sums(const WeightBlock& b) const {
        return b.tap_rows.size() * columns.kernel * broadcasts(b).size() * lanes(b);
    }
    Index most_sums() const { return tap_rows * columns.kernel * most_broadcasts() * most_lanes(); }
    Index most_broadcasts() const {
        return depthwise() ? 1 : lanes_over == WeightLanes::fine ? coarse_block : fine_block;
    }
    /// Of any block.
    Index most_lanes() const { return whole_vectors(lanes_over == WeightLanes::fine ? fine_block : coarse_block); }
    Range broadcasts(const WeightBlock& b) const {
        return depthwise() ? Range{0, 1} : lanes_over == WeightLanes::fine ? b.coarse : b.fine;
    }
    Index lanes(const WeightBlock& b) const {
        return whole_vectors((lanes_over == WeightLanes::fine ? b.fine : b.coarse).size());
    }

    Index column_strips() const { return pieces(columns.coarse, strip_columns); }
    Index row_strips() const { return pieces(rows.coarse, strip_rows); }
    Index strips() const { return pieces(problem.n, images) * row_strips() * column_strips(); }
    WeightStrip strip(Index number) const {
        const Index row = number / column_strips();
        return {piece(row / row_strips(), images, problem.n), piece(row % row_strips(), strip_rows, rows.coarse),
                piece(number % column_strips(), strip_columns, columns.coarse)};
    }
    Index items() const { return blocks() * chunks; }
    Range strips_of(Index chunk) const { return {chunk * strips() / chunks, (chunk + 1) * strips() / chunks}; }

    /// About how many cycles an item takes: the products of its blocks' vectors, and moving numbers to panels.
    double item_cycles() const {
        const Index vectors = most_lanes() / width(), fine_rows = rows_apart() ? tap_rows : rows.stride;
        const double moves = static_cast<double>(coarse_block) + static_cast<double>(fine_rows) *
                                                                     static_cast<double>(columns.stride) *
                                                                     static_cast<double>(fine_block);
        const double pixels = static_cast<double>(problem.n) * static_cast<double>(rows.coarse * columns.coarse);
        return pixels / static_cast<double>(chunks) *
               (static_cast<double>(tap_rows * columns.kernel * most_broadcasts() * vectors) + 0.2 * moves);
    }
    /// Whether the taps of one row of pixels reach none of the next: then no row between them is copied.
    bool rows_apart() const { return rows.dilation == 1 && tap_rows <= rows.stride; }

    /// The same sums in smaller blocks, so that each of as many threads has some: of fewer rows of taps and of fewer
    /// channels that are broadcast; of each channel alone, whose rows of taps are summed together, of fewer channels.
    /// Panels are packed for each of them. Strips and chunks stay, and with them the order of every sum.
    WeightGradientPlan for_threads(Index threads) const {
        WeightGradientPlan best = *this;
        const auto cost = [threads](const WeightGradientPlan& plan) {
            return static_cast<double>(pieces(plan.items(), threads)) * plan.item_cycles();
        };
        const Index most_tap_pieces = threads == 1 ? 0 : depthwise() ? 1 : (std::min)(tap_rows, threads);
        for (Index tap_pieces = 1; tap_pieces <= most_tap_pieces; ++tap_pieces)
            for (Index channel_pieces = 1; channel_pieces <= threads; channel_pieces *= 2) {
                WeightGradientPlan plan = *this;
                plan.tap_rows = pieces(tap_rows, tap_pieces);
                plan.split_channels(channel_pieces);
                if (cost(plan) < 0.95 * cost(best)) best = plan;
            }
        return best;
    }

    /// In words.
    std::string text() const {
        constexpr const char* over[] = {"coarse channels", "fine channels", "channels alone"};
        return joined("weight gradient (", to_text(isa), "), lanes over ", over[static_cast<int>(lanes_over)],
                      swapped ? " of the swapped grids" : "", run > 1 ? ", taps of a row as one" : "", "; blocks of ",
                      coarse_block, " x ", depthwise() ? 1 : fine_block, " channels, strips of ", images * strip_rows,
                      " x ", strip_columns, ", ", chunks, chunks == 1 ? " chunk" : " chunks");
    }

    friend bool operator==(const WeightGradientPlan&, const WeightGradientPlan&) = default;

  private:
    static constexpr Index least_strip = 16;  // pixels

    static Index pieces(Index all, Index most) { return (all + most - 1) / most; }
    static Range piece(Index number, Index most, Index all) {
        return {number * most, (std::min)((number + 1) * most, all)};
    }
    /// The size of even pieces of at most `most`, a multiple of `unit`.
    static Index even(Index all, Index most, Index unit) {
        if (all <= most) return std::max<Index>(all, 1);
        const Index count = pieces(all, most);
        return pieces(pieces(all, count), unit) * unit;
    }

    void split_channels(Index count) {
        constexpr Index least = 16;  // fewer leave tiles half empty
        if (count == 1) return;
        Index& block = lanes_over == WeightLanes::fine || depthwise() ? coarse_block : fine_block;
        const Index unit = depthwise() ? width() : 8;
        block = (std::min)(block, (std::max)(even(block, pieces(block, count), unit), least));
    }

    /// Few channels of one side are broadcast, with the taps of a row as more of them: 90 of 100 where one tap after
    /// the other has 74 (3 -> 64, k7). That needs the many on the coarse side: at stride 1 the grids can be swapped.
    void choose_lanes() {
        if (problem.relation.groups > 1 && coarse == 1 && fine == 1) {
            lanes_over = WeightLanes::both;
            coarse = fine = problem.relation.groups;
            run = columns.kernel;
            return;
        }
        const bool can_swap = rows.stride == 1 && columns.stride == 1;
        if (can_swap && coarse < fine && coarse < width()) swap();
        if (fine > width() || coarse < fine) return;
        lanes_over = WeightLanes::coarse;
        if (columns.dilation == 1) run = columns.kernel;
    }

    /// fine = coarse * 1 + tap * dilation - begin, read the other way: the taps come in reverse.
    void swap() {
        swapped = true;
        std::swap(coarse, fine);
        for (Axis* axis : {&rows, &columns}) {
            std::swap(axis->coarse, axis->fine);
            axis->begin = (axis->kernel - 1) * axis->dilation - axis->begin;
        }
    }

    void choose_blocks() {
        constexpr Index sums_target = 512 * 1024;  // bytes of sums that stay: half of a second-level cache
        constexpr Index most_broadcasts = 128;
        // Of each channel alone 128: 1.05 to 1.09 times as fast as 256 where there are as many.
        const Index vectors = depthwise() ? 8 : problem.relation.taps() == 1 ? 16 : 4;
        const Index most_channels = vectors * 16 * 4 / element;
        Index& lane_block = lanes_over == WeightLanes::fine ? fine_block : coarse_block;
        Index& other = lanes_over == WeightLanes::fine ? coarse_block : fine_block;
        const Index lane_channels = lanes_over == WeightLanes::fine ? fine : coarse;
        const Index others = lanes_over == WeightLanes::fine ? coarse : fine;
        lane_block = (std::min)(lane_channels, most_channels);
        other = depthwise() ? 1 : even(others, most_broadcasts, 2);
        const Index row = columns.kernel * whole_vectors(lane_block) * element;  // of one broadcast channel
        if (!depthwise()) other = even(other, std::clamp<Index>(sums_target / row, 1, other), 2);
        tap_rows = std::clamp<Index>(sums_target / (row * other), 1, rows.kernel);
        constexpr double most_fine = 768 * 1024;  // bytes of the fine panel of the least strip: filters of 64 x 64
        const Index steps = std::clamp<Index>(columns.coarse, 1, least_strip);
        const double columns_read =
            static_cast<double>((std::min)((steps - 1) * columns.stride + columns.span(), columns.fine));
        const double fine_row =
            columns_read * static_cast<double>(whole_vectors(depthwise() ? coarse_block : fine_block) * element);
        tap_rows = static_cast<Index>(std::clamp(most_fine / fine_row, 1.0, static_cast<double>(tap_rows)));
    }

    void choose_strips() {
        constexpr Index panel_target = 256 * 1024;  // bytes of both panels
        const double cells = static_cast<double>(rows.stride) * static_cast<double>(columns.stride);
        const Index of_fine = depthwise() ? coarse_block : fine_block;
        const double bytes =
            (static_cast<double>(coarse_block) + cells * static_cast<double>(of_fine)) * static_cast<double>(element);
        const double most = depthwise() ? 256 : 1024;  // of which a vector stays in the first-level cache for all taps
        const auto pixels = static_cast<Index>(
            std::clamp(static_cast<double>(panel_target) / bytes, static_cast<double>(least_strip), most));
        strip_columns = even(columns.coarse, pixels, 1);
        strip_rows = even(rows.coarse, (std::max<Index>)(pixels / strip_columns, 1), 1);
        if (strip_rows == rows.coarse && strip_columns == columns.coarse)
            images = even(problem.n, (std::max<Index>)(pixels / (strip_rows * strip_columns), 1), 1);
    }

    /// Only where blocks are few: sums of many weights cost more to add than their pixels to multiply (256 channels
    /// 0.87 of the speed, 512 0.8).
    void choose_chunks() {
        constexpr Index enough_blocks = 16, most_chunks = 16, least_pixels = 512;
        constexpr double most_bytes = 1024 * 1024;
        const double pixels =
            static_cast<double>(problem.n) * static_cast<double>(rows.coarse) * static_cast<double>(columns.coarse);
        const double bytes = static_cast<double>(most_sums() * element) * static_cast<double>(blocks());
        while (blocks() * chunks < enough_blocks && chunks < most_chunks && 2 * chunks <= strips() &&
               pixels >= static_cast<double>(2 * chunks * least_pixels) &&
               static_cast<double>(2 * chunks) * bytes <= most_bytes)
            chunks *= 2;
        // As many strips for each: 7 in 4 chunks were 1.6 times as fast on two threads as on one. Of several images
        // they stay whole.
        const Index unit = chunks / std::gcd(chunks, strips() / row_strips());
        const Index wanted = pieces(row_strips(), unit) * unit;
        if (images == 1 && wanted <= rows.coarse) strip_rows = pieces(rows.coarse, wanted);
    }
};

}  // namespace upconv::detail
