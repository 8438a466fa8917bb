// The types of numbers that files hold: their names, their bytes, and their values as numbers of an operator.
#pragma once

#include <bit>
#include <cmath>
#include <complex>
#include <cstring>
#include <span>
#include <utility>

#include "../tensor/scalar.hpp"
#include "file_error.hpp"

namespace upconv {

/// `other`: a type that this library cannot read. It is listed, and refused when it is asked for.
enum class ElementType { f16, bf16, f32, f64, i8, i16, i32, i64, u8, u16, u32, u64, boolean, other };

}  // namespace upconv

namespace upconv::detail::inline UPCONV_BUILD {

using Bytes = std::vector<std::byte>;

/// A type by its names: in words, in .npy (none for bfloat16) and in safetensors.
struct ElementNames {
    ElementType type;
    Index bytes;
    std::string_view name, npy, safetensors;
};
inline constexpr ElementNames element_names[] = {
    {ElementType::f16, 2, "float16", "f2", "F16"},  {ElementType::bf16, 2, "bfloat16", "", "BF16"},
    {ElementType::f32, 4, "float32", "f4", "F32"},  {ElementType::f64, 8, "float64", "f8", "F64"},
    {ElementType::i8, 1, "int8", "i1", "I8"},       {ElementType::i16, 2, "int16", "i2", "I16"},
    {ElementType::i32, 4, "int32", "i4", "I32"},    {ElementType::i64, 8, "int64", "i8", "I64"},
    {ElementType::u8, 1, "uint8", "u1", "U8"},      {ElementType::u16, 2, "uint16", "u2", "U16"},
    {ElementType::u32, 4, "uint32", "u4", "U32"},   {ElementType::u64, 8, "uint64", "u8", "U64"},
    {ElementType::boolean, 1, "bool", "b1", "BOOL"}};

/// The names of a type that can be read.
inline const ElementNames& names_of(ElementType type) { return element_names[static_cast<std::size_t>(type)]; }

inline ElementType element_by(std::string_view ElementNames::*key, std::string_view name) {
    for (const ElementNames& row : element_names)
        if (!name.empty() && row.*key == name) return row.type;
    return ElementType::other;
}

template <class T>
struct Tag {
    using type = T;
};

/// Calls f with the C++ type that holds the numbers of `type`. A bool is a byte: in a file it may have any value.
template <class F>
void with_element(ElementType type, const F& f) {
    switch (type) {
        case ElementType::f16:
            return f(Tag<Eigen::half>{});
        case ElementType::bf16:
            return f(Tag<Eigen::bfloat16>{});
        case ElementType::f32:
            return f(Tag<float>{});
        case ElementType::f64:
            return f(Tag<double>{});
        case ElementType::i8:
            return f(Tag<std::int8_t>{});
        case ElementType::i16:
            return f(Tag<std::int16_t>{});
        case ElementType::i32:
            return f(Tag<std::int32_t>{});
        case ElementType::i64:
            return f(Tag<std::int64_t>{});
        case ElementType::boolean:
        case ElementType::u8:
            return f(Tag<std::uint8_t>{});
        case ElementType::u16:
            return f(Tag<std::uint16_t>{});
        case ElementType::u32:
            return f(Tag<std::uint32_t>{});
        case ElementType::u64:
            return f(Tag<std::uint64_t>{});
        case ElementType::other:
            return;
    }
}

/// How a scalar is written: floating point and whole numbers as they are.
template <class T>
constexpr ElementType stored_as() {
    if constexpr (std::is_same_v<T, Eigen::half>) return ElementType::f16;
    if constexpr (std::is_same_v<T, Eigen::bfloat16>) return ElementType::bf16;
    if constexpr (std::is_same_v<T, float>) return ElementType::f32;
    if constexpr (std::is_same_v<T, double>) return ElementType::f64;
    if constexpr (std::is_same_v<T, bool>) return ElementType::boolean;
    if constexpr (std::integral<T> && !std::is_same_v<T, bool>) {
        constexpr int size = std::bit_width(sizeof(T)) - 1;
        return static_cast<ElementType>(static_cast<int>(std::is_signed_v<T> ? ElementType::i8 : ElementType::u8) +
                                        size);
    }
    return ElementType::other;
}

/// A scalar that files have a type for.
template <class T>
concept StoredScalar = stored_as<T>()
!= ElementType::other && sizeof(T) <= 8;

/// From one byte order to the other, in place.
inline void swap_bytes(std::span<std::byte> bytes, Index element) {
    const auto size = static_cast<std::size_t>(element);
    for (std::size_t i = 0; i + size <= bytes.size(); i += size)
        for (std::size_t j = 0; j < size / 2; ++j) std::swap(bytes[i + j], bytes[i + size - 1 - j]);
}

/// Whether `value` is a number that `To` holds, or comes near to: whole numbers must stay what they are, and none may
/// become infinite.
template <class To, class From>
bool fits(const From& value) {
    if constexpr (std::is_same_v<To, bool> && std::integral<From>) {
        return value == From(0) || value == From(1);
    } else if constexpr (std::integral<To> && std::integral<From>) {
        return std::in_range<To>(value);
    } else if constexpr (std::integral<To>) {
        const auto number = static_cast<double>(value);
        return holds<To>(number) && number == std::trunc(number);
    } else if constexpr (StoredScalar<To>) {
        const auto number = static_cast<double>(value);
        return !std::isfinite(number) || std::isfinite(static_cast<double>(static_cast<To>(number)));
    } else {
        return true;
    }
}

template <class To, class From>
To as_scalar(const From& value) {
    if constexpr (std::integral<To> && std::integral<From>)
        return static_cast<To>(value);
    else if constexpr (std::is_same_v<To, From>)
        return value;
    else
        return number<To>(static_cast<double>(value));
}

/// Numbers of `type` in the machine's byte order as scalars. The index of the first that does not fit, or -1.
template <class To>
Index convert(ElementType type, std::span<const std::byte> from, To* to) {
    Index misfit = -1;
    with_element(type, [&]<class From>(Tag<From>) {
        const auto count = static_cast<Index>(from.size() / sizeof(From));
        for (Index i = 0; i < count && misfit < 0; ++i) {
            From value;
            std::memcpy(&value, from.data() + static_cast<std::size_t>(i) * sizeof(From), sizeof(From));
            if (fits<To>(value))
                to[i] = as_scalar<To>(value);
            else
                misfit = i;
        }
    });
    return misfit;
}

/// From the order of columns to that of rows: what lies at sum_k index_k prod_(j < k) extents_j goes to the order in
/// which the last index runs fastest.
inline Bytes rows_first(std::span<const std::byte> from, const Extents& extents, Index element) {
    Bytes to(from.size());
    const auto size = static_cast<std::size_t>(element);
    Extents index(extents.size(), 0), stride(extents.size(), 1);
    for (std::size_t k = 1; k < extents.size(); ++k) stride[k] = stride[k - 1] * extents[k - 1];
    Index at = 0;
    for (std::size_t i = 0; i + size <= to.size(); i += size) {
        std::memcpy(to.data() + i, from.data() + static_cast<std::size_t>(at) * size, size);
        for (std::size_t k = extents.size(); k-- > 0;) {
            at += stride[k];
            if (++index[k] < extents[k]) break;
            at -= stride[k] * extents[k];
            index[k] = 0;
        }
    }
    return to;
}

}  // namespace upconv::detail
