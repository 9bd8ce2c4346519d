// Whether this build, and so the server that it tests, runs under a sanitizer.
#pragma once

// Predefined by g++; clang says it through __has_feature.
#if defined(__has_feature)
#define RTCROOM_HAS_FEATURE(feature) __has_feature(feature)
#else
#define RTCROOM_HAS_FEATURE(feature) 0
#endif

namespace rtcroom {

#if defined(__SANITIZE_THREAD__) || RTCROOM_HAS_FEATURE(thread_sanitizer)
inline constexpr bool kUnderThreadSanitizer = true;
#else
inline constexpr bool kUnderThreadSanitizer = false;
#endif

#if defined(__SANITIZE_ADDRESS__) || RTCROOM_HAS_FEATURE(address_sanitizer)
inline constexpr bool kUnderAddressSanitizer = true;
#else
inline constexpr bool kUnderAddressSanitizer = false;
#endif

inline constexpr bool kUnderSanitizer = kUnderThreadSanitizer || kUnderAddressSanitizer;

}  // namespace rtcroom

#undef RTCROOM_HAS_FEATURE
