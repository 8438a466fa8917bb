// safetensors: 8 bytes for the length of a header, the header, and the bytes of all tensors, in the order of rows and
// least significant byte first. Needs nlohmann/json.
#pragma once

#include "safetensors_header.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

inline constexpr bool foreign_order = std::endian::native == std::endian::big;

/// The header's text, of which a file may have 100 MB, as the format's own library says.
inline std::string safetensors_text(const InputFile& file) {
    constexpr std::uint64_t most = 100'000'000;
    const std::string label = in_quotes(file.path());
    if (file.size() < 8) refuse_file(label, ": ", file.size(), " bytes are too short for safetensors");
    std::byte start[8];
    file.read(0, start);
    std::uint64_t length = 0;
    for (std::size_t i = 8; i-- > 0;) length = length << 8 | std::to_integer<std::uint64_t>(start[i]);
    const auto left = static_cast<std::uint64_t>(file.size() - 8);
    if (length > left || length > most)
        refuse_file(label, ": the first 8 bytes say that a header of ", std::to_string(length), " bytes follows, but ",
                    std::to_string(left), " do, and safetensors allow ", std::to_string(most),
                    "; is this safetensors?");
    std::string text(static_cast<std::size_t>(length), ' ');
    file.read(8, std::as_writable_bytes(std::span(text)));
    return text;
}

/// Refuses ranges that overlap, leave a gap, leave the file, or are of another size than type and shape say.
inline void check_ranges(const std::string& label, std::vector<SafetensorsEntry>& entries, Index size) {
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.offsets < b.offsets; });
    Index end = 0;
    for (const SafetensorsEntry& entry : entries) {
        const Index first = entry.offsets[0], last = entry.offsets[1];
        const std::string where =
            label + ": " + in_quotes(entry.name) + ": data_offsets [" + to_text(first) + ", " + to_text(last) + "] ";
        if (last < first) refuse_file(where, "end before they begin");
        if (last > size) refuse_file(where, "leave the file, which has ", size, " bytes of tensors; is it cut off?");
        if (first < end) refuse_file(where, "overlap those of another tensor, which end at ", end);
        if (first > end) refuse_file(where, "leave a gap after those of the tensor before, which end at ", end);
        end = last;
        const ElementType type = element_by(&ElementNames::safetensors, entry.type_name);
        if (type == ElementType::other) continue;
        const Checked needed = bytes_of(entry.shape, names_of(type).bytes);
        if (needed.overflow() || needed.value() != last - first)
            refuse_file(where, "have ", last - first, " bytes, but ", entry.type_name, " ",
                        text_of_extents(entry.shape), " needs ",
                        needed.overflow() ? "more than any file holds" : to_text(needed.value()));
    }
    if (end != size) refuse_file(label, ": ", size - end, " bytes follow the last tensor");
}

inline StoredTensor stored_in(const std::shared_ptr<const InputFile>& file, Index data, SafetensorsEntry&& entry) {
    const ElementType type = element_by(&ElementNames::safetensors, entry.type_name);
    return {.type = type,
            .type_name = type == ElementType::other ? entry.type_name : std::string(names_of(type).name),
            .shape = std::move(entry.shape),
            .columns_first = false,
            .swapped = foreign_order,
            .fetch = [file, begin = data + entry.offsets[0]](std::size_t size) { return file->bytes(begin, size); }};
}

/// The JSON of tensors that lie one after the other, padded so that the data begin at a multiple of 8.
inline std::string safetensors_header(const std::string& label,
                                      const std::vector<std::pair<std::string, const StoredTensor*>>& tensors) {
    using Json = nlohmann::json;
    Json header = Json::object();
    Index begin = 0;
    for (const auto& [name, tensor] : tensors) {
        const Json text = name;
        const auto length = [&](Json::error_handler_t on_error) { return text.dump(-1, ' ', false, on_error).size(); };
        if (name == "__metadata__" || length(Json::error_handler_t::ignore) != length(Json::error_handler_t::replace))
            refuse_file(label, ": ", in_quotes(name),
                        " cannot be a tensor's name in safetensors; use UTF-8, and not __metadata__");
        const ElementNames& names = names_of(tensor->type);
        const Index end = begin + bytes_of(tensor->shape, names.bytes).value();
        header[name] = {{"dtype", names.safetensors}, {"shape", tensor->shape}, {"data_offsets", {begin, end}}};
        begin = end;
    }
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
}

}  // namespace upconv::detail

namespace upconv {

/// The tensors of a safetensors file.
inline TensorFile open_safetensors(const std::filesystem::path& path) {
    const auto file = std::make_shared<const detail::InputFile>(path);
    const std::string label = detail::in_quotes(file->path());
    detail::SafetensorsHeader header;
    const std::string text = detail::safetensors_text(*file);
    if (text.empty() || text.front() != '{' || !nlohmann::json::sax_parse(text, &header))
        detail::refuse_file(label, ": the header of the safetensors is damaged: ",
                            header.wrong.empty() ? "it must begin with {" : header.wrong);
    const Index data = 8 + static_cast<Index>(text.size());
    detail::check_ranges(label, header.entries, file->size() - data);
    detail::StoredTensors tensors;
    for (detail::SafetensorsEntry& entry : header.entries) {
        const std::string name = entry.name;
        if (!tensors.emplace(name, detail::stored_in(file, data, std::move(entry))).second)
            detail::refuse_file(label, ": ", detail::in_quotes(name), " is there twice");
    }
    return {file->path(), std::move(tensors)};
}

/// Writes every tensor, the widest types first, so that each is aligned for its type. An older file is replaced when
/// the new one is complete.
inline void write_safetensors(const TensorFile& file, const std::filesystem::path& path) {
    std::vector<std::pair<std::string, const detail::StoredTensor*>> tensors;
    file.for_each(
        [&](const std::string& name, const detail::StoredTensor& stored) { tensors.emplace_back(name, &stored); });
    std::stable_sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
        return detail::names_of(a.second->type).bytes > detail::names_of(b.second->type).bytes;
    });
    const std::string header = detail::safetensors_header(detail::in_quotes(path.string()), tensors);
    std::byte length[8];
    for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<std::byte>(header.size() >> 8 * i & 0xff);
    detail::OutputFile to(path);
    to.write(length);
    to.write(header);
    for (const auto& [name, stored] : tensors) {
        detail::Bytes bytes = stored->bytes();
        if (detail::foreign_order) detail::swap_bytes(bytes, detail::names_of(stored->type).bytes);
        to.write(bytes);
    }
    to.finish();
}

}  // namespace upconv
