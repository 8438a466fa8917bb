// ShapeError, and how its text is put together: the operator, the rule, the numbers, and what would work.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

#include "cxx20.hpp"

namespace upconv {

/// Signed, and as wide as Eigen::Index: every extent, stride and offset of the library, in elements.
using Index = std::ptrdiff_t;

/// Thrown for every input that is refused, before anything is allocated or written. The text names the operator, the
/// rule, the numbers that were put in and what would work. With exceptions off the text goes to stderr and std::abort
/// is called.
class ShapeError : public std::invalid_argument {
  public:
    using std::invalid_argument::invalid_argument;
};

}  // namespace upconv

namespace upconv::detail::inline UPCONV_BUILD {

/// The width of Index, for messages.
inline constexpr const char* index_width = sizeof(Index) == 8 ? "64-bit" : "32-bit";

/// Which of the two spatial axes: only the words of error messages depend on it.
struct AxisName {
    const char* extent;  // "height"
    const char* lines;   // "rows"
};
inline constexpr AxisName rows_axis{"height", "rows"};
inline constexpr AxisName columns_axis{"width", "columns"};

}  // namespace upconv::detail

namespace upconv {

inline std::string to_text(std::string_view text) { return std::string(text); }
inline std::string to_text(Index number) { return std::to_string(number); }
inline std::string to_text(double number) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%g", number);
    return digits;
}

}  // namespace upconv

namespace upconv::detail::inline UPCONV_BUILD {

using upconv::to_text;

/// A part of a text: anything that to_text() knows (words, numbers, Size2, Range). One function for each type of part,
/// and not one for each text, takes a tenth less to compile.
struct TextPart {
    const void* part;
    std::string (*text)(const void*);
};
template <class Part>
[[gnu::cold]] std::string text_of(const void* part) {
    return std::string(to_text(*static_cast<const Part*>(part)));
}

[[gnu::cold]] inline std::string join(std::initializer_list<TextPart> parts) {
    std::string text;
    for (const TextPart& part : parts) text += part.text(part.part);
    return text;
}

/// Refuses the input, saying why.
[[noreturn, gnu::cold]] inline void refuse_with(std::initializer_list<TextPart> parts) {
    const std::string text = join(parts);
#if defined(__cpp_exceptions)
    throw ShapeError(text);
#else
    std::fprintf(stderr, "%s\n", text.c_str());
    std::abort();
#endif
}

/// One text of its parts. By value, so that words of every length are one type.
template <class... Parts>
[[gnu::cold]] std::string joined(Parts... parts) {
    return join({{&parts, text_of<Parts>}...});
}
template <class... Parts>
[[noreturn, gnu::cold]] void refuse(Parts... parts) {
    refuse_with({{&parts, text_of<Parts>}...});
}

}  // namespace upconv::detail
