// Files as bytes: read by ranges, written as a whole or not at all.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>

#include "element.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

using Path = std::filesystem::path;

/// Stays open while tensors are read from it; several threads may read.
class InputFile {
  public:
    explicit InputFile(const Path& path) : path_(path.string()) {
        std::error_code failed;
        if (!std::filesystem::is_regular_file(path, failed))
            refuse_file(in_quotes(path_), ": there is no such file, or it is a folder or a device");
        const std::uintmax_t size = std::filesystem::file_size(path, failed);
        stream_.open(path, std::ios::binary);
        if (failed || !stream_ || size > static_cast<std::uintmax_t>((std::numeric_limits<Index>::max)()))
            refuse_file(in_quotes(path_), ": the file cannot be opened for reading; are its permissions right?");
        size_ = static_cast<Index>(size);
    }

    const std::string& path() const { return path_; }
    Index size() const { return size_; }

    /// Fills `to` with what begins at `offset`. The range must lie in the file.
    void read(Index offset, std::span<std::byte> to) const {
        const std::lock_guard lock(mutex_);
        stream_.clear();
        stream_.seekg(offset);
        stream_.read(reinterpret_cast<char*>(to.data()), static_cast<std::streamsize>(to.size()));
        if (!stream_)
            refuse_file(in_quotes(path_), ": the file has become shorter since it was opened, or cannot be read");
    }
    Bytes bytes(Index offset, std::size_t size) const {
        Bytes bytes(size);
        read(offset, bytes);
        return bytes;
    }

  private:
    std::string path_;
    Index size_ = 0;
    mutable std::ifstream stream_;
    mutable std::mutex mutex_;
};

/// A file that takes its name when it is finished. Until then, and for ever if something fails, an older file of that
/// name stays as it was.
class OutputFile {
  public:
    explicit OutputFile(const Path& path) : path_(path), part_(path) {
        part_ += ".part";
        stream_.open(part_, std::ios::binary | std::ios::trunc);
        if (!stream_) refuse_file(in_quotes(part_.string()), ": the file cannot be written; does its folder exist?");
    }
    OutputFile(const OutputFile&) = delete;
    ~OutputFile() {
        if (!stream_.is_open()) return;
        stream_.close();
        std::error_code ignored;
        std::filesystem::remove(part_, ignored);
    }

    void write(std::span<const std::byte> bytes) {
        stream_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }
    void write(std::string_view text) { write(std::as_bytes(std::span(text))); }

    void finish() {
        std::error_code failed;
        if (stream_.flush()) std::filesystem::rename(part_, path_, failed);
        if (!stream_ || failed)
            refuse_file(in_quotes(path_.string()),
                        ": the file cannot be written; is there space, and is it not a folder?");
        stream_.close();
    }

  private:
    Path path_, part_;
    std::ofstream stream_;
};

}  // namespace upconv::detail
