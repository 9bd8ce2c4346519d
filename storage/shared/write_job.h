// One writing call of a store, which its caller passes to the writer thread.
#pragma once

#include <cstddef>
#include <optional>

#include "daemon/base/mutex.h"
#include "daemon/base/result.h"

namespace rtcroom {

/// Lives on the caller's stack until `Wait` returns; until `Finish` only the writer thread uses the
/// rest of it.
class WriteJob {
 public:
  WriteJob() = default;
  virtual ~WriteJob() = default;
  WriteJob(const WriteJob&) = delete;
  WriteJob& operator=(const WriteJob&) = delete;

  /// Its weight in a group.
  [[nodiscard]] virtual std::size_t size() const = 0;
  /// The error caused by the store itself: kStoreBusy, kStoreBroken, kOutcomeUnknown; the last of
  /// several, which is the one that ended the transaction if any did.
  [[nodiscard]] virtual std::optional<Error> StoreFailure() const = 0;

  void Finish() EXCLUDES(mutex_) {
    // Notified under the lock: after its release the caller may destroy the job.
    const MutexLock lock(mutex_);
    is_finished_ = true;
    finished_.NotifyOne();
  }
  void Wait() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (!is_finished_) finished_.Wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar finished_;
  bool is_finished_ GUARDED_BY(mutex_) = false;
};

/// The error of `outcome` if the store itself caused it.
template <typename Outcome>
std::optional<Error> StoreFailureOf(const Outcome& outcome) {
  if (outcome.ok()) return std::nullopt;
  const Errc code = outcome.error().code;
  const bool is_the_stores =
      code == Errc::kStoreBusy || code == Errc::kStoreBroken || code == Errc::kOutcomeUnknown;
  return is_the_stores ? std::optional(outcome.error()) : std::nullopt;
}

}  // namespace rtcroom
