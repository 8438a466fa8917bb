// A folder for a test's files, and files of given bytes in it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

/// Of this process alone, and gone with it.
inline const std::filesystem::path& folder() {
    struct Folder {
        std::filesystem::path path =
            std::filesystem::temp_directory_path() / ("upconv-weights-" + std::to_string(getpid()));
        Folder() { std::filesystem::create_directories(path); }
        Folder(const Folder&) = delete;
        ~Folder() { std::filesystem::remove_all(path); }
    };
    static const Folder folder;
    return folder.path;
}

inline std::filesystem::path write_bytes(const std::string& name, std::string_view bytes) {
    const std::filesystem::path path = folder() / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}

inline std::string read_bytes(const std::filesystem::path& path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
}

/// What `call` throws as an Error, as text; nothing, if it throws nothing or something else.
template <class Error, class F>
std::string refusal(const F& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << "in: " << (text)
