#include "lettering.hpp"

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

namespace {

/// A letter on a grid where a capital is 10 high and the baseline is 0. Its strokes are written as "x,y x,y ...",
/// parted by ';';
/// "@x,y,rx,ry,from,to" within one is an arc around (x, y), its angles in degrees, counter-clockwise if they rise.
struct Glyph {
    char letter;
    float width;
    const char* strokes;
};

constexpr Glyph glyphs[] = {
    {' ', 1.4f, ""},
    {'!', 0.0f, "0,10 0,3.2; 0,0.1 0,0"},
    {'"', 1.8f, "0,10 0,7.6; 1.8,10 1.8,7.6"},
    {'#', 6.0f, "1.9,9 0.9,1; 5.1,9 4.1,1; 0,6.6 6,6.6; 0,3.4 6,3.4"},
    {'%', 8.0f, "7,10 1,0; @1.8,7.9,1.8,2.1,0,360; @6.2,2.1,1.8,2.1,0,360"},
    {'&', 6.8f, "6.8,0 1.4,6.6 @2.9,8,1.8,2,220,-30 1,4.4 @2.6,2.5,2.6,2.5,128,290 @2.6,2.9,3.6,2.9,-60,25"},
    {'\'', 0.0f, "0,10 0,7.6"},
    {'(', 1.9f, "@4.4,4,4.4,7.2,122,238"},
    {')', 1.9f, "@-2.5,4,4.4,7.2,58,-58"},
    {'*', 4.0f, "2,10 2,5.6; 0.1,8.9 3.9,6.7; 0.1,6.7 3.9,8.9"},
    {'+', 5.6f, "0,4.6 5.6,4.6; 2.8,7.4 2.8,1.8"},
    {',', 0.6f, "0.5,0.2 0,-1.8"},
    {'-', 3.2f, "0,4.4 3.2,4.4"},
    {'.', 0.0f, "0,0.1 0,0"},
    {'/', 4.0f, "0,-1.4 4,10.6"},
    {'0', 5.6f, "@2.8,5,2.8,5,0,360"},
    {'1', 5.6f, "0.9,8.2 3.2,10 3.2,0"},
    {'2', 5.6f, "@2.75,7.2,2.6,2.8,165,-32 0,0 5.6,0"},
    {'3', 5.6f, "@2.6,7.6,2.35,2.4,150,-90 @2.6,2.6,2.85,2.6,90,-152"},
    {'4', 5.6f, "4.2,0 4.2,10 0,2.9 5.8,2.9"},
    {'5', 5.6f, "5,10 0.9,10 0.5,5.3 @2.6,3.3,2.9,3.3,128,-152"},
    {'6', 5.6f, "4.3,10 0.5,4.8 @2.8,3.1,2.8,3.1,148,508"},
    {'7', 5.6f, "0,10 5.6,10 1.7,0"},
    {'8', 5.6f, "@2.8,7.6,2.3,2.4,-90,270 @2.8,2.6,2.8,2.6,90,450"},
    {'9', 5.6f, "1.3,0 5.1,5.2 @2.8,6.9,2.8,3.1,-32,328"},
    {':', 0.0f, "0,0.1 0,0; 0,6 0,5.9"},
    {';', 0.6f, "0.5,0.2 0,-1.8; 0.5,6 0.5,5.9"},
    {'<', 5.0f, "5,7.6 0,4.6 5,1.6"},
    {'=', 5.6f, "0,6 5.6,6; 0,3.2 5.6,3.2"},
    {'>', 5.0f, "0,7.6 5,4.6 0,1.6"},
    {'?', 4.6f, "@2.3,7.7,2.3,2.3,170,-50 2.3,4.4 2.3,3.2; 2.3,0.1 2.3,0"},
    {'A', 7.0f, "0,0 3.5,10 7,0; 1.2,3.3 5.8,3.3"},
    {'B', 6.1f, "0,5.4 3.2,5.4 @3.2,7.7,2.35,2.3,-90,90 0,10 0,0 3.3,0 @3.3,2.7,2.8,2.7,-90,90"},
    {'C', 7.2f, "@4.1,5,4.1,5,46,314"},
    {'D', 6.9f, "0,0 0,10 2.4,10 @2.4,5,4.5,5,90,-90 0,0"},
    {'E', 5.4f, "5.4,10 0,10 0,0 5.4,0; 0,5.2 4.8,5.2"},
    {'F', 5.2f, "5.2,10 0,10 0,0; 0,5.2 4.6,5.2"},
    {'G', 7.8f, "@4.1,5,4.1,5,46,318 7.15,4.4 4.6,4.4"},
    {'H', 6.4f, "0,0 0,10; 6.4,0 6.4,10; 0,5.2 6.4,5.2"},
    {'I', 0.0f, "0,0 0,10"},
    {'J', 3.8f, "3.8,10 3.8,2.4 @1.8,2.4,2,2.4,0,-150"},
    {'K', 6.0f, "0,0 0,10; 5.7,10 0,3.9; 2.1,6.2 6.1,0"},
    {'L', 5.0f, "0,10 0,0 5,0"},
    {'M', 8.0f, "0,0 0,10 4,2.6 8,10 8,0"},
    {'N', 6.6f, "0,0 0,10 6.6,0 6.6,10"},
    {'O', 8.2f, "@4.1,5,4.1,5,0,360"},
    {'P', 6.0f, "0,0 0,10 3.3,10 @3.3,7.2,2.8,2.8,90,-90 0,4.4"},
    {'Q', 8.2f, "@4.1,5,4.1,5,0,360; 5,2.4 7.8,-0.8"},
    {'R', 6.2f, "0,0 0,10 3.3,10 @3.3,7.3,2.7,2.7,90,-90 0,4.6; 3.2,4.6 6.3,0"},
    {'S', 6.0f, "@3,7.55,2.75,2.45,32,270 @3,2.55,3,2.55,90,-150"},
    {'T', 6.4f, "0,10 6.4,10; 3.2,10 3.2,0"},
    {'U', 6.4f, "0,10 0,3.2 @3.2,3.2,3.2,3.2,180,360 6.4,10"},
    {'V', 6.8f, "0,10 3.4,0 6.8,10"},
    {'W', 10.0f, "0,10 2.5,0 5,9.4 7.5,0 10,10"},
    {'X', 6.2f, "0,10 6.2,0; 6.2,10 0,0"},
    {'Y', 6.4f, "0,10 3.2,4.6 6.4,10; 3.2,4.6 3.2,0"},
    {'Z', 5.8f, "0.2,10 5.8,10 0,0 5.9,0"},
    {'_', 5.0f, "0,-1.6 5,-1.6"},
    {'a', 5.2f, "5.2,7 5.2,0; @2.6,3.5,2.6,3.5,0,360"},
    {'b', 5.2f, "0,10 0,0; @2.6,3.5,2.6,3.5,0,360"},
    {'c', 4.5f, "@2.65,3.5,2.65,3.5,48,312"},
    {'d', 5.2f, "5.2,10 5.2,0; @2.6,3.5,2.6,3.5,0,360"},
    {'e', 5.2f, "0.05,3.6 5.2,3.6 @2.65,3.5,2.65,3.5,2,315"},
    {'f', 3.2f, "@3,8,1.9,2,75,180 1.1,0; 0,7 3,7"},
    {'g', 5.2f, "@2.6,3.5,2.6,3.5,0,360; 5.2,7 5.2,-0.4 @2.6,-0.4,2.6,2.6,0,-145"},
    {'h', 4.9f, "0,10 0,0; 0,4.4 @2.45,4.5,2.45,2.5,180,0 4.9,0"},
    {'i', 0.0f, "0,7 0,0; 0,9.7 0,9.8"},
    {'j', 1.2f, "1.2,7 1.2,-1.2 @-0.4,-1.2,1.6,1.8,0,-75; 1.2,9.7 1.2,9.8"},
    {'k', 4.6f, "0,10 0,0; 4.3,7 0,2.7; 1.6,4.2 4.7,0"},
    {'l', 0.9f, "0,10 0,1.5 @1.3,1.5,1.3,1.5,180,262"},
    {'m', 8.2f, "0,7 0,0; 0,4.9 @2.05,4.95,2.05,2.05,180,0 4.1,0; 4.1,4.9 @6.15,4.95,2.05,2.05,180,0 8.2,0"},
    {'n', 4.9f, "0,7 0,0; 0,4.4 @2.45,4.5,2.45,2.5,180,0 4.9,0"},
    {'o', 5.4f, "@2.7,3.5,2.7,3.5,0,360"},
    {'p', 5.2f, "0,7 0,-3; @2.6,3.5,2.6,3.5,0,360"},
    {'q', 5.2f, "5.2,7 5.2,-3; @2.6,3.5,2.6,3.5,0,360"},
    {'r', 2.8f, "0,7 0,0; 0,4.2 @2.4,4.4,2.4,2.55,180,76"},
    {'s', 4.4f, "@2.15,5.25,1.95,1.75,32,270 @2.15,1.75,2.2,1.75,90,-150"},
    {'t', 3.3f, "1.3,9.2 1.3,1.8 @3.1,1.8,1.8,1.8,180,275; 0,7 3.2,7"},
    {'u', 4.9f, "0,7 0,2.5 @2.45,2.5,2.45,2.5,180,360; 4.9,7 4.9,0"},
    {'v', 5.0f, "0,7 2.5,0 5,7"},
    {'w', 7.8f, "0,7 1.95,0 3.9,6.6 5.85,0 7.8,7"},
    {'x', 4.8f, "0,7 4.8,0; 4.8,7 0,0"},
    {'y', 5.0f, "0,7 2.5,0.1; 5,7 2.4,-0.4 @0.7,-0.6,1.75,2.4,-10,-90"},
    {'z', 4.6f, "0.2,7 4.5,7 0,0 4.7,0"},
};
constexpr Glyph unknown{0, 5, "0,0 0,7 5,7 5,0 0,0"};
constexpr float between = 2.5f;  // from one letter to the next

const Glyph& glyph_of(char letter) {
    for (const Glyph& glyph : glyphs)
        if (glyph.letter == letter) return glyph;
    return unknown;
}

/// The numbers of one word of a stroke: a point's two or an arc's six.
std::vector<float> numbers_of(const std::string& word) {
    std::vector<float> numbers;
    for (const char* p = word.c_str() + (word[0] == '@'); *p;) {
        char* end = nullptr;
        numbers.push_back(std::strtof(p, &end));
        p = *end ? end + 1 : end;
    }
    return numbers;
}

void append(std::vector<Point>& line, const std::vector<float>& numbers) {
    if (numbers.size() == 2) return line.push_back({numbers[0], numbers[1]});
    const int pieces = 2 + static_cast<int>(std::abs(numbers[5] - numbers[4]) / 9);
    for (int i = 0; i <= pieces; ++i) {
        const float degrees =
            numbers[4] + (numbers[5] - numbers[4]) * static_cast<float>(i) / static_cast<float>(pieces);
        const float angle = degrees * std::numbers::pi_v<float> / 180;
        line.push_back({numbers[0] + numbers[2] * std::cos(angle), numbers[1] + numbers[3] * std::sin(angle)});
    }
}

std::vector<std::vector<Point>> lines_of(const Glyph& glyph) {
    std::vector<std::vector<Point>> lines;
    std::vector<Point> line;
    std::string word;
    for (const char* p = glyph.strokes;; ++p) {
        if (*p && *p != ' ' && *p != ';') {
            word += *p;
            continue;
        }
        if (!word.empty()) append(line, numbers_of(word));
        word.clear();
        if (*p == ' ') continue;
        if (!line.empty()) lines.push_back(std::move(line));
        line.clear();
        if (!*p) return lines;
    }
}

}  // namespace

float text_width(std::string_view text, const Style& style) {
    float width = 10 * style.weight - between;
    for (char letter : text) width += glyph_of(letter).width + between;
    return text.empty() ? 0 : width * style.cap_height / 10;
}

void draw_text(Canvas& canvas, const Point& at, std::string_view text, const Style& style) {
    const float scale = style.cap_height / 10;
    float x = at.x + style.weight * style.cap_height / 2;  // the ink of a straight stem begins at `at`
    for (char letter : text) {
        const Glyph& glyph = glyph_of(letter);
        for (std::vector<Point> line : lines_of(glyph)) {
            for (Point& p : line) p = {x + p.x * scale, at.y - p.y * scale};
            canvas.stroke(line, style.weight * style.cap_height, style.colour);
        }
        x += (glyph.width + between) * scale;
    }
}
