// The header of safetensors: JSON that gives each tensor's type, shape and place in the bytes after it,
//
//     {"up1.weight": {"dtype": "F32", "shape": [64, 32, 3, 3], "data_offsets": [0, 73728]}, "__metadata__": {...}}
//
// with text for text in __metadata__, which is left out here.
#pragma once

#if !__has_include(<nlohmann/json.hpp>)
#error "safetensors.hpp needs nlohmann/json (Debian, Ubuntu: nlohmann-json3-dev), or include weights/npy.hpp, npz.hpp"
#include <upconv_needs_nlohmann_json>  // there is none, and so the compiler stops here: at one error, not at hundreds
#endif

#include <nlohmann/json.hpp>

#include "tensor_file.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// A tensor's place: bytes from `begin` to before `end` after the header.
struct SafetensorsEntry {
    std::string name, type_name;
    Extents shape, offsets;
    bool has_type = false, has_shape = false, has_offsets = false;
};

/// What nlohmann/json calls while it reads. No document is built, and what lies deeper than a tensor's lists ends the
/// reading: memory is that of the entries, and nothing recurses. The names are nlohmann/json's.
class SafetensorsHeader {
  public:
    using Json = nlohmann::json;

    std::vector<SafetensorsEntry> entries;
    std::string wrong;  // why the reading ended

    bool null() { return unexpected("null"); }
    bool boolean(bool) { return unexpected("a truth value"); }
    bool number_integer(Json::number_integer_t) { return unexpected("a negative number"); }
    bool number_float(Json::number_float_t, const std::string&) { return unexpected("a number with a fraction"); }
    bool binary(Json::binary_t&) { return unexpected("binary data"); }

    bool number_unsigned(Json::number_unsigned_t value) {
        if (depth_ != 3) return unexpected("a number");
        if (value > static_cast<Json::number_unsigned_t>((std::numeric_limits<Index>::max)()))
            return stop("the number " + std::to_string(value) + " leaves " + index_width + " integers");
        if (list_->size() == most_dimensions) return stop("a list of more than 64 numbers");
        list_->push_back(static_cast<Index>(value));
        return true;
    }

    bool string(std::string& text) {
        if (depth_ == 2 && metadata_) return true;
        if (depth_ != 2 || key_ != "dtype") return unexpected("a text");
        entries.back().type_name = text;
        return !std::exchange(entries.back().has_type, true) || stop("\"dtype\" twice");
    }

    bool start_object(std::size_t) {
        if (depth_ > 1) return unexpected("an object");
        if (++depth_ == 1) return true;
        metadata_ = key_ == "__metadata__";
        if (!metadata_) entries.emplace_back().name = key_;
        return true;
    }

    bool end_object() {
        if (--depth_ != 1 || metadata_) return true;
        const SafetensorsEntry& entry = entries.back();
        key_ = entry.name;
        if (!entry.has_type || !entry.has_shape || !entry.has_offsets || entry.offsets.size() != 2)
            return stop("\"dtype\", \"shape\" and two \"data_offsets\" must all be there");
        return true;
    }

    bool key(std::string& text) {
        key_ = text;
        return true;
    }

    bool start_array(std::size_t) {
        if (depth_ != 2 || metadata_ || (key_ != "shape" && key_ != "data_offsets")) return unexpected("a list");
        SafetensorsEntry& entry = entries.back();
        const bool shape = key_ == "shape";
        list_ = shape ? &entry.shape : &entry.offsets;
        if (std::exchange(shape ? entry.has_shape : entry.has_offsets, true)) return stop(in_quotes(key_) + " twice");
        depth_ = 3;
        return true;
    }

    bool end_array() {
        depth_ = 2;
        return true;
    }

    template <class Error>
    bool parse_error(std::size_t position, const std::string&, const Error&) {
        wrong = "no JSON at byte " + std::to_string(position);
        return false;
    }

  private:
    bool stop(const std::string& why) {
        const bool in_entry = depth_ > 1 && !metadata_ && !entries.empty();
        wrong = why + " at " + (in_entry ? in_quotes(entries.back().name) + ", " : "") + in_quotes(key_);
        return false;
    }
    bool unexpected(const char* what) { return stop(std::string(what) + " where none belongs"); }

    int depth_ = 0;  // 1: names, 2: a tensor's keys, 3: a list
    bool metadata_ = false;
    std::string key_;
    Extents* list_ = nullptr;
};

}  // namespace upconv::detail
