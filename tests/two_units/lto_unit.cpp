// Built twice with UNIT and other flags, for link-time optimisation, which warns of a type that is not the same in
// both. The kernels that hold vectors in types are here: a transposition's, and the lambdas of resizing.
#include <upconv/kernel/move.hpp>
#include <upconv/engine/vector_resize.hpp>

float UNIT(const float* from, float* to) {
    using namespace upconv;
    using namespace upconv::detail;
    const Shape4 input{1, 2, 3, 20}, output{1, 2, 6, 40};
    const View<const float> x{from, input, contiguous(input)};
    const ResizeRule rule{.mode = Interpolation::bilinear};
    const ResizeTable rows = resize_table({3, 6, std::nullopt}, rule),
                      columns = resize_table({20, 40, std::nullopt}, rule);
    VectorResize<float>(input, rows, columns, RowOf4::one_channel).run(x, {to, output, contiguous(output)}, Executor());
    run_on(best_isa(), PackRow<float, float>{x, {0, 0, 2, 0, 0, 20}, to});
    return to[0];
}
