// Whether this build, or the server under test, runs under a sanitizer.
#pragma once

// Predefined by g++; clang reports it through __has_feature.
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

/// The environment variable that names another server to test than that of this build, as a path in
/// the folder of its preset.
inline constexpr const char* kOtherServerVariable = "RTCROOM_OTHER_SERVER";

// The server is compiled as these functions are; programs that only see it from outside are not.
bool IsServerUnderThreadSanitizer();
bool IsServerSanitized();

}  // namespace rtcroom

#undef RTCROOM_HAS_FEATURE
