// Case: one golden case as make_golden.py writes it; its docstring has the format.
#pragma once

#include <cstddef>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace golden {

using Index = std::ptrdiff_t;
using Shape = std::vector<Index>;
using Values = std::vector<double>;

template <class V>
auto& at(V& values, Index i) {
    return values[static_cast<std::size_t>(i)];
}

struct Array {
    Shape shape;
    Values values;
};

struct Case {
    std::string line, op;
    std::map<std::string, std::string> options;
    std::map<std::string, Array> arrays;

    bool has(const std::string& key) const { return options.contains(key); }
    const std::string& text(const std::string& key) const { return options.at(key); }
    Index number(const std::string& key) const { return std::stol(text(key)); }
    const Array& operator[](const std::string& name) const { return arrays.at(name); }
    bool has_bias() const { return number("bias") != 0; }
};

/// "1,2.5,3" -> {1, 2.5, 3}
inline Values numbers(const std::string& text) {
    Values result;
    std::istringstream words(text);
    for (std::string word; std::getline(words, word, ',');) result.push_back(std::stod(word));
    return result;
}

inline Case parse(const std::string& line) {
    Case c{line, {}, {}, {}};
    std::istringstream words(line);
    words >> c.op;
    for (std::string word; words >> word;) {
        const auto equals = word.find('=');
        c.options[word.substr(0, equals)] = word.substr(equals + 1);
    }
    return c;
}

template <class Stored>
void read_array(std::istream& file, Case& c, const std::string& name, const Shape& shape) {
    std::size_t size = 1;
    for (Index extent : shape) size *= static_cast<std::size_t>(extent);
    std::vector<Stored> stored(size);
    file.read(reinterpret_cast<char*>(stored.data()), static_cast<std::streamsize>(size * sizeof(Stored)));
    c.arrays[name] = {shape, Values(stored.begin(), stored.end())};
}

inline void read_arrays(std::istream& file, Case& c) {
    const auto shape = [&](auto... keys) { return Shape{c.number(keys)...}; };
    if (c.op == "upsampling2d") {
        const Shape x = shape("n", "c", "ih", "iw"), y = shape("n", "c", "oh", "ow");
        read_array<float>(file, c, "x", x);
        read_array<float>(file, c, "gy", y);
        read_array<double>(file, c, "y", y);
        read_array<double>(file, c, "gx", x);
        read_array<double>(file, c, "rows", shape("oh", "ih"));
        read_array<double>(file, c, "columns", shape("ow", "iw"));
        return;
    }
    const Shape x = shape("n", "ic", "ih", "iw"), y = shape("n", "oc", "oh", "ow"), bias = shape("oc");
    const bool conv = c.op == "conv2d";
    const Index second = c.number(conv ? "ic" : "oc") / c.number("g");
    const Shape weight{c.number(conv ? "oc" : "ic"), second, c.number("kh"), c.number("kw")};
    read_array<float>(file, c, "x", x);
    read_array<float>(file, c, "weight", weight);
    if (c.has_bias()) read_array<float>(file, c, "bias", bias);
    read_array<float>(file, c, "gy", y);
    read_array<double>(file, c, "y", y);
    read_array<double>(file, c, "gx", x);
    read_array<double>(file, c, "gweight", weight);
    if (c.has_bias()) read_array<double>(file, c, "gbias", bias);
}

/// The cases of one operator.
inline std::vector<Case> read_cases(const std::string& path, const std::string& op) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot open " + path);
    std::vector<Case> cases;
    for (std::string line; std::getline(file, line);) {
        Case c = parse(line);
        read_arrays(file, c);
        if (!file) throw std::runtime_error(path + " ends within " + line);
        if (c.op == op) cases.push_back(std::move(c));
    }
    return cases;
}

}  // namespace golden
