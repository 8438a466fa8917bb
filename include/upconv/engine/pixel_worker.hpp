// PixelWorker: what one thread does with a strip. Its memory: the packed input, the stage, and the lists of the
// passes.
#pragma once

#include "../kernel/pixel_tile.hpp"
#include "arena.hpp"
#include "pixel_rows.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// One thread's part of a run.
template <class T>
class PixelWorker {
  public:
    using C = AccumulatorOf<T>;

    PixelWorker(const PixelPlan& plan, const C* weight, const PixelCall<T>& call, Arena& arena)
        : plan_(plan), weight_(weight), call_(call) {
        const Index groups = plan.groups_together(), channel = call.lengths.channel, plane = call.lengths.plane;
        // Vectors of the last pixels read past their row, and those of the last row past the buffer: zeros, as the
        // numbers that old memory can hold take 50 times as long to multiply.
        packed_ = arena.take_zeros<C>(groups * plan.channels * channel + 8 * plan.width + call.lengths.span);
        stage_ = arena.take<C>(groups * plan.outputs * plan.planes() * plane);
        bias_ = arena.take<C>(groups * plan.group_outputs);
        tap_offset_ = arena.take<Index>(plan.group_taps);
        tap_outputs_ = arena.take<unsigned>(plan.group_taps);
        sum_offset_ = arena.take<Index>(plan.group_outputs);
        passes_ = arena.take<PixelOperands<C>>(groups * static_cast<Index>(plan.tiles.size()));
        if (arena.gives()) list_passes();
    }

    /// One strip of one tile of columns of the groups that are packed together.
    void run(Index part, Range strips, Index /*split*/) {
        const Index pieces = plan_.pieces(call_.strip);
        const Index first_group = part / plan_.column_tiles() * plan_.groups_together();
        const Index groups = (std::min)(plan_.groups_together(), plan_.problem.relation.groups - first_group);
        const Index first = part % plan_.column_tiles() * plan_.tile_columns;
        const Range columns{first, (std::min)(first + plan_.tile_columns, plan_.columns.steps)};
        const Index n = strips.begin / pieces * call_.strip.images, step = strips.begin % pieces * call_.strip.steps;
        const Range images{n, (std::min)(n + call_.strip.images, plan_.problem.n)};
        const Range steps{step, (std::min)(step + call_.strip.steps, plan_.rows.steps)};

        const PixelRows<T> rows{plan_, call_};
        if (!call_.in_place.input)
            rows.pack({.n = 0,
                       .first_channel = first_group * plan_.channels,
                       .channels = groups * plan_.channels,
                       .row = 0,
                       .first_column = columns.begin * plan_.columns.input_step + plan_.columns.first_input(),
                       .columns = 0},
                      images, steps, packed_);
        list_bias(first_group, groups);
        if (call_.in_place.output) {
            for (Index image = images.begin; image < images.end; ++image)
                sum_to_output(first_group, groups, image, image - images.begin, steps, columns);
            return;
        }
        sum(first_group, groups, images, steps, columns);
        for (Index image = images.begin; image < images.end; ++image)
            rows.unpack(stage_,
                        {.n = image,
                         .first_channel = first_group * plan_.outputs,
                         .channels = groups * plan_.outputs,
                         .row = 0,
                         .first_column = 0,
                         .columns = 0},
                        image - images.begin, steps, columns);
    }

  private:
    /// Everything of a pass that is the same for all strips.
    void list_passes() {
        Index *taps = tap_offset_, *sums = sum_offset_;
        unsigned* outputs = tap_outputs_;
        PixelOperands<C>* pass = passes_;
        for (const PixelTile& tile : plan_.tiles) {
            PixelOperands<C> of_tile{};
            of_tile.tap_offset = taps;
            of_tile.tap_outputs = outputs;
            of_tile.sum_offset = sums;
            of_tile.taps = tile.taps;
            of_tile.channels = plan_.channels;
            of_tile.outputs = tile.outputs;
            of_tile.channel_step = call_.lengths.channel;
            of_tile.x_picture = call_.lengths.image_rows * call_.lengths.span;
            of_tile.sum_picture = of_tile.x_picture;
            const PhaseSet& rows = plan_.rows.sets[static_cast<std::size_t>(tile.row_set)];
            const PhaseSet& columns = plan_.columns.sets[static_cast<std::size_t>(tile.column_set)];
            for (Index a = 0; a < rows.taps; ++a)
                for (Index b = 0; b < columns.taps; ++b) {
                    *taps++ = offset_of(rows.offset(a) - plan_.rows.first_input(),
                                        columns.offset(b) - plan_.columns.first_input());
                    unsigned having = (1u << tile.outputs) - 1;
                    for (std::size_t o = 0; o < tile.output.size(); ++o) {
                        const PixelOutput& out = tile.output[o];
                        if (rows.phases[static_cast<std::size_t>(out.row_phase)].tap(a) < 0 ||
                            columns.phases[static_cast<std::size_t>(out.column_phase)].tap(b) < 0)
                            having &= ~(1u << o);
                    }
                    *outputs++ = having;
                }
            for (const PixelOutput& out : tile.output)
                *sums++ = call_.in_place.output ? out.channel * call_.output.stride.c
                                                : plane_of(tile, out) * call_.lengths.plane;
            *pass++ = of_tile;
        }
    }

    /// Of an input `row` and `column` beside the first that step 0 reads.
    Index offset_of(Index row, Index column) const {
        const Index phase = row % plan_.rows.input_step * plan_.columns.input_step + column % plan_.columns.input_step;
        return phase * call_.lengths.phase + row / plan_.rows.input_step * call_.lengths.span +
               column / plan_.columns.input_step;
    }

    /// The stage: (row phases, column phases, groups, output channels, images, steps, columns).
    Index plane_of(const PixelTile& tile, const PixelOutput& out) const {
        const PhaseSet& rows = plan_.rows.sets[static_cast<std::size_t>(tile.row_set)];
        const PhaseSet& columns = plan_.columns.sets[static_cast<std::size_t>(tile.column_set)];
        const Index row = PixelPlan::number(plan_.row_phases, rows.phases[static_cast<std::size_t>(out.row_phase)]);
        const Index column =
            PixelPlan::number(plan_.column_phases, columns.phases[static_cast<std::size_t>(out.column_phase)]);
        return (row * static_cast<Index>(plan_.column_phases.size()) + column) * plan_.groups_together() *
                   plan_.outputs +
               out.channel;
    }

    /// Of the channels of each pass in turn; +0 without a bias.
    void list_bias(Index first_group, Index groups) const {
        const T* const bias = call_.store.bias;
        C* to = bias_;
        for (Index g = first_group; g < first_group + groups; ++g)
            for (const PixelTile& tile : plan_.tiles)
                for (const PixelOutput& out : tile.output)
                    *to++ = bias == nullptr ? C(0) : widen<C>(bias[g * plan_.outputs + out.channel]);
    }

    /// Runs the passes of all tiles of the groups, place(pass, g) says where each group's numbers lie.
    template <class Place>
    void run_passes(Index first_group, Index groups, const Place& place) const {
        const Index tiles = static_cast<Index>(plan_.tiles.size());
        for (Index g = groups - 1; g >= 0; --g) {  // the first group's passes are what the others are made of
            Index bias = g * plan_.group_outputs;
            for (Index t = 0; t < tiles; ++t) {
                PixelOperands<C>& pass = passes_[g * tiles + t];
                pass = passes_[t];
                pass.weight =
                    weight_ + (first_group + g) * plan_.group_weights + plan_.tiles[static_cast<std::size_t>(t)].weight;
                pass.bias = bias_ + bias;
                pass.activation = call_.store.activation;
                bias += pass.outputs;
                place(pass, g);
            }
        }
        run_on(plan_.isa, PixelTiles<C>{passes_, groups * tiles});
    }

    /// Whose rows follow each other so closely that they are one picture.
    bool images_join() const {
        return call_.strip.images == 1 || 8 * call_.lengths.image_rows <= 9 * call_.strip.steps;
    }

    void sum(Index first_group, Index groups, Range images, Range steps, Range columns) const {
        run_passes(first_group, groups, [&](PixelOperands<C>& pass, Index g) {
            pass.x = packed_ + g * plan_.channels * call_.lengths.channel;
            pass.sums = stage_ + g * plan_.outputs * call_.lengths.plane;
            const bool join = images_join();
            const Index lines = (join ? (images.size() - 1) * call_.lengths.image_rows : 0) + steps.size();
            pass.pictures = join ? 1 : images.size();
            pass.room = true;  // where it is the next picture, that is written later
            pass.pixels = (lines - 1) * call_.lengths.span + columns.size();
        });
    }

    /// Each row is a picture; where the input is read in place all rows are one.
    void sum_to_output(Index first_group, Index groups, Index image, Index packed_image, Range steps,
                       Range columns) const {
        if constexpr (std::is_same_v<C, T>)
            run_passes(first_group, groups, [&](PixelOperands<C>& pass, Index g) {
                const Index group = first_group + g;
                pass.sums =
                    row_begin(call_.output, {image, group * plan_.outputs, 0, steps.begin, 0, 0}) + columns.begin;
                pass.sum_picture = call_.output.stride.h;
                if (call_.in_place.input) {
                    pass.x = row_begin(call_.input, {image, group * plan_.channels, 0, steps.begin, 0, 0});
                    pass.channel_step = call_.input.stride.c;
                    pass.pictures = 1;
                    pass.pixels = steps.size() * columns.size();
                } else {
                    pass.x = packed_ + g * plan_.channels * call_.lengths.channel +
                             packed_image * call_.lengths.image_rows * call_.lengths.span;
                    pass.x_picture = call_.lengths.span;
                    pass.pictures = steps.size();
                    pass.pixels = columns.size();
                }
            });
    }

    const PixelPlan& plan_;
    const C* weight_;
    const PixelCall<T>& call_;
    C *packed_, *stage_, *bias_;
    Index *tap_offset_, *sum_offset_;
    unsigned* tap_outputs_;
    PixelOperands<C>* passes_;
};

}  // namespace upconv::detail
