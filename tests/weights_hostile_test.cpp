// Files that lie: each is refused with a FileError, and nothing is allocated that only the file claims to need.
#include <sys/resource.h>

#include <random>
#include <upconv/weights.hpp>

#include "allocator.hpp"
#include "temporary.hpp"

namespace {

using upconv::FileError;
using upconv::Index;
using upconv::TensorFile;

std::string little(std::uint64_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i & 0xff);
    return text;
}

/// The refusal of f, which must not take memory: 1 GiB of addresses is all that there is.
template <class F>
std::string refused_in_little_memory(const F& f) {
    rlimit before{};
    getrlimit(RLIMIT_AS, &before);
    if (!allocator_aborts) {  // the address sanitizer has taken terabytes of them
        const rlimit little_memory{1 << 30, before.rlim_max};
        setrlimit(RLIMIT_AS, &little_memory);
    }
    const std::string text = refusal<FileError>(f);
    setrlimit(RLIMIT_AS, &before);
    return text;
}

/// The refusal of a file of these bytes.
std::string refused(const std::string& bytes) {
    const auto path = write_bytes("hostile", bytes);
    return refused_in_little_memory([&] { upconv::open_tensors(path); });
}

std::string safetensors(const std::string& header, const std::string& data = {}) {
    return little(header.size(), 8) + header + data;
}
std::string npy(const std::string& dictionary, const std::string& data = {}) {
    return std::string("\x93NUMPY\1\0", 8) + little(dictionary.size(), 2) + dictionary + data;
}
std::string npy_of(const std::string& shape, const std::string& data = {}, const std::string& type = "<f4") {
    return npy("{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }", data);
}
/// A tensor of safetensors: name, shape and where it begins and ends.
std::string entry(const std::string& name, const std::string& shape, const std::string& offsets,
                  const std::string& type = "F32") {
    return "\"" + name + R"(":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

TEST(Hostile, SafetensorsLengths) {
    EXPECT_HAS(refused(""), "too short");
    EXPECT_HAS(refused("1234567"), "too short");
    EXPECT_HAS(refused(little(std::uint64_t{1} << 60, 8) + "{}"), "1152921504606846976 bytes follows, but 2 do");
    EXPECT_HAS(refused(little(~std::uint64_t{0}, 8) + "{}"), "18446744073709551615");
    EXPECT_HAS(refused(safetensors("")), "must begin with {");
    EXPECT_HAS(refused(safetensors(" {}")), "must begin with {");
    EXPECT_HAS(refused(safetensors("{}", "more")), "4 bytes follow the last tensor");
    EXPECT_EQ(refused(safetensors("{}")), "");
}

TEST(Hostile, SafetensorsJson) {
    const std::string deep(1 << 20, '[');
    EXPECT_HAS(refused(safetensors("{\"a\":" + deep)), "a list where none belongs");
    std::string objects = "{";
    for (int i = 0; i < 100000; ++i) objects += "\"a\":{";
    EXPECT_HAS(refused(safetensors(objects)), "an object where none belongs");
    EXPECT_HAS(refused(safetensors("{\"__metadata__\":{\"a\":" + deep)), "a list where none belongs");
    for (const char* text : {"{", "{\"a\"", "{]", "{\"a\":1}", "{\"a\":null}", "{\"a\":{}}", "{} {}", "{\"\xff\":{}}",
                             "{\"a\":{\"dtype\":1}}", "{\"a\":{\"dtype\":\"F32\"}}", "{\"a\":{\"shape\":[[1]]}}",
                             "{\"a\":{\"shape\":[-1]}}", "{\"a\":{\"shape\":[1.5]}}", "{\"a\":{\"shape\":[1e3]}}",
                             "{\"a\":{\"shape\":[true]}}", "{\"a\":{\"shape\":[],\"shape\":[]}}",
                             "{\"a\":{\"data_offsets\":{}}}", "{\"a\":{\"other\":[]}}"})
        EXPECT_HAS(refused(safetensors(text)), "is damaged: ") << text;
    EXPECT_HAS(refused(safetensors("{" + entry("a", "[99999999999999999999]", "[0,4]") + "}")), "is damaged");
    EXPECT_HAS(refused(safetensors("{" + entry("a", "[9223372036854775808]", "[0,4]") + "}")), "leaves 64-bit");
    EXPECT_HAS(refused(safetensors("{" + entry("a", "[]", "[0,4,8]") + "}", "12345678")), "two \"data_offsets\"");
    std::string many = "[1";
    for (int i = 0; i < 64; ++i) many += ",1";
    EXPECT_HAS(refused(safetensors("{" + entry("a", many + "]", "[0,4]") + "}", "1234")), "more than 64 numbers");
}

TEST(Hostile, SafetensorsRanges) {
    const auto two = [](const std::string& a, const std::string& b) {
        return refused(
            safetensors("{" + entry("a", "[2]", a) + "," + entry("b", "[2]", b) + "}", std::string(16, '1')));
    };
    EXPECT_EQ(two("[0,8]", "[8,16]"), "");
    EXPECT_EQ(two("[8,16]", "[0,8]"), "");
    EXPECT_HAS(two("[0,8]", "[4,12]"), "data_offsets [4, 12] overlap those of another tensor, which end at 8");
    EXPECT_HAS(two("[0,8]", "[0,8]"), "overlap");
    EXPECT_HAS(two("[0,8]", "[9,16]"), "leave a gap");
    EXPECT_HAS(two("[0,8]", "[8,24]"), "leave the file");
    EXPECT_HAS(two("[8,0]", "[8,16]"), "end before they begin");
    EXPECT_HAS(two("[0,8]", "[8,12]"), "have 4 bytes, but F32 (2,) needs 8");
    EXPECT_HAS(refused(safetensors("{" + entry("a", "[1152921504606846976]", "[0,4]") + "}", "1234")),
               "have 4 bytes, but F32 (1152921504606846976,) needs 4611686018427387904");
    EXPECT_HAS(refused(safetensors("{" + entry("a", "[4294967296,4294967296]", "[0,0]") + "}")), "more than any file");
    EXPECT_HAS(refused(safetensors("{" + entry("a", "[0,4294967296,4294967296]", "[0,0]") + "}")),
               "more than any file");
    EXPECT_HAS(
        refused(safetensors("{" + entry("a", "[1]", "[0,4]") + "," + entry("a", "[1]", "[4,8]") + "}", "12345678")),
        "\"a\" is there twice");
    const auto path = write_bytes("other", safetensors("{" + entry("a", "[4]", "[0,4]", "F8_E4M3") + "}", "1234"));
    const TensorFile other = upconv::open_tensors(path);
    EXPECT_EQ(other.info("a").text(), "a F8_E4M3 (4,)");
    EXPECT_HAS(refusal<FileError>([&] { other.read<float, 1>("a"); }), "the type \"F8_E4M3\" cannot be read");
}

TEST(Hostile, Npy) {
    EXPECT_EQ(refused(npy_of("(1,)", "1234")), "");
    EXPECT_EQ(refused(npy_of("(1L, )", "1234")), "") << "Python 2";
    EXPECT_HAS(refused("\x93NUMPY"), "too short");
    EXPECT_HAS(refused(std::string("\x93NUMPY\4\0\0\0", 10)), "version 4");
    EXPECT_HAS(refused(std::string("\x93NUMPY\1\0\xff\xff{}", 12)), "says that it has 65535 bytes, but there are 2");
    EXPECT_HAS(refused(std::string("\x93NUMPY\2\0\xff\xff\xff\xff{}", 14)), "4294967295 bytes, but there are 2");
    EXPECT_HAS(refused(npy_of("(1152921504606846976,)", "1234")), "4611686018427387904 bytes, but 4 follow");
    EXPECT_HAS(refused(npy_of("(4294967296, 4294967296)", "1234")), "more than any file holds");
    EXPECT_HAS(refused(npy_of("(0, 4294967296, 4294967296)")), "more than any file holds");
    EXPECT_HAS(refused(npy_of("(99999999999999999999,)")), "leaves 64-bit integers");
    EXPECT_HAS(refused(npy_of("(2,)", "1234")), "8 bytes, but 4 follow");
    EXPECT_HAS(refused(npy_of("(1,)", "12345678")), "more than one array");
    std::string many = "(";
    for (int i = 0; i < 65; ++i) many += "1,";
    EXPECT_HAS(refused(npy_of(many + ")", "1234")), "more than 64 dimensions");
    for (const char* text :
         {"", "{", "{}", "{'descr'", "{'descr: 1}", "[]", "{'descr': '<f4', 'descr': '<f4'}", "{} 1",
          "{'shape': (-1,)}", "{'shape': ((1,),)}", "{'shape': 1}", "{'shape': (1", "{'other': 1}",
          "{'fortran_order': Maybe}", "{'fortran_order': 0}", "{'descr': [('a', [[", "{'descr': <f4}"})
        EXPECT_HAS(refused(npy(text)), "is damaged: ") << text;
}

/// A .npz with one entry of these bytes.
std::string npz(const std::string& bytes, bool deflated) {
    const auto path = folder() / "made.npz";
    zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
    zip_file_add(archive, "a.npy", zip_source_buffer(archive, bytes.data(), bytes.size(), 0), 0);
    zip_set_file_compression(archive, 0, deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
    zip_close(archive);
    return read_bytes(path);
}

/// The size that a zip's directory says an entry unpacks to; `claimed` instead.
std::string claiming(std::string archive, std::uint32_t claimed) {
    const std::size_t directory = archive.find("PK\1\2");
    archive.replace(directory + 24, 4, little(claimed, 4));
    return archive;
}

TEST(Hostile, Npz) {
    const std::string zeros(1 << 20, '\0'), million = npy_of("(262144,)", zeros);
    for (const bool deflated : {false, true}) {
        EXPECT_EQ(refused(npz(million, deflated)), "");
        EXPECT_HAS(refused(npz(npy_of("(1152921504606846976,)"), deflated)), "4611686018427387904 bytes, but 0 follow");
        EXPECT_HAS(refused(npz("no array", deflated)), "too short");
        EXPECT_HAS(refused(claiming(npz(million, deflated), 4000000000u)), "unpack to 4000000000, which they cannot");
        const std::string archive = npz(million, deflated);
        for (const std::size_t length : {archive.size() - 1, archive.size() / 2, std::size_t{30}, std::size_t{4}})
            EXPECT_HAS(refused(archive.substr(0, length)), "no zip archive");
    }
    EXPECT_HAS(refused("PK\3\4"), "no zip archive");
    EXPECT_HAS(refused(std::string("PK\5\6") + std::string(18, '\xff')), "no zip archive");

    // Within what deflate can do the directory may lie: then the header or the data say so.
    EXPECT_HAS(refused(claiming(npz(million, true), 1000000)), "1048576 bytes, but ");
    const std::string twice = npy_of("(131072,)", zeros);
    const auto claimed = static_cast<std::uint32_t>(twice.size() - zeros.size() / 2);
    const TensorFile file = upconv::open_npz(write_bytes("twice.npz", claiming(npz(twice, true), claimed)));
    EXPECT_HAS(refusal<FileError>([&] { file.read<float, 1>("a"); }), "twice.npz\": \"a.npy\": ");

    // As much as deflate could make of the packed bytes, which it does not: nothing of that size is allocated.
    std::mt19937_64 engine(1);
    std::string noise(1 << 20, '\0');
    for (char& byte : noise) byte = static_cast<char>(engine());
    const std::string huge = npy_of("(270000000,)", noise);
    const auto most = static_cast<std::uint32_t>(1080000000 + huge.size() - noise.size());
    const TensorFile lie = upconv::open_npz(write_bytes("huge.npz", claiming(npz(huge, true), most)));
    EXPECT_HAS(refused_in_little_memory([&] { lie.read<float, 1>("a"); }), "the array ends before what its sizes say");
}

TEST(Hostile, NpzChecksums) {
    std::string archive = npz(npy_of("(4,)", "0123456789abcdef"), false);
    archive[archive.find("0123456789abcdef")] = 'x';
    const TensorFile file = upconv::open_npz(write_bytes("crc.npz", archive));
    EXPECT_HAS(refusal<FileError>([&] { file.read<float, 1>("a"); }), "CRC error");
}

TEST(Hostile, AFileThatShrinks) {
    const auto path = write_bytes("shrinks", safetensors("{" + entry("a", "[2]", "[0,8]") + "}", "12345678"));
    const TensorFile file = upconv::open_tensors(path);
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 4);
    EXPECT_HAS(refusal<FileError>([&] { file.read<float, 1>("a"); }), "shorter");
}

/// Changes some bytes of a valid file, opens it, and reads all that it has. It is read or refused.
void mutate(const std::string& valid, const std::string& name, std::uint64_t seed, int rounds) {
    std::mt19937_64 engine(seed);
    const auto below = [&](std::size_t most) { return static_cast<std::size_t>(engine() % most); };
    int opened = 0;
    for (int round = 0; round < rounds; ++round) {
        std::string bytes = valid;
        for (std::size_t changes = 1 + below(4); changes-- > 0;) {
            const std::size_t at = below(2) ? below(bytes.size()) : below(std::min<std::size_t>(bytes.size(), 200));
            const std::size_t kind = below(6);
            if (kind == 0) bytes[at] = static_cast<char>(engine());
            if (kind == 1) bytes[at] = static_cast<char>(bytes[at] ^ 1 << below(8));
            if (kind == 2) bytes[at] = "0123456789{}[]()'\",:-\xff"[below(22)];
            if (kind == 3) bytes.erase(at, 1 + below(8));
            if (kind == 4) bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(40)));
            if (kind == 5) bytes.resize(std::max<std::size_t>(at, 1));
            if (bytes.empty()) bytes = "1";
        }
        try {
            const TensorFile file = upconv::open_tensors(write_bytes(name, bytes));
            ++opened;
            for (const upconv::TensorInfo& info : file.tensors()) {
                try {
                    if (info.shape.size() == 1) file.read<float, 1>(info.name);
                    if (info.shape.size() == 4) file.read<double, 4>(info.name);
                } catch (const FileError&) {
                } catch (const upconv::ShapeError&) {
                }
            }
        } catch (const FileError&) {
        }
    }
    EXPECT_LT(opened, rounds) << "some must have been refused";
}

#if !defined(ROUNDS)
#define ROUNDS 1000
#endif

TEST(Hostile, MutatedFiles) {
    upconv::Tensor4<float> weight(2, 3, 2, 2);
    weight.setConstant(0.5f);
    Eigen::Tensor<Eigen::half, 1> bias(3);
    bias.setConstant(Eigen::half(1));
    TensorFile one, both;
    one.add("up.weight", weight), both.add("up.weight", weight), both.add("up.bias", bias);
    upconv::write_npy(one, folder() / "one.npy");
    upconv::write_npz(both, folder() / "stored.npz");
    upconv::write_npz(both, folder() / "deflated.npz", upconv::ZipMethod::deflated);
    upconv::write_safetensors(both, folder() / "both.safetensors");
    std::uint64_t seed = 1;
    for (const char* name : {"one.npy", "stored.npz", "deflated.npz", "both.safetensors"})
        mutate(read_bytes(folder() / name), "mutated", seed++, ROUNDS);
}

}  // namespace
