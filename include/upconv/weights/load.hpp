// load() and save(): the weights of an operator by name, as PyTorch names them: name.weight and name.bias.
#pragma once

#include "fitting_order.hpp"
#include "tensor_file.hpp"

namespace upconv::detail::inline UPCONV_BUILD {

/// Conv2d or ConvTranspose2d.
template <class Op>
concept OperatorWithWeights = requires(Op& op) {
    op.weight();
    op.bias();
    op.options().groups;
    Op::direction;
};

inline std::string member(std::string_view name, const char* what) {
    return name.empty() ? what : std::string(name) + "." + what;
}

/// The end of a message about a missing weight: Keras and Flax call it a kernel.
inline std::string named_kernel(std::string_view name, const TensorFile& file) {
    for (const char* end : {".kernel", "/kernel", "/kernel:0", ".kernel:0"})
        if (const std::string kernel = std::string(name) + end; file.contains(kernel))
            return "; it has " + in_quotes(kernel) +
                   ", as Keras and Flax call it: read that, and op.weight() = weights_from_keras(...), or for a "
                   "ConvTranspose2d from Flax weights_from_flax(op, ...)";
    return {};
}

template <class Op>
TensorInfo checked_weight(const Op& op, const TensorFile& file, std::string_view name) {
    const std::string weight = member(name, "weight");
    if (!file.contains(weight))
        if (const std::string kernel = named_kernel(name, file); !kernel.empty())
            refuse_file(file.where(), " has no tensor ", in_quotes(weight), kernel);
    const TensorInfo info = file.info(weight);
    const Extents ours = weight_extents<Op>(op.options());
    if (info.shape != ours)
        refuse(Op::name, ": ", in_quotes(weight), " has the shape ", text_of_extents(info.shape), " but must have ",
               text_of_extents(ours),
               Op::direction == Direction::to_fine ? ", [in, out / groups, kh, kw]" : ", [out, in / groups, kh, kw]",
               fitting_orders<Op>(op.options(), info.shape, weight));
    return info;
}

template <class Op>
void check_bias(const Op& op, const TensorFile& file, std::string_view name) {
    const std::string bias = member(name, "bias");
    if (!op.options().bias) {
        if (file.contains(bias))
            refuse(Op::name, ": the file has ", in_quotes(bias), ", but the options say bias = false; leave that out");
        return;
    }
    if (!file.contains(bias))
        refuse_file(file.where(), " has no tensor ", in_quotes(bias), ", though it has ",
                    in_quotes(member(name, "weight")),
                    "; for a layer without bias make the operator with .bias = false");
    const Extents ours{op.options().out_channels};
    if (const Extents shape = file.info(bias).shape; shape != ours)
        refuse(Op::name, ": ", in_quotes(bias), " has the shape ", text_of_extents(shape), " but must have ",
               text_of_extents(ours), ", one number an output channel");
}

}  // namespace upconv::detail

namespace upconv {

/// name.weight, and name.bias if the operator has one, out of a file and into the operator, as its scalar. Refuses what
/// does not fit, saying why and what would; the operator is then as it was.
template <detail::OperatorWithWeights Op>
void load(Op& op, const TensorFile& file, std::string_view name) {
    const std::string weight_name = detail::checked_weight(op, file, name).name;
    detail::check_bias(op, file, name);
    auto weight = file.read<typename Op::Scalar, 4>(weight_name);
    typename Op::Bias bias;
    if (op.options().bias) bias = file.read<typename Op::Scalar, 1>(detail::member(name, "bias"));
    op.weight() = std::move(weight);
    op.bias() = std::move(bias);
}

/// The way back: adds name.weight, and name.bias if the operator has one, to the tensors of `file`.
template <detail::OperatorWithWeights Op>
void save(const Op& op, TensorFile& file, std::string_view name) {
    op.check_parameters();
    file.check_new(detail::member(name, "weight"));
    file.check_new(detail::member(name, "bias"));
    file.add(detail::member(name, "weight"), op.weight());
    if (op.options().bias) file.add(detail::member(name, "bias"), op.bias());
}

}  // namespace upconv
