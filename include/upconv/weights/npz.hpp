// NumPy's .npz: a zip archive with one .npy for each array. Needs libzip, and the program links it: -lzip.
#pragma once

#if !__has_include(<zip.h>)
#error \
    "npz.hpp needs libzip (Debian, Ubuntu: libzip-dev): install and link it, or include weights/npy.hpp, safetensors.hpp"
#include <upconv_needs_libzip>  // there is none, and so the compiler stops here: at one error, not at hundreds
#endif

#include <zip.h>

#include "npy_header.hpp"

namespace upconv {

/// How the arrays of a .npz are kept: numpy.savez stores them, numpy.savez_compressed deflates them.
enum class ZipMethod { stored, deflated };

}  // namespace upconv

namespace upconv::detail::inline UPCONV_BUILD {

/// An archive that stays open while tensors are read from it. One thread at a time goes through an entry.
class ZipArchive {
  public:
    explicit ZipArchive(const Path& path) : path_(InputFile(path).path()) {
        int code = 0;
        archive_.reset(zip_open(path_.c_str(), ZIP_RDONLY, &code));
        if (archive_) return;
        zip_error_t error;
        zip_error_init_with_code(&error, code);
        const std::string why = zip_error_strerror(&error);
        zip_error_fini(&error);
        refuse_file(in_quotes(path_), ": this is no zip archive that can be read, as a .npz is: ", why);
    }

    const std::string& path() const { return path_; }
    zip_uint64_t count() const { return static_cast<zip_uint64_t>(zip_get_num_entries(archive_.get(), 0)); }
    std::string label(std::string_view entry) const { return in_quotes(path_) + ": " + in_quotes(entry); }

    /// The name of an entry and how many bytes it says it unpacks to: not more than can come of those that are packed.
    std::pair<std::string, Index> entry(zip_uint64_t index) const {
        zip_stat_t stat;
        constexpr zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
        if (zip_stat_index(archive_.get(), index, 0, &stat) != 0 || (stat.valid & needed) != needed)
            refuse_file(in_quotes(path_), ": entry ", static_cast<Index>(index), " of the archive cannot be read");
        const bool deflated = stat.comp_method == ZIP_CM_DEFLATE;
        if (!deflated && stat.comp_method != ZIP_CM_STORE)
            refuse_file(label(stat.name), ": compression method ", Index(stat.comp_method),
                        " cannot be read; numpy.savez and savez_compressed write stored (0) and deflated (8) arrays");
        if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) && stat.encryption_method != ZIP_EM_NONE)
            refuse_file(label(stat.name), ": the array is encrypted; write the archive without a password");
        constexpr zip_uint64_t most_for_one = 1032;  // deflate: 258 bytes for 2 bits
        if (stat.size > static_cast<zip_uint64_t>((std::numeric_limits<Index>::max)()) ||
            (deflated ? stat.size / most_for_one > stat.comp_size : stat.size != stat.comp_size))
            refuse_file(label(stat.name), ": the archive says that ", std::to_string(stat.comp_size),
                        " bytes unpack to ", std::to_string(stat.size), ", which they cannot");
        return {stat.name, static_cast<Index>(stat.size)};
    }

    /// Calls f with a function that fills spans with the entry's next bytes, then with one that refuses what follows.
    template <class F>
    void unpack(zip_uint64_t index, const std::string& name, const F& f) const {
        const std::lock_guard lock(mutex_);
        const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(zip_fopen_index(archive_.get(), index, 0),
                                                                     zip_fclose);
        if (!file) refuse_file(label(name), ": ", std::string(zip_strerror(archive_.get())));
        const auto next = [&](std::span<std::byte> to) {
            const zip_int64_t got = zip_fread(file.get(), to.data(), to.size());
            if (got < 0) refuse_file(label(name), ": ", std::string(zip_file_strerror(file.get())));
            if (static_cast<std::size_t>(got) != to.size())
                refuse_file(label(name), ": the array ends before what its sizes say");
        };
        const auto end = [&] {  // libzip compares the checksum when it comes to the end
            char more;
            const zip_int64_t got = zip_fread(file.get(), &more, 1);
            if (got < 0) refuse_file(label(name), ": ", std::string(zip_file_strerror(file.get())));
            if (got > 0) refuse_file(label(name), ": the array goes on after what its sizes say");
        };
        f(next, end);
    }

  private:
    std::string path_;
    std::unique_ptr<zip_t, void (*)(zip_t*)> archive_{nullptr, zip_discard};
    mutable std::mutex mutex_;
};

/// What follows the first `begin` bytes of an entry, which is all of it. A packed megabyte may claim to be a gigabyte:
/// no more is allocated than twice what has come, and a block.
inline Bytes unpack_after(const ZipArchive& archive, zip_uint64_t index, const std::string& name, Index begin,
                          std::size_t size) {
    constexpr std::size_t block = 1 << 20;
    Bytes bytes;
    archive.unpack(index, name, [&](const auto& next, const auto& end) {
        Bytes header(static_cast<std::size_t>(begin));
        next(header);
        while (bytes.size() < size) {
            const std::size_t had = bytes.size();
            bytes.resize((std::min)(size, had + (std::max)(had, block)));
            next(std::span(bytes).subspan(had));
        }
        end();
    });
    return bytes;
}

/// Adds a .npy to an archive that is being written; the bytes must live until it is closed.
inline void add_entry(zip_t* archive, const std::string& label, const std::string& name, const Bytes& bytes,
                      ZipMethod method) {
    zip_source_t* source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
    const zip_int64_t index =
        source ? zip_file_add(archive, (name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8) : zip_int64_t(-1);
    if (index < 0) {
        if (source) zip_source_free(source);
        refuse_file(label, ": ", in_quotes(name), " cannot be added: ", std::string(zip_strerror(archive)));
    }
    const auto at = static_cast<zip_uint64_t>(index);
    constexpr zip_uint16_t january_1_1980 = 1 << 5 | 1;  // as NumPy dates them: the same tensors make the same file
    zip_set_file_compression(archive, at, method == ZipMethod::stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE, 0);
    zip_file_set_dostime(archive, at, 0, january_1_1980, 0);
}

}  // namespace upconv::detail

namespace upconv {

/// The arrays of a .npz, stored or deflated, named without ".npy". Entries that are no .npy are left out.
inline TensorFile open_npz(const std::filesystem::path& path) {
    const auto archive = std::make_shared<const detail::ZipArchive>(path);
    detail::StoredTensors tensors;
    for (zip_uint64_t i = 0; i < archive->count(); ++i) {
        const auto [entry, size] = archive->entry(i);
        constexpr std::string_view ending = ".npy";
        if (!entry.ends_with(ending)) continue;
        detail::NpyHeader header;
        archive->unpack(i, entry, [&, &entry = entry, &size = size](const auto& next, const auto&) {
            header = detail::read_npy_header(archive->label(entry), size, next);
        });
        header.tensor.fetch = [archive, i, name = entry, begin = header.bytes](std::size_t needed) {
            return detail::unpack_after(*archive, i, name, begin, needed);
        };
        if (!tensors.emplace(entry.substr(0, entry.size() - ending.size()), std::move(header.tensor)).second)
            detail::refuse_file(archive->label(entry), ": the archive has two arrays of this name");
    }
    return {archive->path(), std::move(tensors)};
}

/// Writes every tensor as NumPy would. An older file is replaced when the new one is complete.
inline void write_npz(const TensorFile& file, const std::filesystem::path& path, ZipMethod method = ZipMethod::stored) {
    const std::string label = detail::in_quotes(path.string());
    std::vector<std::pair<std::string, detail::Bytes>> entries;
    file.for_each([&](const std::string& name, const detail::StoredTensor& tensor) {
        const std::string header = detail::npy_header(label + ": " + detail::in_quotes(name), tensor);
        detail::Bytes bytes = tensor.bytes();
        const auto first = std::as_bytes(std::span(header));
        bytes.insert(bytes.begin(), first.begin(), first.end());
        entries.emplace_back(name, std::move(bytes));
    });
    int code = 0;
    std::unique_ptr<zip_t, void (*)(zip_t*)> archive(zip_open(path.string().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code),
                                                     zip_discard);
    if (!archive) detail::refuse_file(label, ": the file cannot be written; does its folder exist, and is it not one?");
    for (const auto& [name, bytes] : entries) detail::add_entry(archive.get(), label, name, bytes, method);
    if (zip_close(archive.get()) != 0)
        detail::refuse_file(label, ": the file cannot be written (", std::string(zip_strerror(archive.get())),
                            "); does its folder exist, and is there space?");
    archive.release();
}

}  // namespace upconv
