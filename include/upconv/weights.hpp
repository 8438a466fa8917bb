// Weights in and out: NumPy's .npy and .npz, and safetensors. upconv.hpp does not include it, since it needs libzip and
// nlohmann/json, and the program links libzip: in CMake upconv::weights, in pkg-config upconv-weights. The headers in
// weights/ need less: npy.hpp nothing, npz.hpp libzip, safetensors.hpp nlohmann/json; each with load.hpp.
#pragma once

#include "batch_norm.hpp"
#include "conv2d.hpp"
#include "conv_transpose2d.hpp"
#include "weights/load.hpp"
#include "weights/npy.hpp"
#include "weights/npz.hpp"
#include "weights/safetensors.hpp"

namespace upconv {

/// Opens a .npy, .npz or safetensors file. Its first bytes say which it is.
inline TensorFile open_tensors(const std::filesystem::path& path) {
    const detail::InputFile file(path);
    std::byte start[6] = {};
    file.read(0, std::span(start, static_cast<std::size_t>(std::min<Index>(file.size(), 6))));
    const std::string_view first(reinterpret_cast<const char*>(start), sizeof start);
    if (first == detail::npy_magic) return open_npy(path);
    if (first.starts_with("PK\3\4") || first.starts_with("PK\5\6")) return open_npz(path);
    return open_safetensors(path);
}

/// Writes .npy, .npz (stored) or .safetensors. The end of the name says which.
inline void write_tensors(const TensorFile& file, const std::filesystem::path& path) {
    const std::filesystem::path end = path.extension();
    if (end == ".npy") return write_npy(file, path);
    if (end == ".npz") return write_npz(file, path);
    if (end == ".safetensors") return write_safetensors(file, path);
    detail::refuse_file(detail::in_quotes(path.string()),
                        ": the name must end in .npy, .npz or .safetensors; for another "
                        "use write_npy(), write_npz() or write_safetensors()");
}

/// The weights of one operator out of a file.
template <detail::OperatorWithWeights Op>
void load(Op& op, const std::filesystem::path& path, std::string_view name) {
    load(op, open_tensors(path), name);
}

}  // namespace upconv
