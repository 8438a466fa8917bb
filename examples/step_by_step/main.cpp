// Transposed convolution as it is taught: each input pixel times the whole filter, added into the output one stride
// further for each pixel. Prints every product and the output as it fills, and checks the result against
// ConvTranspose2d.
#include <algorithm>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>
#include <upconv/upconv.hpp>
#include <vector>

namespace {

using Index = Eigen::Index;
using Grid = Eigen::Tensor<int, 2, Eigen::RowMajor>;
using Lines = std::vector<std::string>;

constexpr int nothing = -1;  // in an output pixel that no product has reached

Lines lines_of(const Grid& grid, int digits) {
    Lines lines;
    for (Index i = 0; i < grid.dimension(0); ++i) {
        std::ostringstream line;
        for (Index j = 0; j < grid.dimension(1); ++j)
            line << (j > 0 ? " " : "") << std::setw(digits)
                 << (grid(i, j) == nothing ? "." : std::to_string(grid(i, j)));
        lines.push_back(line.str());
    }
    return lines;
}

/// Each block beside the one before it.
void print(const std::vector<Lines>& blocks) {
    std::size_t height = 0;
    for (const Lines& block : blocks) height = std::max(height, block.size());
    for (std::size_t i = 0; i < height; ++i) {
        std::string line;
        std::size_t left = 4;
        for (const Lines& block : blocks) {
            if (i < block.size() && !block[i].empty()) {
                line.resize(left, ' ');
                line += block[i];
            }
            left += 4 + std::max_element(block.begin(), block.end(), [](auto& a, auto& b) {
                            return a.size() < b.size();
                        })->size();
        }
        std::cout << line << '\n';
    }
    std::cout << '\n';
}

Lines titled(const std::string& title, Lines lines) {
    lines.insert(lines.begin(), title);
    return lines;
}

/// One lesson: 3 x 3 pixels, or 2 x 2, go through a square filter.
struct Lesson {
    Grid input, filter;
    Index stride, crop;  // crop: rows and columns taken off at the end of the output

    Index output_side() const { return (input.dimension(0) - 1) * stride + filter.dimension(0) - crop; }

    Grid empty_output() const {
        Grid grid(output_side(), output_side());
        grid.setConstant(nothing);
        return grid;
    }

    /// The whole of it: input pixel (i, j) times the filter, added into the output.
    void scatter(Index i, Index j, Grid& output) const {
        for (Index a = 0; a < filter.dimension(0); ++a)
            for (Index b = 0; b < filter.dimension(1); ++b) {
                const Index y = i * stride + a, x = j * stride + b;
                if (y < output.dimension(0) && x < output.dimension(1))
                    output(y, x) = std::max(output(y, x), 0) + input(i, j) * filter(a, b);
            }
    }
};

void print_problem(const Lesson& lesson) {
    print({titled("input", lines_of(lesson.input, 1)), titled("filter", lines_of(lesson.filter, 1))});
    std::cout << "    output: (" << lesson.input.dimension(0) << " - 1) * " << lesson.stride << " + "
              << lesson.filter.dimension(0);
    if (lesson.crop > 0) std::cout << " - " << lesson.crop;
    std::cout << " = " << lesson.output_side() << " pixels a side\n\n";
}

/// Prints each pixel's product with the output after it, one row of the input after the other.
Grid print_steps(const Lesson& lesson, int digits) {
    Grid output = lesson.empty_output();
    for (Index i = 0; i < lesson.input.dimension(0); ++i) {
        std::vector<Lines> blocks;
        for (Index j = 0; j < lesson.input.dimension(1); ++j) {
            Grid product = lesson.empty_output();
            lesson.scatter(i, j, product);
            lesson.scatter(i, j, output);
            std::ostringstream title;
            title << "input(" << i << ", " << j << ") = " << lesson.input(i, j) << " adds";
            Lines block = titled(title.str(), lines_of(product, digits));
            block.insert(block.end(), {"", "output so far"});
            for (const std::string& line : lines_of(output, digits)) block.push_back(line);
            blocks.push_back(block);
        }
        print(blocks);
    }
    return output;
}

using Tensor4 = Eigen::Tensor<float, 4, Eigen::RowMajor>;

Tensor4 tensor_of(const Grid& grid) {
    return grid.cast<float>().reshape(Eigen::array<Index, 4>{1, 1, grid.dimension(0), grid.dimension(1)});
}

/// ConvTranspose2d must come to the same numbers.
void verify(const Lesson& lesson, const Grid& output) {
    upconv::ConvTranspose2d<float> up({.in_channels = 1,
                                       .out_channels = 1,
                                       .kernel = lesson.filter.dimension(0),
                                       .stride = lesson.stride,
                                       .padding = {0, lesson.crop, 0, lesson.crop},
                                       .bias = false});
    up.weight() = tensor_of(lesson.filter);
    const Tensor4 y = up(tensor_of(lesson.input)), expected = tensor_of(output);
    if (y.dimensions() != expected.dimensions() || !std::equal(y.data(), y.data() + y.size(), expected.data())) {
        std::cout << "    ConvTranspose2d comes to something else:\n" << y << '\n';
        std::exit(EXIT_FAILURE);
    }
    std::cout << "    ConvTranspose2d comes to the same.\n\n";
}

void teach(const std::string& title, const Lesson& lesson) {
    std::cout << title << "\n\n";
    print_problem(lesson);
    const bool wide = lesson.filter.dimension(0) > lesson.stride;  // sums of two digits
    verify(lesson, print_steps(lesson, wide ? 2 : 1));
}

Lines overlaps(const upconv::ConvTranspose2dOptions& options) {
    const Grid map = upconv::overlap_map(options, 3, 3).cast<int>();
    return titled("kernel " + std::to_string(options.kernel.h), lines_of(map, 1));
}

}  // namespace

int main() {
    Grid four(2, 2), nine(3, 3), ones_2(2, 2), ones_3(3, 3);
    four.setValues({{0, 1}, {2, 3}});
    nine.setValues({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
    ones_2.setConstant(1);
    ones_3.setConstant(1);

    std::cout << "Transposed convolution: each input pixel times the whole filter, added into the output with its\n"
                 "corner at (row * stride, column * stride). A dot is an output pixel that nothing has reached.\n\n";
    teach("1. Stride 1, kernel 2: neighbours overlap, and their products add up", {four, four, 1, 0});
    teach("2. Stride 2, kernel 2: every pixel gets a block of its own", {nine, ones_2, 2, 0});
    teach("3. Stride 2, kernel 3: the blocks overlap in every second row and column; the last of each is cropped",
          {nine, ones_3, 2, 1});

    std::cout << "4. Stride 2: how many taps reach each output pixel (upconv::overlap_map)\n\n";
    print({overlaps({.kernel = 2, .stride = 2}), overlaps({.kernel = 3, .stride = 2, .padding = {0, 1, 0, 1}}),
           overlaps({.kernel = 4, .stride = 2, .padding = 1})});
    std::cout
        << "    Kernel 3: the stride does not divide it, so the counts alternate, and an even grey comes out as a\n"
           "    checkerboard. Kernel 2 and 4: the counts are even, but for the border.\n";
}
