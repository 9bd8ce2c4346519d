// Clang's thread-safety analysis attributes; they expand to nothing elsewhere.
// The names are the ones of https://clang.llvm.org/docs/ThreadSafetyAnalysis.html.
#pragma once

#if defined(__clang__)
#define RTCROOM_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define RTCROOM_THREAD_ANNOTATION(x)
#endif

// Abseil, a dependency of gRPC, defines these two as well, with the same effect.
#undef GUARDED_BY
#undef NO_THREAD_SAFETY_ANALYSIS

#define CAPABILITY(x) RTCROOM_THREAD_ANNOTATION(capability(x))
#define SCOPED_CAPABILITY RTCROOM_THREAD_ANNOTATION(scoped_lockable)
#define GUARDED_BY(x) RTCROOM_THREAD_ANNOTATION(guarded_by(x))
#define REQUIRES(...) RTCROOM_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) RTCROOM_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELEASE(...) RTCROOM_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define EXCLUDES(...) RTCROOM_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS RTCROOM_THREAD_ANNOTATION(no_thread_safety_analysis)
