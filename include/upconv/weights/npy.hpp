// NumPy's .npy: one array a file. Needs nothing but the standard library.
#pragma once

#include "npy_header.hpp"

namespace upconv {

/// The array of a .npy, named as the file is, without its folder and ".npy". Either storage order, either byte order.
inline TensorFile open_npy(const std::filesystem::path& path) {
    const auto file = std::make_shared<const detail::InputFile>(path);
    Index at = 0;
    detail::NpyHeader header =
        detail::read_npy_header(detail::in_quotes(file->path()), file->size(), [&](std::span<std::byte> to) {
            file->read(at, to);
            at += static_cast<Index>(to.size());
        });
    header.tensor.fetch = [file, begin = header.bytes](std::size_t size) { return file->bytes(begin, size); };
    const bool named = path.extension() == ".npy";
    detail::StoredTensors tensors;
    tensors.emplace((named ? path.stem() : path.filename()).string(), std::move(header.tensor));
    return {file->path(), std::move(tensors)};
}

/// Writes the one tensor of `file`, in the order of rows. An older file is replaced when the new one is complete.
inline void write_npy(const TensorFile& file, const std::filesystem::path& path) {
    const std::string label = detail::in_quotes(path.string());
    if (const std::size_t count = file.tensors().size(); count != 1)
        detail::refuse_file(label, ": a .npy holds one tensor, not ", static_cast<Index>(count),
                            "; write a .npz or safetensors");
    file.for_each([&](const std::string&, const detail::StoredTensor& tensor) {
        const std::string header = detail::npy_header(label, tensor);
        const detail::Bytes bytes = tensor.bytes();
        detail::OutputFile to(path);
        to.write(header);
        to.write(bytes);
        to.finish();
    });
}

}  // namespace upconv
