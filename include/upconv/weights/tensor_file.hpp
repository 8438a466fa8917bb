// TensorFile: tensors by name, those of an opened file or those to be written to one.
#pragma once

#include <algorithm>
#include <map>
#include <ostream>

#include "../tensor/tensor.hpp"
#include "file.hpp"
#include "similar_names.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// A tensor in a file: what the file says of it, checked against the file, and how its bytes are had.
struct StoredTensor {
    ElementType type = ElementType::other;
    std::string type_name;  // as the file has it
    Extents shape;
    bool columns_first = false, swapped = false;  // against the order of rows; against the machine's byte order
    std::function<Bytes(std::size_t)> fetch;      // as many bytes as shape and type make

    Bytes bytes() const {
        const Index element = names_of(type).bytes;
        Bytes bytes = fetch(static_cast<std::size_t>(bytes_of(shape, element).value()));
        if (swapped) swap_bytes(bytes, element);
        return columns_first ? rows_first(bytes, shape, element) : bytes;
    }
};

using StoredTensors = std::map<std::string, StoredTensor, std::less<>>;

template <class X>
concept TensorWithMemory = requires(const X& x) {
    x.data();
    x.dimensions();
    x.size();
};

}  // namespace upconv::detail

namespace upconv {

/// What a file says of one of its tensors. Prints as: decoder.up1.weight float32 (64, 32, 3, 3)
struct TensorInfo {
    std::string name;
    ElementType type;
    std::string type_name;  // float32, or for ElementType::other the file's own word
    std::vector<Index> shape;

    std::string text() const { return name + " " + type_name + " " + detail::text_of_extents(shape); }
    friend std::ostream& operator<<(std::ostream& to, const TensorInfo& info) { return to << info.text(); }
};

/// Tensors by name. Opening a file reads names, types and shapes; numbers are read when they are asked for, so the file
/// must stay as it is, and each copy of this object reads from the same one. Several threads may read.
class TensorFile {
  public:
    /// Of no file yet: add() tensors, or save() operators, and write it.
    TensorFile() = default;
    /// Made by open_tensors() and its kin.
    TensorFile(std::string path, detail::StoredTensors tensors)
        : path_(std::move(path)), tensors_(std::move(tensors)) {}

    /// Of the file that was opened; empty for none.
    const std::string& path() const { return path_; }
    /// Which one it is, as messages say.
    std::string where() const { return path_.empty() ? "TensorFile" : detail::in_quotes(path_); }
    bool contains(std::string_view name) const { return tensors_.find(name) != tensors_.end(); }
    TensorInfo info(std::string_view name) const { return described(name, find(name)); }
    /// All tensors, by their names' order.
    std::vector<TensorInfo> tensors() const {
        std::vector<TensorInfo> infos;
        for (const auto& [name, stored] : tensors_) infos.push_back(described(name, stored));
        return infos;
    }
    friend std::ostream& operator<<(std::ostream& to, const TensorFile& file) {
        for (const TensorInfo& info : file.tensors()) to << info << '\n';
        return to;
    }

    /// Its numbers as Scalar, whatever their type in the file: floating point is rounded, whole numbers must stay what
    /// they are. Refuses a tensor of another rank, and numbers that Scalar cannot hold.
    template <class Scalar, int Rank>
    Eigen::Tensor<Scalar, Rank, Eigen::RowMajor> read(std::string_view name) const {
        const detail::StoredTensor& stored = find(name);
        check_readable(name, stored);
        if (stored.shape.size() != Rank)
            detail::refuse(label(name), ": the tensor has the shape ", detail::text_of_extents(stored.shape),
                           " but was asked for with ", Index(Rank), " dimensions");
        Eigen::array<Index, Rank> dims;
        for (std::size_t k = 0; k < Rank; ++k) dims[k] = stored.shape[k];
        if (detail::bytes_of(stored.shape, sizeof(Scalar)).overflow())
            detail::refuse(label(name), ": the tensor ", detail::text_of_extents(stored.shape), " leaves ",
                           detail::index_width, " sizes in this scalar");
        const detail::Bytes bytes = stored.bytes();
        Eigen::Tensor<Scalar, Rank, Eigen::RowMajor> tensor(dims);
        const Index misfit = detail::convert(stored.type, bytes, tensor.data());
        if (misfit >= 0) refuse_number<Scalar>(name, stored, bytes, misfit);
        return tensor;
    }

    /// A copy of the tensor, an Eigen::Tensor or TensorMap of any rank and storage order, under a new name.
    template <detail::TensorWithMemory X>
    requires detail::StoredScalar<std::remove_cv_t<typename X::Scalar>>
    void add(std::string name, const X& tensor) {
        using Scalar = std::remove_cv_t<typename X::Scalar>;
        check_new(name);
        detail::Extents shape;
        for (std::size_t k = 0; k < X::NumDimensions; ++k) shape.push_back(tensor.dimensions()[k]);
        const auto from = std::as_bytes(std::span(tensor.data(), static_cast<std::size_t>(tensor.size())));
        auto bytes = std::make_shared<const detail::Bytes>(detail::storage_of<X> == Eigen::ColMajor
                                                               ? detail::rows_first(from, shape, sizeof(Scalar))
                                                               : detail::Bytes(from.begin(), from.end()));
        constexpr ElementType type = detail::stored_as<Scalar>();
        tensors_.emplace(std::move(name), detail::StoredTensor{.type = type,
                                                               .type_name = std::string(detail::names_of(type).name),
                                                               .shape = shape,
                                                               .fetch = [bytes](std::size_t) { return *bytes; }});
    }

    /// Refuses a name that cannot be added: an empty one, or one that is taken.
    void check_new(std::string_view name) const {
        if (name.empty()) detail::refuse_file(where(), ": a tensor needs a name to be added under; this one is empty");
        if (contains(name))
            detail::refuse_file(where(), ": there is a tensor ", detail::in_quotes(name),
                                " already; add this one under another name");
    }

    /// What the writers of files go over; refuses types that cannot be read.
    template <class F>
    void for_each(const F& f) const {
        for (const auto& [name, stored] : tensors_) check_readable(name, stored);
        for (const auto& [name, stored] : tensors_) f(name, stored);
    }

  private:
    static TensorInfo described(std::string_view name, const detail::StoredTensor& stored) {
        return {std::string(name), stored.type, stored.type_name, stored.shape};
    }
    std::string label(std::string_view name) const { return where() + ": " + detail::in_quotes(name); }

    const detail::StoredTensor& find(std::string_view name) const {
        const auto found = tensors_.find(name);
        if (found == tensors_.end())
            detail::refuse_file(where(), " has no tensor ", detail::in_quotes(name),
                                detail::similar_names(name, tensors_));
        return found->second;
    }

    void check_readable(std::string_view name, const detail::StoredTensor& stored) const {
        if (stored.type != ElementType::other) return;
        detail::refuse_file(
            label(name), ": the type ", detail::in_quotes(stored.type_name), " cannot be read",
            stored.type_name == "|V2" || stored.type_name == "<V2"
                ? "; NumPy writes bfloat16 so, without saying what it is: write it as float32, or as safetensors"
                : "; write float16, bfloat16, float32, float64, bool or integers");
    }

    template <class Scalar>
    [[noreturn]] void refuse_number(std::string_view name, const detail::StoredTensor& stored,
                                    const detail::Bytes& bytes, Index at) const {
        double value = 0;
        const auto size = static_cast<std::size_t>(detail::names_of(stored.type).bytes);
        detail::convert(stored.type, std::span(bytes).subspan(static_cast<std::size_t>(at) * size, size), &value);
        detail::refuse(label(name), ": number ", at, " of the tensor is ", value, ", which ",
                       std::integral<Scalar> ? "an integer scalar of " : "a floating-point scalar of ",
                       Index(sizeof(Scalar)), " bytes cannot hold; use an operator of another scalar");
    }

    std::string path_;
    detail::StoredTensors tensors_;
};

}  // namespace upconv
