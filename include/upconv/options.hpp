// The options of the operators.
#pragma once

#include "options/filter_options.hpp"
#include "options/gradient_options.hpp"
#include "options/shuffle_order.hpp"
#include "options/upsampling2d_options.hpp"
