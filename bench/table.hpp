// Table: rows of contests in text or in markdown, and their geometric means.
#pragma once

#include <cstddef>
#include <vector>

#include "contest.hpp"

namespace bench {

struct TableStyle {
    bool markdown = false;
    bool details = false;  // every candidate, below its row
    int name_width = 16;
};

/// The fastest that are right, or null.
const Score* fastest_of_ours(const Row& row);
const Score* fastest_peer(const Row& row);
/// How many times as fast as the fastest peer we are, or NaN.
double ratio_to_best(const Row& row);
/// Names on stderr who computed it wrong; whether we are right.
bool report_errors(const Row& row);

class Table {
  public:
    Table(const TableStyle& style, int threads) : style_(style), threads_(threads) {}

    void print_head() const;
    /// Rows are printed as they come.
    void add(const Row& row);
    void print_means() const;

  private:
    struct Mean {
        double log_sum = 0;
        int count = 0;
        void add(double ratio);
        double value() const;
    };
    struct Means {
        Mean ratio, nchw_ratio;
    };

    void print_details(const Row& row) const;

    TableStyle style_;
    int threads_;
    Means means_[4];  // by Family
    double lowest_peak_ = 0, highest_peak_ = 0;
};

}  // namespace bench
