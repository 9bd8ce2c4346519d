// The replies of a router, sent at once or later.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "daemon/base/mutex.h"
#include "daemon/http/http_handler.h"
#include "handlers/shared/request_observer.h"

namespace rtcroom {

/// A connection that stores the reply it receives.
class RecordedReply : public ReplySink {
 public:
  void Send(std::uint32_t /*turn*/, HttpReply reply) noexcept override {
    const MutexLock lock(mutex_);
    reply_ = std::move(reply);
    ++times_sent_;
  }
  void Abandon(std::uint32_t /*turn*/) noexcept override {
    const MutexLock lock(mutex_);
    is_abandoned_ = true;
  }
  std::shared_ptr<StreamedReply> Open(std::uint32_t /*turn*/, HttpReply /*head*/,
                                      StreamedReply::OnEnd /*on_end*/) override {
    return nullptr;
  }
  std::shared_ptr<TwoWayStream> Upgrade(std::uint32_t /*turn*/, HttpReply /*head*/,
                                        TwoWayStream::Owner /*owner*/) override {
    return nullptr;
  }
  void OnClosed(std::uint32_t /*turn*/, std::function<void()> tell) override {
    const MutexLock lock(mutex_);
    on_closed_ = std::move(tell);
  }
  void RunInSlices(std::uint32_t /*turn*/, std::function<bool()> slice) override {
    while (!slice()) {
    }
  }

  /// At once.
  bool RunOnWorker(std::uint32_t /*turn*/, std::function<void()> task) override {
    if (!has_workers) return false;
    ++tasks_run;
    task();
    return true;
  }

  bool has_workers = true;
  int tasks_run = 0;

  /// The client has gone.
  void Close() {
    std::function<void()> tell;
    {
      const MutexLock lock(mutex_);
      tell.swap(on_closed_);
    }
    if (tell) tell();
  }
  [[nodiscard]] std::optional<HttpReply> reply() const {
    const MutexLock lock(mutex_);
    return reply_;
  }
  [[nodiscard]] int times_sent() const {
    const MutexLock lock(mutex_);
    return times_sent_;
  }
  /// Whether the right to answer was dropped without a reply.
  [[nodiscard]] bool is_abandoned() const {
    const MutexLock lock(mutex_);
    return is_abandoned_;
  }

 private:
  mutable Mutex mutex_;
  std::optional<HttpReply> reply_ GUARDED_BY(mutex_);
  int times_sent_ GUARDED_BY(mutex_) = 0;
  bool is_abandoned_ GUARDED_BY(mutex_) = false;
  std::function<void()> on_closed_ GUARDED_BY(mutex_);
};

/// Passes a request to `handler`, as a listener does, but without pacing and threads.
inline void Handle(RequestHandler& handler, HttpRequest request, std::shared_ptr<ReplySink> sink) {
  static_cast<void>(handler.Resolve(request));
  Responder responder(std::move(sink), 0);
  handler.Handle(request, responder);
}

/// Stores the record of the last request.
class LastRequest : public RequestObserver {
 public:
  void OnRequest(const RequestLabel& label, int /*http_status*/,
                 std::optional<std::chrono::nanoseconds> duration) override {
    const MutexLock lock(mutex_);
    label_ = label;
    is_timed_ = duration.has_value();
    ++count_;
  }

  [[nodiscard]] RequestLabel label() const {
    const MutexLock lock(mutex_);
    return label_;
  }
  /// Whether it was recorded with a duration.
  [[nodiscard]] bool is_timed() const {
    const MutexLock lock(mutex_);
    return is_timed_;
  }
  /// Number of recorded requests.
  [[nodiscard]] int count() const {
    const MutexLock lock(mutex_);
    return count_;
  }

 private:
  mutable Mutex mutex_;
  RequestLabel label_ GUARDED_BY(mutex_);
  bool is_timed_ GUARDED_BY(mutex_) = false;
  int count_ GUARDED_BY(mutex_) = 0;
};

/// A reply and the record of its request.
struct LabelledReply {
  int status = 200;
  Headers headers{};
  std::string body{};
  RequestLabel label{};
};

/// The reply to a request whose answer does not wait for an outside service.
/// @param recorded  the observer of the router.
/// @throws std::bad_optional_access when there is no reply yet.
inline LabelledReply AnswerOf(RequestHandler& router, const LastRequest& recorded,
                              const HttpRequest& request) {
  const auto sink = std::make_shared<RecordedReply>();  // shared with the handler
  Handle(router, request, sink);
  HttpReply reply = sink->reply().value();
  return {.status = reply.status,
          .headers = std::move(reply.headers),
          .body = std::move(reply.body),
          .label = recorded.label()};
}

}  // namespace rtcroom
