// A line of progress that is redrawn on a terminal, and printed once, at the end, elsewhere.
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
    explicit Progress(std::string what) : what_(std::move(what)) {}

    void at(const std::string& value) {
        value_ = value;
        if (!terminal_ || watch_.seconds() < next_) return;
        next_ = watch_.seconds() + 0.1;
        print();
    }
    void end(const std::string& how) {
        print();
        std::printf("  %s\n", how.c_str());
    }

  private:
    void print() const {
        if (terminal_) std::printf("\r");
        std::printf("%s  %s, %.1f s", what_.c_str(), value_.c_str(), watch_.seconds());
        std::fflush(stdout);
    }

    std::string what_, value_;
    bool terminal_ = isatty(STDOUT_FILENO) != 0;
    Stopwatch watch_;
    double next_ = 0;
};
