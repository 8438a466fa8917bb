// ShuffleOrder: how pixel_shuffle() counts channels.
#pragma once

namespace upconv {

/// How the channels of a pixel shuffle are counted: r x r positions of a block, c channels.
enum class ShuffleOrder {
    crr,  // channel by channel: PyTorch, ONNX's CRD
    rrc,  // position by position: TensorFlow's depth_to_space, ONNX's DCR, its default
};

}  // namespace upconv
