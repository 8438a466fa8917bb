// The header of NumPy's .npy: the magic, the version, a length, and a Python dictionary of that many bytes,
//
//     {'descr': '<f4', 'fortran_order': False, 'shape': (64, 32, 3, 3), }
//
// in ASCII (UTF-8 in version 3) and padded with spaces, so that the data begin at a multiple of 64.
#pragma once

#include "tensor_file.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

inline constexpr std::string_view npy_magic = "\x93NUMPY";

/// Reads the dictionary's words. Nothing nests, so nothing recurses; whatever is not expected is refused.
class NpyDictionary {
  public:
    NpyDictionary(std::string_view text, const std::string& label) : rest_(text), label_(label) {}

    StoredTensor parse() {
        StoredTensor tensor;
        bool descr = false, order = false, shape = false;
        expect('{');
        while (!accept('}')) {
            const std::string key = word();
            expect(':');
            if (key == "descr" && !std::exchange(descr, true))
                read_type(tensor);
            else if (key == "fortran_order" && !std::exchange(order, true))
                tensor.columns_first = truth();
            else if (key == "shape" && !std::exchange(shape, true))
                tensor.shape = tuple();
            else
                refuse_header("the key " + in_quotes(key) + " is unknown, or there twice");
            if (!accept(',') && !at('}')) refuse_header("a , or } must follow the value of " + in_quotes(key));
        }
        skip_spaces();
        if (!rest_.empty()) refuse_header("something follows the dictionary");
        if (!descr || !order || !shape) refuse_header("'descr', 'fortran_order' and 'shape' must all be there");
        return tensor;
    }

  private:
    [[noreturn]] void refuse_header(const std::string& why) const {
        refuse_file(label_, ": the header of the .npy is damaged: ", why);
    }
    void skip_spaces() { rest_.remove_prefix(std::min<std::size_t>(rest_.find_first_not_of(" \t\n"), rest_.size())); }
    bool at(char c) {
        skip_spaces();
        return !rest_.empty() && rest_.front() == c;
    }
    bool accept(char c) {
        const bool found = at(c);
        if (found) rest_.remove_prefix(1);
        return found;
    }
    void expect(char c) {
        if (!accept(c)) refuse_header(std::string("a ") + c + " is missing");
    }

    std::string word() {
        const char quote = at('"') ? '"' : '\'';
        expect(quote);
        const std::size_t end = rest_.find(quote);
        if (end == rest_.npos) refuse_header("a quotation mark is missing");
        const std::string text(rest_.substr(0, end));
        rest_.remove_prefix(end + 1);
        return text;
    }

    bool truth() {
        skip_spaces();
        for (const bool value : {false, true}) {
            const std::string_view name = value ? "True" : "False";
            if (!rest_.starts_with(name)) continue;
            rest_.remove_prefix(name.size());
            return value;
        }
        refuse_header("'fortran_order' must be True or False");
    }

    Index extent() {
        skip_spaces();
        Checked value = 0;
        std::size_t digits = 0;
        for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits)
            value = value * 10 + (rest_[digits] - '0');
        if (digits == 0) refuse_header("'shape' must be a tuple of numbers from 0");
        if (value.overflow()) refuse_header(std::string("an extent leaves ") + index_width + " integers");
        rest_.remove_prefix(digits);
        accept('L');  // Python 2's
        return value.value();
    }

    Extents tuple() {
        Extents extents;
        expect('(');
        while (!accept(')')) {
            if (extents.size() == most_dimensions) refuse_header("'shape' has more than 64 dimensions");
            extents.push_back(extent());
            if (!accept(',') && !at(')')) refuse_header("a , or ) must follow an extent");
        }
        return extents;
    }

    /// '<f4': the byte order, which | leaves open, the kind and the bytes. A list describes records of several fields.
    void read_type(StoredTensor& tensor) {
        if (at('[')) {
            skip_list();
            tensor.type_name = "records";
            return;
        }
        tensor.type_name = word();
        const std::string_view name = tensor.type_name;
        if (name.empty() || std::string_view("<>=|").find(name.front()) == name.npos) return;
        tensor.type = element_by(&ElementNames::npy, name.substr(1));
        if (tensor.type == ElementType::other) return;
        const bool big = std::endian::native == std::endian::big;
        tensor.swapped = name.front() == (big ? '<' : '>');
        tensor.type_name = names_of(tensor.type).name;
    }

    void skip_list() {
        Index depth = 0;
        do {
            if (rest_.empty()) refuse_header("a ] is missing");
            depth += rest_.front() == '[' ? 1 : rest_.front() == ']' ? -1 : 0;
            rest_.remove_prefix(1);
        } while (depth > 0);
    }

    std::string_view rest_;
    const std::string& label_;
};

/// A header, and how many bytes it and what stands before it take.
struct NpyHeader {
    StoredTensor tensor;
    Index bytes = 0;
};

/// `next` gives the next bytes, `size` is how many there are: no more of them is read than the header, and the data
/// must be the rest of them.
template <class Next>
NpyHeader read_npy_header(const std::string& label, Index size, const Next& next) {
    constexpr Index most = 1 << 20;  // NumPy itself reads up to 10000
    std::byte start[12] = {};
    const auto number = [&](std::size_t at) { return std::to_integer<Index>(start[at]); };
    if (size < 10) refuse_file(label, ": ", size, " bytes are too short for a .npy");
    next(std::span(start, 10));
    if (std::memcmp(start, npy_magic.data(), npy_magic.size()) != 0)
        refuse_file(label, ": this is no .npy, which begins with \\x93NUMPY");
    const Index version = number(6);
    if (version < 1 || version > 3)
        refuse_file(label, ": .npy of version ", version, ", but only 1, 2 and 3 are known");
    Index before = 10, length = number(8) + 256 * number(9);
    if (version > 1) {
        if (size < 12) refuse_file(label, ": ", size, " bytes are too short for a .npy of version ", version);
        next(std::span(start + 10, 2));
        before = 12;
        length += (number(10) << 16) + (number(11) << 24);
    }
    if (length > size - before || length > most)
        refuse_file(label, ": the header of the .npy says that it has ", length, " bytes, but there are ",
                    size - before, ", and no header needs more than ", most);
    std::string text(static_cast<std::size_t>(length), ' ');
    next(std::as_writable_bytes(std::span(text)));
    NpyHeader header{NpyDictionary(text, label).parse(), before + length};
    if (header.tensor.type == ElementType::other) return header;
    const Checked needed = bytes_of(header.tensor.shape, names_of(header.tensor.type).bytes);
    if (needed.overflow() || needed.value() != size - header.bytes)
        refuse_file(label, ": the header of the .npy says ", header.tensor.type_name, " ",
                    text_of_extents(header.tensor.shape), needed.overflow() ? ", more than any file holds, but " : ", ",
                    needed.overflow() ? "" : to_text(needed.value()) + " bytes, but ", size - header.bytes,
                    " follow; the file is cut off, or holds more than one array");
    return header;
}

/// The header that NumPy would write for a tensor in the order of rows and the machine's byte order.
inline std::string npy_header(const std::string& label, const StoredTensor& tensor) {
    const ElementNames& names = names_of(tensor.type);
    if (names.npy.empty())
        refuse_file(label, ": NumPy has no type for ", std::string(names.name),
                    "; write safetensors, or convert the tensor to float");
    const char order = names.bytes == 1 ? '|' : std::endian::native == std::endian::big ? '>' : '<';
    std::string dictionary = std::string("{'descr': '") + order + std::string(names.npy) +
                             "', 'fortran_order': False, 'shape': " + text_of_extents(tensor.shape) + ", }";
    const std::size_t before = npy_magic.size() + 4, whole = (before + dictionary.size() + 1 + 63) / 64 * 64;
    dictionary.resize(whole - before - 1, ' ');
    dictionary += '\n';
    std::string header(npy_magic);
    header += {'\1', '\0', static_cast<char>(dictionary.size() % 256), static_cast<char>(dictionary.size() / 256)};
    return header + dictionary;
}

}  // namespace upconv::detail
