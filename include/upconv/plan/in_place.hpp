// InPlace: what a run reads and writes where it lies.
#pragma once

namespace upconv::detail::inline UPCONV_BUILD {

struct InPlace {
    bool input, output;
};

}  // namespace upconv::detail
