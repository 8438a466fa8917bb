#include "autoencoder.hpp"

#include <stdexcept>
#include <vector>

#include "layer.hpp"

namespace {

constexpr Index code_channels = 4;
constexpr Index encoder_layers = 2;
constexpr auto relu = upconv::Activation::relu, sigmoid = upconv::Activation::sigmoid;

/// Layers, each made for the output of the one before.
class Chain {
  public:
    Chain(const upconv::Dims& input, std::uint64_t seed) : shape_(input), seed_(seed) {}

    /// Weights by He et al. 2015; their seed is that of the chain and the layer's number.
    template <class Op>
    void add(const std::string& name, Op op) {
        const std::uint64_t number = layers_.size();
        upconv::init::kaiming_uniform(op, {.seed = 100 * seed_ + number});
        const upconv::GradientOptions wanted{.input = number > 0};  // nobody asks for the gradient of the pictures
        layers_.emplace_back(FilterLayer<Op>(name, op, shape_, wanted));
        shape_ = op.output_shape(shape_);
    }
    void add(const Resize& op) {
        layers_.emplace_back(ResizeLayer(op, shape_));
        shape_ = op.output_shape(shape_);
    }

    std::vector<Layer> layers() && { return std::move(layers_); }

  private:
    upconv::Dims shape_;
    std::uint64_t seed_;
    std::vector<Layer> layers_;
};

void add_encoder(Chain& chain) {
    chain.add("encoder.0",
              Conv({.in_channels = 1, .out_channels = 16, .kernel = 3, .stride = 2, .padding = 1, .activation = relu}));
    chain.add("encoder.1",
              Conv({.in_channels = 16, .out_channels = code_channels, .kernel = 3, .stride = 2, .padding = 1}));
}

/// Doubles height and width. With kernel 3 an output is reached by 1, 2 or 4 taps in turn, with kernel 4 by 4 always.
Transposed transposed(Index kernel, Index in, Index out, const upconv::Activation& activation) {
    return Transposed({.in_channels = in,
                       .out_channels = out,
                       .kernel = kernel,
                       .stride = 2,
                       .padding = 1,
                       .output_padding = kernel == 3 ? 1 : 0,
                       .activation = activation});
}

void add_decoder(Chain& chain, const DecoderInfo& info) {
    const Index middle = info.channels;
    if (info.decoder == Decoder::resize) {
        const Resize twice({.scale = 2, .mode = upconv::Interpolation::nearest});
        const auto conv = [](Index in, Index out, const upconv::Activation& activation) {
            return Conv({.in_channels = in, .out_channels = out, .kernel = 3, .padding = 1, .activation = activation});
        };
        chain.add(twice);
        chain.add("decoder.0", conv(code_channels, middle, relu));
        chain.add(twice);
        chain.add("decoder.1", conv(middle, 1, sigmoid));
    } else {
        const Index kernel = info.decoder == Decoder::transposed_k3 ? 3 : 4;
        chain.add("decoder.0", transposed(kernel, code_channels, middle, relu));
        chain.add("decoder.1", transposed(kernel, middle, 1, sigmoid));
    }
}

Index parameters(std::span<const Layer> layers) {
    Index sum = 0;
    for (const Layer& layer : layers) sum += std::visit([](const auto& l) { return l.op().parameter_count(); }, layer);
    return sum;
}

TrainingOptions read_options(const upconv::TensorFile& file, long& step) {
    const auto numbers = file.read<std::int64_t, 1>("training");
    if (numbers.size() != 3 || numbers(0) < 0 || numbers(1) < 1 || numbers(1) > most_in_batch || numbers(2) < 0)
        throw std::runtime_error(file.path() + ": its tensor 'training' is no step, batch and seed that can be");
    step = static_cast<long>(numbers(0));
    return {.batch = numbers(1), .seed = static_cast<std::uint64_t>(numbers(2))};
}

}  // namespace

struct Autoencoder::State {
    TrainingOptions options;
    std::vector<Layer> layers;
    Images grad_y;
    long step = 0;

    State(const DecoderInfo& info, const TrainingOptions& o) : options(o), grad_y(o.batch, side, side, 1) {
        Chain chain({o.batch, side, side, 1}, o.seed);
        add_encoder(chain);
        add_decoder(chain, info);
        layers = std::move(chain).layers();
    }
};

Autoencoder::Autoencoder(const DecoderInfo& info, const TrainingOptions& options)
    : state_(std::make_unique<State>(info, options)) {}

Autoencoder Autoencoder::load(const DecoderInfo& info, const std::filesystem::path& path) {
    const upconv::TensorFile file = upconv::open_tensors(path);
    long step = 0;
    Autoencoder loaded(info, read_options(file, step));
    loaded.state_->step = step;
    for (Layer& layer : loaded.state_->layers) std::visit([&](auto& l) { l.load(file); }, layer);
    return loaded;
}

Autoencoder::~Autoencoder() = default;
Autoencoder::Autoencoder(Autoencoder&&) noexcept = default;

const TrainingOptions& Autoencoder::options() const { return state_->options; }
long Autoencoder::step() const { return state_->step; }
Index Autoencoder::encoder_parameters() const { return parameters(std::span(state_->layers).first(encoder_layers)); }
Index Autoencoder::decoder_parameters() const { return parameters(std::span(state_->layers).subspan(encoder_layers)); }

Images Autoencoder::operator()(const Images& x, const Device& device) const {
    Images y = x;
    for (const Layer& layer : state_->layers) y = std::visit([&](const auto& l) { return l.op()(y, device); }, layer);
    return y;
}

double Autoencoder::learn(const Images& x, const Device& device) {
    std::vector<Layer>& layers = state_->layers;
    std::vector<const Images*> values{&x};  // what each layer was given, and what the last one gave
    for (Layer& layer : layers)
        values.push_back(
            &std::visit([&](auto& l) -> const Images& { return l.forward(*values.back(), device); }, layer));

    const Images& y = *values.back();
    Images& grad_y = state_->grad_y;  // of the mean squared error
    grad_y = (y - x) * (2.0f / static_cast<float>(x.size()));

    const Images* grad = &grad_y;
    for (std::size_t k = layers.size(); k-- > 0;)
        grad = &std::visit([&](auto& l) -> const Images& { return l.backward(*values[k], *grad, device); }, layers[k]);

    const AdamOptions adam;
    ++state_->step;
    const double loss = squared_error(y, x) / static_cast<double>(x.size());
    for (Layer& layer : layers) std::visit([&](auto& l) { l.learn(adam, state_->step); }, layer);
    return loss;
}

void Autoencoder::save(const std::filesystem::path& path) const {
    upconv::TensorFile file;
    for (const Layer& layer : state_->layers) std::visit([&](const auto& l) { l.save(file); }, layer);
    Eigen::Tensor<std::int64_t, 1> numbers(3);
    numbers.setValues({state_->step, state_->options.batch, static_cast<std::int64_t>(state_->options.seed)});
    file.add("training", numbers);
    upconv::write_tensors(file, path);
}

double squared_error(const Images& a, const Images& b) {
    double sum = 0;
    for (Index i = 0; i < a.size(); ++i) {
        const double d = double{a.data()[i]} - double{b.data()[i]};
        sum += d * d;
    }
    return sum;
}
