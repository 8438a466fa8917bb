// ResizeColumns: one axis as the kernels take it, its weights in the type of the sum, and the way its columns are made.
#pragma once

#include <utility>

#include "../kernel/columns.hpp"
#include "stretch_plan.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// A table with its weights rounded to C.
template <class C>
class RoundedTable {
  public:
    explicit RoundedTable(ResizeTable table)
        : copies_(table.copies()),
          first_(std::move(table.first)),
          source_(std::move(table.source)),
          weight_(table.weight.begin(), table.weight.end()) {
        for (Index o = 0; o < outputs(); ++o) {
            const Index begin = first(o), count = first(o + 1) - begin;
            most_ = (std::max)(most_, count);
            if (count > 0) span_ = (std::max)(span_, source(begin + count - 1) + 1 - source(begin));
        }
    }

    Index outputs() const { return static_cast<Index>(first_.size()) - 1; }
    Index terms() const { return static_cast<Index>(weight_.size()); }
    Index most() const { return most_; }     // terms of an output
    Index span() const { return span_; }     // inputs from the first to the last term of an output
    bool copies() const { return copies_; }  // ResizeTable::copies()
    Index first(Index o) const { return first_[static_cast<std::size_t>(o)]; }
    Index source(Index term) const { return source_[static_cast<std::size_t>(term)]; }
    const Index* firsts() const { return first_.data(); }
    const Index* sources() const { return source_.data(); }
    const C* weights() const { return weight_.data(); }

    /// Whether expand.hpp can blend by it: outputs of two inputs, or of one with weight 1.
    bool is_expansion() const {
        bool fits = terms() > 0;
        for (Index o = 0; fits && o < outputs(); ++o) {
            const Index count = first(o + 1) - first(o);
            fits = count == 2 || (count == 1 && weights()[first(o)] == C(1));
        }
        return fits;
    }

    /// Whether two outputs are made of the same inputs.
    bool same_sources(Index a, Index b) const {
        return first(a + 1) - first(a) == first(b + 1) - first(b) &&
               std::equal(sources() + first(a), sources() + first(a + 1), sources() + first(b));
    }

    /// Each output is the input at its own place.
    bool is_identity(Index inputs) const {
        bool same = copies_ && outputs() == inputs;
        for (Index o = 0; same && o < outputs(); ++o) same = source(o) == o;
        return same;
    }

  private:
    bool copies_;
    std::vector<Index> first_, source_;
    std::vector<C> weight_;
    Index most_ = 0, span_ = 1;
};

template <class C>
class ResizeColumns {
  public:
    /// Rows of `inputs` columns of `inner` numbers, in vectors of `bytes`.
    ResizeColumns(ResizeTable table, Index inputs, Index inner, Index bytes) : inner_(inner), table_(table) {
        const Index width = bytes / static_cast<Index>(sizeof(C));
        by_ = way(inputs, width, bytes);
        if (by_ != ColumnsBy::picks) return;
        picks_ = StretchPlan<C>(table, (std::max)(inputs, (width + inner - 1) / inner), inner, width);
        if (table_.copies() && !picks_.one_term_each()) by_ = ColumnsBy::single;
    }

    ColumnsBy by() const { return by_; }
    bool is_expansion() const { return by_ == ColumnsBy::picks && table_.most() <= 2; }
    Index numbers() const { return table_.outputs() * inner_; }  // of a row of the output
    const RoundedTable<C>& table() const { return table_; }

    Columns<C> kernel() const {
        return {by_,
                table_.outputs(),
                inner_,
                table_.firsts(),
                table_.sources(),
                table_.weights(),
                table_.copies(),
                picks_.kernel(table_.copies())};
    }

  private:
    ColumnsBy way(Index inputs, Index width, Index bytes) const {
        constexpr Index cells = 16;  // whose places blend_columns() has room for
        if (table_.is_identity(inputs)) return ColumnsBy::none;
        if (inner_ >= width && table_.most() <= cells) return ColumnsBy::blends;
        // The baseline picks lane by lane. A vector holds what width / shrinkage lanes need; two of them pay for it.
        const bool shrinks = inputs > table_.outputs();
        if (bytes < 32 || (table_.copies() && shrinks) || inputs > table_.outputs() * width / 2)
            return ColumnsBy::single;
        return ColumnsBy::picks;
    }

    Index inner_;
    RoundedTable<C> table_;
    ColumnsBy by_;
    StretchPlan<C> picks_;
};

}  // namespace upconv::detail
