#include "daemon/grpc/library_log.h"

#include <string_view>

#include <grpc/support/log.h>

#include "daemon/base/mutex.h"
#include "daemon/base/token_bucket.h"

namespace rtcroom {
namespace {

constexpr RateLimit kWarnings = {.per_second = 1, .burst = 1};

/// The library calls a plain function, from threads that may outlive the server.
struct Target {
  Mutex mutex;
  Logger* logger GUARDED_BY(mutex) = nullptr;  ///< null: messages are dropped
  const Clock* clock GUARDED_BY(mutex) = nullptr;
  TokenBucket warnings GUARDED_BY(mutex);
};

Target& LogTarget() {
  static Target& target = *new Target;  // the library may log until the process exits
  return target;
}

void Write(gpr_log_func_args* entry) {
  std::string_view file(entry->file);
  file.remove_prefix(file.rfind('/') + 1);  // without a slash, npos + 1 is 0
  Target& target = LogTarget();
  const MutexLock lock(target.mutex);
  if (target.logger == nullptr) return;
  const bool may_warn = target.warnings.Take(target.clock->Monotonic(), kWarnings);
  target.logger->Log(may_warn ? LogLevel::kWarn : LogLevel::kDebug, "grpc_library_error",
                     {{"file", file}, {"line", entry->line}});
}

}  // namespace

LibraryLog::LibraryLog(Logger& logger, const Clock& clock) {
  {
    Target& target = LogTarget();
    const MutexLock lock(target.mutex);
    target.logger = &logger;
    target.clock = &clock;
  }
  gpr_set_log_function(Write);
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
}

LibraryLog::~LibraryLog() {
  Target& target = LogTarget();
  const MutexLock lock(target.mutex);
  target.logger = nullptr;
}

void LibraryLog::Silence() {
  gpr_set_log_function([](gpr_log_func_args*) {});
}

}  // namespace rtcroom
