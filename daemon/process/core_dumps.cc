#include "daemon/process/core_dumps.h"

#include <sys/prctl.h>

// g++ predefines macros; clang reports sanitizers through __has_feature.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RTCROOM_IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RTCROOM_IS_SANITIZED 1
#endif
#endif

namespace rtcroom {

void ForbidCoreDumps() {
#if !defined(RTCROOM_IS_SANITIZED)
  // Cannot fail with this argument.
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

}  // namespace rtcroom

#undef RTCROOM_IS_SANITIZED
