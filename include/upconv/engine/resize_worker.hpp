// ResizeWorker: the output rows that one thread makes. No picture stands between the two axes: where the rows grow in
// number each input row is resized along its columns once, into a ring that the output rows are blended from; where
// they become fewer the input rows are blended first, and what comes of it is resized along its columns.
#pragma once

#include <algorithm>
#include <bit>

#include "../kernel/expand.hpp"
#include "../kernel/line.hpp"
#include "arena.hpp"
#include "resize_columns.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Which axis comes first. `together` is for enlargements by two terms an axis, and columns_first where memory does not
/// lie as expand.hpp wants it.
enum class AxisOrder { rows_first, columns_first, together };

/// What is the same for every worker of a run. Lines are the output rows of all planes: those of a channel, or of an
/// image where a row holds all channels (`inner` of them).
template <class T, class C>
struct ResizeJob {
    const RoundedTable<C>& rows;
    const ResizeColumns<C>& columns;
    Isa isa;
    AxisOrder order;
    Index inner;
    View<const T> input;
    View<T> output;
    Storing storing;

    Index planes() const { return output.shape.n * output.shape.c / inner; }
    Index lines() const { return planes() * output.shape.h; }
    Index width() const { return vector_bytes(isa) / static_cast<Index>(sizeof(C)); }

    /// Room for whole vectors behind a row, and one at least.
    Index widest() const {
        return ((std::max)(input.shape.w, output.shape.w) * inner + 2 * width() - 1) / width() * width();
    }

    /// Rows can be read where they lie.
    bool reads_in_place() const {
        const bool whole_vectors = columns.by() == ColumnsBy::none || input.shape.w * inner >= width();
        return std::is_same_v<T, C> && whole_vectors && in_line(input, inner);
    }
    bool expands_in_place() const {
        return order == AxisOrder::together && reads_in_place() && writes_in_place() &&
               (storing == Storing::cached || rows_in_vectors());
    }
    /// Whether every row of the output begins at a vector's boundary.
    bool rows_in_vectors() const {
        const auto misfit = [&](Index step) { return step % width() != 0; };
        return reinterpret_cast<std::uintptr_t>(output.data) % static_cast<std::size_t>(vector_bytes(isa)) == 0 &&
               !misfit(output.stride.h) && !misfit(output.stride.n) && (inner > 1 || !misfit(output.stride.c));
    }
    bool writes_in_place() const { return std::is_same_v<T, C> && in_line(output, inner); }

    bool uses_ring() const { return resizes_first() || !reads_in_place(); }
    bool ends_with_rows() const { return order != AxisOrder::rows_first || columns.by() == ColumnsBy::none; }
    bool resizes_first() const {
        return order != AxisOrder::rows_first && columns.by() != ColumnsBy::none && !expands_in_place();
    }

    /// What an output row reads; a power of two.
    Index ring_rows() const {
        return uses_ring() ? static_cast<Index>(std::bit_ceil(static_cast<std::size_t>(rows.span()))) : 0;
    }
};

template <class T, class C>
class ResizeWorker {
  public:
    ResizeWorker(const ResizeJob<T, C>& job, Arena& arena)
        : job_(job),
          columns_(job.columns.kernel()),
          reads_in_place_(job.reads_in_place()),
          writes_in_place_(job.writes_in_place()),
          resizes_first_(job.resizes_first()),
          expands_(job.expands_in_place()),
          ends_with_rows_(job.ends_with_rows()),
          ring_mask_(job.ring_rows() - 1),
          ring_step_(job.widest()),
          ring_(arena.take<C>(job.ring_rows() * ring_step_ + job.width())),
          loaded_(arena.take<C>(ring_step_)),
          made_(arena.take<C>(ring_step_)),
          row_(arena.take<const C*>(job.rows.most() + 1)) {
        // Rows of the ring and of the output begin at the same place of a cache line.
        const auto bytes = static_cast<std::size_t>(vector_bytes(job.isa));
        if (arena.gives()) ring_ += reinterpret_cast<std::uintptr_t>(job.output.data) % bytes / sizeof(C);
    }

    ~ResizeWorker() {
        if (job_.storing == Storing::streamed) finish_streams();
    }

    void run(Index /*part*/, Range lines, Index /*split*/) {
        const Index height = job_.output.shape.h;
        Index plane = lines.begin / height, i = lines.begin % height;
        for (Index line = lines.begin; line < lines.end;) {
            enter(plane);
            for (const Index end = (std::min)(height, i + lines.end - line); i < end;) {
                const Index made = make(i, end - i);
                line += made, i += made;
            }
            i = 0, ++plane;
        }
    }

  private:
    void enter(Index plane) {
        if (plane != plane_) held_ = {0, 0};
        plane_ = plane;
        from_ = row_begin(job_.input, plane, 0, job_.inner);
        to_ = row_begin(job_.output, plane, 0, job_.inner);
    }

    /// Row i, or i and the next one of `most`: how many.
    Index make(Index i, Index most) {
        const Index begin = job_.rows.first(i), n = job_.output.shape.w * job_.inner;
        const Blend<C> blend{row_, job_.rows.weights() + begin, job_.rows.first(i + 1) - begin, job_.rows.copies()};
        find_rows(begin, blend.rows);
        T* const to = to_ + i * job_.output.stride.h;
        if constexpr (std::is_same_v<T, C>)
            if (ends_with_rows_ && writes_in_place_) {
                const bool pair = most > 1 && job_.rows.same_sources(i, i + 1);
                const RowsTo<C> y{to, job_.output.stride.h, n,
                                  pair && can_pair(blend, n, expands_ ? Storing::cached : job_.storing) ? 2 : 1};
                if (expands_)
                    run_on(job_.isa, Expand<C>{columns_.picks, blend, y, job_.storing});
                else
                    run_on(job_.isa, BlendRows<C>{blend, y, job_.storing});
                return y.rows;
            }
        const bool blends = ends_with_rows_ || !(columns_.copies ? blend.copies : blend.of_one_row());
        C* const sums = ends_with_rows_ ? made_ : loaded_;
        if (blends) {
            const Index numbers = ends_with_rows_ ? n : job_.input.shape.w * job_.inner;
            run_on(job_.isa, BlendRows<C>{blend, {sums, 0, numbers, 1}, Storing::cached});
        }
        if (!ends_with_rows_) run_on(job_.isa, ResizeColumnsOf<C>{columns_, blends ? sums : row_[0], made_});
        run_on(job_.isa, StoreLine<C, T>{made_, to, job_.output, job_.inner});
        return 1;
    }

    /// The rows of some terms: in their place, or in the ring.
    void find_rows(Index term, Index count) {
        if (count == 0) return;
        const Index* const source = job_.rows.sources() + term;
        if constexpr (std::is_same_v<T, C>)
            if (!resizes_first_ && reads_in_place_) {
                for (Index k = 0; k < count; ++k) row_[k] = from_ + source[k] * job_.input.stride.h;
                return;
            }
        fill_ring(source[0], source[count - 1] + 1);
        for (Index k = 0; k < count; ++k) row_[k] = ring_row(source[k]);
    }

    C* ring_row(Index i) const { return ring_ + (i & ring_mask_) * ring_step_; }

    /// The rows [begin, end) of a plane, those that are not there yet.
    void fill_ring(Index begin, Index end) {
        if (begin < held_.begin || begin > held_.end) held_ = {begin, begin};
        for (; held_.end < end; ++held_.end) {
            const T* const from = from_ + held_.end * job_.input.stride.h;
            if (resizes_first_)
                run_on(job_.isa, ResizeColumnsOf<C>{columns_, loaded(from), ring_row(held_.end)});
            else
                load(from, ring_row(held_.end));
        }
        held_.begin = (std::max)(held_.begin, held_.end - ring_mask_ - 1);
    }

    void load(const T* from, C* to) { run_on(job_.isa, LoadLine<C, T>{from, job_.input, job_.inner, to}); }

    /// The row as numbers of type C, one vector of them at least.
    const C* loaded(const T* from) {
        if constexpr (std::is_same_v<T, C>)
            if (reads_in_place_) return from;
        load(from, loaded_);
        return loaded_;
    }

    const ResizeJob<T, C>& job_;
    const Columns<C> columns_;
    const bool reads_in_place_, writes_in_place_, resizes_first_, expands_, ends_with_rows_;
    const Index ring_mask_, ring_step_;
    C *ring_, *loaded_, *made_;
    const C** row_;
    Index plane_ = -1;
    const T* from_ = nullptr;
    T* to_ = nullptr;
    Range held_;  // input rows in the ring
};

}  // namespace upconv::detail
