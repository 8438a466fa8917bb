// rewrite FROM TO: every tensor of one file into another, in the format that the other's name asks for.
#include <iostream>
#include <upconv/weights.hpp>

int main(int count, char** arguments) {
    if (count != 3) return 2;
    try {
        const upconv::TensorFile file = upconv::open_tensors(arguments[1]);
        std::cout << file;
        upconv::write_tensors(file, arguments[2]);
    } catch (const std::exception& refused) {
        std::cerr << refused.what() << '\n';
        return 1;
    }
}
