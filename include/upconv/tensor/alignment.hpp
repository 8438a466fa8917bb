// One alignment of Eigen's memory in a program. Eigen's functions that allocate and free depend on the unit's -m flags
// and have one name whatever these are: of units that differ, one allocates by the functions of the other and frees by
// its own. That ends in a heap corruption far from its cause, which an operator names when it is made.
#pragma once

#include <Eigen/Core>

#include "../options/error.hpp"

namespace upconv::detail {

/// The alignment of the unit whose definitions the linker took for all: one variable for units with any flags. A
/// variable, whose value no compiler assumes; a template, so that only units that make operators have it.
template <class = void>
inline int linked_alignment = EIGEN_DEFAULT_ALIGN_BYTES;

}  // namespace upconv::detail

namespace upconv::detail::inline UPCONV_BUILD {

/// The last argument of a constructor, by default: so it is made in the unit of the caller, with the alignment there.
template <int Bytes = EIGEN_DEFAULT_ALIGN_BYTES>
struct OneAlignment {
    OneAlignment() {
        if (linked_alignment<> != Bytes)
            refuse("upconv: units of this program were compiled for Eigen memory aligned to ", Index(Bytes), " and to ",
                   Index(linked_alignment<>), " bytes, by other -m flags, and cannot share it; compile all of them ",
                   "with -DEIGEN_MAX_ALIGN_BYTES=64");
    }
};

}  // namespace upconv::detail
