// Whether an allocation that is too large ends the program, as under the address sanitizer, instead of throwing.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool allocator_aborts = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool allocator_aborts = true;
#else
inline constexpr bool allocator_aborts = false;
#endif
#else
inline constexpr bool allocator_aborts = false;
#endif
