// StretchPlan: the patterns and runs by which stretch.hpp resizes a row.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "../kernel/stretch.hpp"
#include "../plan/resize_table.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

template <class C>
class StretchPlan {
  public:
    StretchPlan() = default;
    /// Rows of `inputs` columns of `inner` numbers, in vectors of `width` numbers; at least `width` numbers a row.
    StretchPlan(const ResizeTable& table, Index inputs, Index inner, Index width)
        : table_(&table), inner_(inner), width_(width), numbers_(inputs * inner) {
        const Index outputs = table.outputs() * inner, vectors = (outputs + width - 1) / width;
        first_ = {0};
        for (Index v = 0; v < vectors; ++v) {
            add_vector(v);
            first_.push_back(static_cast<Index>(terms_.size()));
        }
        // outputs : inputs = a : b in least terms; after `period` vectors the same fractions come again.
        const Index common = std::gcd(table.outputs(), inputs), a = table.outputs() / common * inner;
        const Index period = (std::min)(a / std::gcd(a, width), vectors);
        make_runs(vectors, period, inputs / common * inner * (period * width / a));
        table_ = nullptr;
    }

    Stretch<C> kernel(bool copies) const {
        return {runs_.data(),
                static_cast<Index>(runs_.size()),
                static_cast<Index>(first_.size()) - 1,
                terms_.data(),
                weight_.data(),
                lane_.data(),
                copies};
    }

    /// Whether every vector of the output is picked of one vector of the input.
    bool one_term_each() const {
        return std::all_of(runs_.begin(), runs_.end(), [](const StretchRun& run) { return run.terms == 1; });
    }

  private:
    /// Takes, again and again, the vector of the input that begins at the first number which any lane still needs, and
    /// of it what each lane needs next: so each lane has its terms in order.
    void add_vector(Index vector) {
        const Index outputs = table_->outputs() * inner_, begin = vector * width_;
        const Index lanes = (std::min)(width_, outputs - begin);
        std::vector<Index> next(static_cast<std::size_t>(lanes)), end(next);
        for (Index l = 0; l < lanes; ++l) {
            const auto o = static_cast<std::size_t>((begin + l) / inner_);
            next[static_cast<std::size_t>(l)] = table_->first[o];
            end[static_cast<std::size_t>(l)] = table_->first[o + 1];
        }
        const bool one_base = reach(begin, lanes) <= width_;
        Index last_base = -1;
        std::vector<C> weight(static_cast<std::size_t>(width_));
        std::vector<Lane<C>> lane(static_cast<std::size_t>(width_));
        for (;;) {
            Index base = numbers_;
            for (Index l = 0; l < lanes; ++l)
                if (const auto i = static_cast<std::size_t>(l); next[i] < end[i])
                    base = (std::min)(base, source(begin + l, next[i]));
            if (base == numbers_) return;
            base = one_base && last_base >= 0 ? last_base : (std::min)(base, numbers_ - width_);
            last_base = base;
            bool full = true;
            for (Index l = 0; l < width_; ++l) {
                const auto i = static_cast<std::size_t>(l);
                weight[i] = C(0), lane[i] = 0;
                if (l >= lanes) continue;
                if (next[i] < end[i] && source(begin + l, next[i]) < base + width_) {
                    weight[i] = static_cast<C>(table_->weight[static_cast<std::size_t>(next[i])]);
                    lane[i] = static_cast<Lane<C>>(source(begin + l, next[i]++) - base);
                }
                full = full && weight[i] != C(0);
            }
            terms_.push_back({base, pattern(weight, lane, full)});
        }
    }

    /// From the first to the last number of the input that the lanes read.
    Index reach(Index begin, Index lanes) const {
        Index least = numbers_, end = 0;
        for (Index q = begin; q < begin + lanes; ++q) {
            const auto o = static_cast<std::size_t>(q / inner_);
            if (table_->first[o] == table_->first[o + 1]) continue;
            least = (std::min)(least, source(q, table_->first[o]));
            end = (std::max)(end, source(q, table_->first[o + 1] - 1) + 1);
        }
        return end - least;
    }

    Index source(Index number, Index term) const {
        return table_->source[static_cast<std::size_t>(term)] * inner_ + number % inner_;
    }

    /// The number of a pattern, which is often one of the last ones again.
    Index pattern(const std::vector<C>& weight, const std::vector<Lane<C>>& lane, bool full) {
        constexpr Index recent = 64;  // as many as whole factors up to 8 have on 3 channels; more take longer to search
        const auto count = static_cast<Index>(full_.size());
        for (Index p = count - 1; p >= std::max<Index>(count - recent, 0); --p)
            if (std::equal(weight.begin(), weight.end(), weight_.begin() + p * width_) &&
                std::equal(lane.begin(), lane.end(), lane_.begin() + p * width_))
                return p;
        weight_.insert(weight_.end(), weight.begin(), weight.end());
        lane_.insert(lane_.end(), lane.begin(), lane.end());
        full_.push_back(full);
        return count;
    }

    /// Vectors that are `period` apart make a run where they have the same patterns, `step` apart.
    void make_runs(Index vectors, Index period, Index step) {
        const auto begin = [&](Index v) { return first_[static_cast<std::size_t>(v)]; };
        const auto follows = [&](Index v) {
            const Index terms = begin(v + 1) - begin(v), before = v - period;
            if (begin(before + 1) - begin(before) != terms) return false;
            for (Index k = 0; k < terms; ++k) {
                const StretchTerm &a = term(begin(before) + k), &b = term(begin(v) + k);
                if (a.pattern != b.pattern || a.base + step != b.base) return false;
            }
            return true;
        };
        for (Index residue = 0; residue < period; ++residue)
            for (Index v = residue; v < vectors;) {
                StretchRun run{v, period, 1, step, begin(v), begin(v + 1) - begin(v), true, true};
                for (Index k = 0; k < run.terms; ++k) {
                    const StretchTerm& t = term(run.first_term + k);
                    run.full = run.full && full_[static_cast<std::size_t>(t.pattern)];
                    run.one_base = run.one_base && t.base == term(run.first_term).base;
                }
                for (v += period; v < vectors && follows(v); v += period) ++run.count;
                runs_.push_back(run);
            }
    }
    const StretchTerm& term(Index t) const { return terms_[static_cast<std::size_t>(t)]; }

    const ResizeTable* table_ = nullptr;  // while it is made
    Index inner_ = 1, width_ = 1, numbers_ = 0;
    std::vector<StretchTerm> terms_;
    std::vector<Index> first_;  // of each vector
    std::vector<StretchRun> runs_;
    std::vector<C> weight_;
    std::vector<Lane<C>> lane_;
    std::vector<bool> full_;
};

}  // namespace upconv::detail
