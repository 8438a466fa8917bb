// FileError, and the parts of its text that come from a file.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "../geometry/integer.hpp"
#include "../options/error.hpp"

namespace upconv {

/// Thrown for a file that cannot be read or written, is not what it says it is, or lacks a tensor. Nothing has been
/// changed then. With exceptions off the text goes to stderr and std::abort is called.
class FileError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

}  // namespace upconv

namespace upconv::detail::inline UPCONV_BUILD {

template <class... Parts>
[[noreturn, gnu::cold]] void refuse_file(Parts... parts) {
    const std::string text = joined(std::move(parts)...);
#if defined(__cpp_exceptions)
    throw FileError(text);
#else
    std::fprintf(stderr, "%s\n", text.c_str());
    std::abort();
#endif
}

/// A name as a file has it, fit for a message: in quotes, on one line, and not longer than a line.
inline std::string in_quotes(std::string_view name) {
    constexpr std::size_t most = 100;
    std::string text = "\"";
    for (const char c : name.substr(0, most)) text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return text + (name.size() > most ? "...\"" : "\"");
}

using Extents = std::vector<Index>;

/// As Dims print: (64, 32, 3, 3).
inline std::string text_of_extents(const Extents& extents) {
    std::string text = "(";
    for (std::size_t i = 0; i < extents.size(); ++i) text += (i ? ", " : "") + std::to_string(extents[i]);
    return text + (extents.size() == 1 ? ",)" : ")");
}

/// NumPy has arrays of up to 64 dimensions.
inline constexpr std::size_t most_dimensions = 64;

/// What a tensor takes; where an extent is 0 the others must still make a size.
inline Checked bytes_of(const Extents& extents, Index element) {
    Checked bytes = element;
    bool empty = false;
    for (const Index extent : extents) {
        bytes = bytes * (extent > 0 ? extent : 1);
        empty = empty || extent == 0;
    }
    return empty ? bytes.then(0) : bytes;
}

}  // namespace upconv::detail
