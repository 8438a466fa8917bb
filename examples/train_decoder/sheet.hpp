// The pictures that the example writes.
#pragma once

#include <vector>

#include "picture.hpp"
#include "training.hpp"

/// Test pictures, and what each decoder makes of them before, during and after its training.
Picture draw_reconstructions(const Images& originals, const std::vector<Course>& courses);

/// Mean squared error by steps.
Picture draw_losses(const std::vector<Course>& courses);

enum class When { during, after };

/// The energy of the decoders' outputs by frequency, beside that of the data.
Picture draw_spectrum(const Spectrum& data, const std::vector<Course>& courses, When when);

/// All of these on one sheet.
Picture draw_sheet(const Images& originals, const Spectrum& data, const std::vector<Course>& courses);
