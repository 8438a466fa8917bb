// A progress bar that redraws its line on a terminal, and prints one plain line elsewhere.
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
    Progress(std::string what, long total) : what_(std::move(what)), total_(total) {}

    void at(long step, const std::string& value) {
        const bool last = step == total_;
        if (!last && (!terminal_ || watch_.seconds() < next_)) return;
        next_ = watch_.seconds() + 0.1;
        if (terminal_) std::printf("\r");
        std::printf("%s  ", what_.c_str());
        if (terminal_) draw_bar(step);
        std::printf("%ld/%ld steps  %s  %.1f s", step, total_, value.c_str(), watch_.seconds());
        if (last) std::printf("\n");
        std::fflush(stdout);
    }

  private:
    void draw_bar(long step) const {
        constexpr long cells = 28;
        for (long i = 0; i < cells; ++i) std::fputs(i < cells * step / total_ ? "█" : "░", stdout);
        std::fputs("  ", stdout);
    }

    std::string what_;
    long total_;
    bool terminal_ = isatty(STDOUT_FILENO) != 0;
    Stopwatch watch_;
    double next_ = 0;
};
