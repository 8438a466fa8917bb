// RowWindow: the packed input rows of a strip, one after the other. Strips come in order, and the rows that one has
// packed and the next reads too move to the front: so the taps of a pixel lie at the same distance everywhere.
#pragma once

#include "../kernel/view.hpp"
#include "../plan/row_numbers.hpp"
#include "arena.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

template <class C>
class RowWindow {
  public:
    /// Room for `rows` rows of `row_size` numbers, and for one more: that of zeros.
    RowWindow(const RowNumbers& numbers, Arena& arena, Index rows, Index row_size)
        : numbers_(numbers), memory_(arena.take<C>((rows + 1) * row_size)), rows_(rows), row_size_(row_size) {
        if (arena.gives()) std::fill(memory_ + rows * row_size, memory_ + (rows + 1) * row_size, C(0));
    }

    /// Packs the rows that `lines` read and that are not there yet, pack(n, row, where). `part` names what is packed of
    /// a row.
    template <class Pack>
    void load(Index part, Range lines, const Pack& pack) {
        const Range rows = numbers_.read(lines);
        if (part != part_ || rows.begin < held_.begin || rows.begin > held_.end) held_ = {rows.begin, rows.begin};
        std::copy(at(rows.begin), at(held_.end), memory_);
        held_.begin = rows.begin;
        for (Index row = held_.end; row < rows.end; ++row) pack(row / numbers_.height, row % numbers_.height, at(row));
        part_ = part;
        held_.end = (std::max)(held_.end, rows.end);
    }

    /// Whether the input row at `offset` from the first of an output step is in its image.
    bool inside(Index line, Index offset) const {
        const Index row = line % numbers_.steps * numbers_.step + offset;
        return row >= 0 && row < numbers_.height;
    }

    /// That row; zeros beside the image.
    const C* row(Index line, Index offset) const {
        if (!inside(line, offset)) return memory_ + rows_ * row_size_;
        const Index row = line % numbers_.steps * numbers_.step + offset;
        return at(line / numbers_.steps * numbers_.height + row);
    }

  private:
    C* at(Index row) const { return memory_ + (row - held_.begin) * row_size_; }

    RowNumbers numbers_;
    C* memory_;
    Index rows_, row_size_;
    Index part_ = -1;
    Range held_;  // the first at the front
};

}  // namespace upconv::detail
