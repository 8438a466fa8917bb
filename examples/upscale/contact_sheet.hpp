// The contact sheet: the original and every result, the same detail of each magnified, and the filters.
#pragma once

#include <string>
#include <vector>

#include "canvas.hpp"
#include "methods.hpp"

/// What a method made, and how near it came to the original.
struct Result {
    Method method;
    Picture picture;
    double psnr = 0, ssim = 0, seconds = 0;
};

const Result& best_of(const std::vector<Result>& results);

/// `results` are what fixed_methods() and then learned_method() made.
struct ContactSheet {
    std::string title, explanation;
    std::vector<std::string> footnotes;
    const Picture& original;
    const Picture& small;
    const std::vector<Result>& results;
    Point detail;  // the middle of what is magnified
};

/// The middle of the detail in which `picture` misses most of the original.
Point busiest_detail(const Picture& original, const Picture& picture);

Picture draw(const ContactSheet& sheet);
