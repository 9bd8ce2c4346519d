// Replies of a router, sent immediately or later.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "daemon/base/mutex.h"
#include "handlers/router.h"

namespace rtcroom {

/// Keeps the reply sent.
class RecordedReply : public PendingReply {
 public:
  void Send(HttpReply reply) override {
    const MutexLock lock(mutex_);
    reply_ = std::move(reply);
    ++times_sent_;
  }

  [[nodiscard]] std::optional<HttpReply> reply() const {
    const MutexLock lock(mutex_);
    return reply_;
  }
  [[nodiscard]] int times_sent() const {
    const MutexLock lock(mutex_);
    return times_sent_;
  }

 private:
  mutable Mutex mutex_;
  std::optional<HttpReply> reply_ GUARDED_BY(mutex_);
  int times_sent_ GUARDED_BY(mutex_) = 0;
};

/// The reply to a request that is answered synchronously.
/// @throws std::bad_optional_access when it is not there yet.
inline HttpReply AnswerOf(const Router& router, const HttpRequest& request) {
  // Shared with the handler, which may release it late.
  const auto pending = std::make_shared<RecordedReply>();
  std::optional<HttpReply> reply = router.Handle(request, [&pending] { return pending; });
  return reply ? *std::move(reply) : pending->reply().value();
}

}  // namespace rtcroom
