// What a file has instead of a name that it lacks.
#pragma once

#include <algorithm>
#include <utility>

#include "file_error.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Levenshtein's distance: how many characters are to be put in, left out or changed.
inline Index edits(std::string_view from, std::string_view to) {
    Extents row(to.size() + 1);
    for (std::size_t j = 0; j <= to.size(); ++j) row[j] = static_cast<Index>(j);
    for (std::size_t i = 1; i <= from.size(); ++i) {
        Index diagonal = row[0];
        row[0] = static_cast<Index>(i);
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const Index changed = diagonal + (from[i - 1] != to[j - 1] ? 1 : 0);
            diagonal = row[j];
            row[j] = std::min<Index>(changed, std::min<Index>(row[j], row[j - 1]) + 1);
        }
    }
    return row[to.size()];
}

/// The end of a message about a missing name: the nearest of those there are. A file may have millions of names, and
/// long ones: not all of them are looked at.
template <class Named>
std::string similar_names(std::string_view name, const Named& tensors) {
    constexpr std::size_t most_names = 10000, most_letters = 200, most_shown = 5;
    if (tensors.empty()) return "; it has none at all";
    std::vector<std::pair<Index, std::string_view>> nearest;
    for (const auto& [other, stored] : tensors) {
        if (nearest.size() == most_names) break;
        nearest.emplace_back(edits(name.substr(0, most_letters), std::string_view(other).substr(0, most_letters)),
                             other);
    }
    std::sort(nearest.begin(), nearest.end());
    const std::size_t shown = std::min<std::size_t>(most_shown, nearest.size());
    std::string text =
        nearest.size() == shown ? "; it has " : "; the most similar of its " + std::to_string(tensors.size()) + " are ";
    for (std::size_t i = 0; i < shown; ++i) text += (i ? ", " : "") + in_quotes(nearest[i].second);
    return text;
}

}  // namespace upconv::detail
