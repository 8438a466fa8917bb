// A line of progress that is redrawn on a terminal, with a bar where the end is known, and printed once elsewhere.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>

/// Seconds since it was made.
class Stopwatch {
  public:
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

class Progress {
  public:
    /// Of so many steps; 0 if nobody knows how many.
    explicit Progress(std::string what, long total = 0) : what_(std::move(what)), total_(total) {}

    void at(long step, const std::string& value) {
        step_ = step;
        value_ = value;
        if (step == total_) return end("");
        if (!terminal_ || watch_.seconds() < next_) return;
        next_ = watch_.seconds() + 0.1;
        print();
    }
    /// The last line, with how it ended: where the total is known, at() prints it.
    void end(const std::string& how) {
        print();
        std::printf("  %s\n", how.c_str());
    }

  private:
    void print() const {
        if (terminal_) std::printf("\r");
        std::printf("%s  ", what_.c_str());
        if (total_ > 0) {
            if (terminal_) draw_bar();
            std::printf("%ld/%ld steps  %s  %.1f s", step_, total_, value_.c_str(), watch_.seconds());
        } else {
            std::printf("step %ld  %s  %.1f s", step_, value_.c_str(), watch_.seconds());
        }
        std::fflush(stdout);
    }

    void draw_bar() const {
        constexpr long cells = 28;
        for (long i = 0; i < cells; ++i) std::fputs(i < cells * step_ / total_ ? "█" : "░", stdout);
        std::fputs("  ", stdout);
    }

    std::string what_, value_;
    long total_, step_ = 0;
    bool terminal_ = isatty(STDOUT_FILENO) != 0;
    Stopwatch watch_;
    double next_ = 0;
};
