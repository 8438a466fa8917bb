// A tensor to each kind of file and back.
#include <cstdio>
#include <upconv/weights.hpp>

int main() {
    Eigen::Tensor<float, 1, Eigen::RowMajor> numbers(3);
    numbers.setValues({1, 2, 3});
    upconv::TensorFile file;
    file.add("numbers", numbers);
    for (const char* path : {"numbers.npy", "numbers.npz", "numbers.safetensors"}) {
        upconv::write_tensors(file, path);
        const auto back = upconv::open_tensors(path).read<float, 1>("numbers");
        for (int i = 0; i < 3; ++i) {
            if (back(i) == numbers(i)) continue;
            std::printf("%s: number %d is %g\n", path, i, double{back(i)});
            return 1;
        }
    }
    std::puts("3 numbers as expected, from 3 files");
}
