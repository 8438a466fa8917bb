// upconv: Conv2d, ConvTranspose2d and UpSampling2d over Eigen tensors. This header includes all of it but weights.hpp,
// which reads and writes files and needs other libraries for that.
#pragma once

#include "adapters.hpp"
#include "batch_norm.hpp"
#include "conv2d.hpp"
#include "conv_transpose2d.hpp"
#include "init.hpp"
#include "inspect.hpp"
#include "options.hpp"
#include "pixel_shuffle.hpp"
#include "upsampling2d.hpp"
