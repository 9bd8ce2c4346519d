// Whether the process can serve: `/readyz`, `/servez`, and the metric of readiness.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "daemon/admin/admin_responder.h"
#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/core/write_record.h"

namespace rtcroom {

/// Called from any thread.
struct ReadinessSources {
  /// Makes a small write and returns when it is confirmed, and the store can be read as well; may
  /// block. By one thread.
  std::function<Status()> write = [] { return Status(); };
  /// Whether requests are answered now; does not block. An error is the reason for "not ready".
  std::function<Status()> answers = [] { return Status(); };
  /// Whether requests are answered now; a fail-over of the database changes nothing about it.
  std::function<Status()> serves = [] { return Status(); };
};

/// The server is ready while it answers requests, a write was confirmed in the last `kFresh`, and
/// the process does not drain. The newest write of a request counts. If there is none, or it or a
/// read failed, the check writes itself, but only when somebody asks whether the server is ready. A
/// database can take this write and refuse those of requests, as with the rights for one table: so
/// the server is not ready either while some have failed for a reason that lasts, and none was
/// confirmed, in the last `kFresh`.
///
/// @threads safe from any thread. Owns one thread, which makes the writes: one that hangs blocks
///          nothing else.
class ReadinessCheck {
 public:
  /// How long a confirmed write counts; also the shortest time between two writes that are asked
  /// for.
  static constexpr std::chrono::seconds kFresh{5};
  /// A write that takes longer counts as a failure of `/readyz` meanwhile.
  static constexpr std::chrono::seconds kMaxWrite{1};
  /// Bounds the connections that wait for a write.
  static constexpr std::size_t kMaxWaiting = 16;

  /// @param writes  those of requests; it and `clock` outlive this.
  ReadinessCheck(ReadinessSources sources, const WriteRecord& writes, const Clock& clock);
  ~ReadinessCheck() { Stop(); }
  ReadinessCheck(const ReadinessCheck&) = delete;
  ReadinessCheck& operator=(const ReadinessCheck&) = delete;

  /// The server is not ready from now on.
  /// @return false if it was called before.
  bool BeginDraining() { return !draining_.exchange(true); }
  /// Waits for a running write; makes none any more. May be called again.
  void Stop() EXCLUDES(mutex_);

  /// `/readyz`: 200, or 503 with the reason, at once or after the write that it waits for. Blocks
  /// for at most `kMaxWrite`, and only the thread whose request asks for the write.
  void AnswerReady(AdminResponder& responder) EXCLUDES(mutex_);
  /// `/servez`: 200, or 503 with the reason; does not block.
  void AnswerServing(AdminResponder& responder) const;

  /// The latest result, and asks for a new one; does not block. True at first, since most starts
  /// write.
  bool ReadLatest() EXCLUDES(mutex_);

 private:
  enum class Asked : std::uint8_t { kNothing, kForAWrite, kWhileItWrites };

  /// `check`, unless it drains.
  [[nodiscard]] Status Ask(const std::function<Status()>& check) const;
  /// The result; nullopt: the responder was queued for that of a write.
  std::optional<Status> Begin(AdminResponder& responder, bool& asks) EXCLUDES(mutex_);
  /// Waits until the write is over or has taken too long; then answers those that wait for it.
  void AwaitWrite() EXCLUDES(mutex_);
  [[nodiscard]] std::optional<MonotonicTime> ConfirmedAt() const REQUIRES(mutex_);
  /// Whether a write has failed since one was confirmed, or a read since the last write that was
  /// asked for.
  [[nodiscard]] bool HasFailed() const REQUIRES(mutex_);
  /// Whether no write that was asked for has failed after the last confirmed one.
  [[nodiscard]] bool HasWorked() const REQUIRES(mutex_);
  [[nodiscard]] bool IsFresh(MonotonicTime now) const REQUIRES(mutex_);
  /// Whether writes of requests fail for a reason that lasts, and none of them works.
  [[nodiscard]] bool RefusesRequests(MonotonicTime now) const REQUIRES(mutex_);
  /// The result without another write. A failure of the last write that was asked for says why
  /// those of requests fail.
  [[nodiscard]] Status Latest(MonotonicTime now) const REQUIRES(mutex_);
  /// The time at which the last write of a request was confirmed, as far as it can be told from one
  /// asked for.
  [[nodiscard]] std::optional<MonotonicTime> RequestConfirmedAt() const REQUIRES(mutex_);
  [[nodiscard]] bool IsDuringLastWrite(MonotonicTime time) const REQUIRES(mutex_);
  /// Asks for a write unless one was asked for lately. @return whether it did.
  bool AskForWrite(MonotonicTime now) REQUIRES(mutex_);
  void WriteWhenAsked() EXCLUDES(mutex_);
  /// False when it is to stop.
  bool AwaitQuestion() EXCLUDES(mutex_);
  [[nodiscard]] Status Write() const;

  const ReadinessSources sources_;
  const WriteRecord& writes_;
  const Clock& clock_;
  std::atomic<bool> draining_{false};
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  Asked asked_ GUARDED_BY(mutex_) = Asked::kNothing;
  std::optional<MonotonicTime> asked_at_ GUARDED_BY(mutex_);          ///< the last time
  std::optional<MonotonicTime> written_at_ GUARDED_BY(mutex_);        ///< the end of the last write
  std::optional<MonotonicTime> confirmed_before_ GUARDED_BY(mutex_);  ///< of a request, before it
  std::optional<MonotonicTime> confirmed_at_ GUARDED_BY(mutex_);      ///< of the writes asked for
  Status written_ GUARDED_BY(mutex_);                                 ///< the last result of these
  bool failed_to_read_ GUARDED_BY(mutex_) = false;  ///< then, whatever requests have written since
  std::vector<AdminResponder> waiting_ GUARDED_BY(mutex_);
  std::jthread thread_;  // last: it uses all other members
};

}  // namespace rtcroom
