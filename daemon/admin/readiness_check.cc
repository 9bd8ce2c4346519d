#include "daemon/admin/readiness_check.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace rtcroom {
namespace {

/// The text, with characters that JSON would escape replaced by spaces; reasons are plain ASCII.
std::string Plain(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c < 0x20 || c > 0x7e || c == '"' || c == '\\'; }, ' ');
  return text;
}

HttpReply ReplyOf(const Status& ready) {
  HttpReply reply;
  if (ready) {
    reply.body = R"({"code":0,"message":"ready"})";
    return reply;
  }
  const Error& error = ready.error();
  reply.status = 503;
  reply.body = fmt::format(R"({{"code":6,"message":"not ready","reason":"{}: {}"}})",
                           ErrcName(error.code), Plain(error.detail));
  return reply;
}

}  // namespace

/// A pending check. Its end, also by an exception, releases the waiting responders; those that are
/// destroyed without an answer reply with an internal error.
class ReadinessCheck::Question {
 public:
  explicit Question(ReadinessCheck& check) : check_(check) {}
  ~Question() { (void)End(); }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  /// Returns the waiting responders; later requests begin a new check.
  std::vector<AdminResponder> End() {
    const MutexLock lock(check_.mutex_);
    if (std::exchange(has_ended_, true)) return {};
    check_.asked_at_.reset();
    return std::exchange(check_.waiting_, {});
  }

 private:
  ReadinessCheck& check_;
  bool has_ended_ = false;
};

void ReadinessCheck::Answer(AdminResponder& responder) {
  if (!Begin(responder)) return;
  Question question(*this);
  const HttpReply reply = ReplyOf(Ping());
  for (AdminResponder& waiting : question.End()) waiting.Send({.http = reply});
  responder.Send({.http = reply});
}

bool ReadinessCheck::ReadLatest() {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  if (!wanted_since_) wanted_since_ = now;
  return took_write_ && now - *wanted_since_ <= kMaxPending && !draining_;
}

void ReadinessCheck::PingIfRead() {
  {
    const MutexLock lock(mutex_);
    if (!wanted_since_) return;
  }
  (void)Ping();
}

Status ReadinessCheck::Ping() {
  const Status pinged = ping_();
  const MutexLock lock(mutex_);
  took_write_ = pinged.ok();
  wanted_since_.reset();
  return pinged;
}

bool ReadinessCheck::Begin(AdminResponder& responder) {
  if (draining_) {
    responder.Send({.http = ReplyOf(Error{Errc::kUnavailable, "draining"})});
    return false;
  }
  const MonotonicTime now = clock_.Monotonic();
  {
    const MutexLock lock(mutex_);
    if (!asked_at_) {
      asked_at_ = now;
      return true;
    }
    if (now - *asked_at_ <= kMaxPing && waiting_.size() < kMaxWaiting) {
      waiting_.push_back(std::move(responder));
      return false;
    }
  }
  responder.Send(
      {.http = ReplyOf(Error{Errc::kUnavailable, "the one before is not answered yet"})});
  return false;
}

}  // namespace rtcroom
