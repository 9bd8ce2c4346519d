#include "daemon/base/call_pool.h"

#include <utility>

#include "daemon/base/exception_type.h"

namespace rtcroom {

CallPool::CallPool(const Clock& clock, Logger& logger, const CallPoolOptions& options)
    : clock_(clock),
      logger_(logger),
      max_wait_(options.max_wait),
      callers_(options.callers, options.max_waiting) {}

CallPool::~CallPool() { Stop(); }

bool CallPool::TrySubmit(Call call) {
  return callers_.TrySubmit(
      ThreadPool::Urgency::kNormal, [this, call = std::move(call), since = clock_.Monotonic()] {
        const bool is_late = closed_ || clock_.Monotonic() - since > max_wait_;
        Run(is_late ? call.expired : call.run);
      });
}

void CallPool::Close() {
  closed_ = true;
  for (const ThreadPool::Task& waiting : callers_.Close()) waiting();
}

void CallPool::Stop() {
  Close();
  callers_.Stop();
}

// An exception that escapes a thread would end the process with all its calls.
void CallPool::Run(const std::function<void()>& function) {
  try {
    function();
  } catch (...) {
    logger_.Error("call_fault", {{"type", CurrentExceptionType()}});
  }
}

}  // namespace rtcroom
