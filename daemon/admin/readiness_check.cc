#include "daemon/admin/readiness_check.h"

#include <algorithm>
#include <exception>
#include <string>
#include <string_view>
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

/// @param word  what it is if the status is a success.
AdminReply ReplyOf(const Status& status, std::string_view word) {
  AdminReply reply;
  if (status) {
    reply.http.body = fmt::format(R"({{"code":0,"message":"{}"}})", word);
    return reply;
  }
  const Error& error = status.error();
  reply.http.status = 503;
  reply.http.body = fmt::format(R"({{"code":6,"message":"not {}","reason":"{}: {}"}})", word,
                                ErrcName(error.code), Plain(error.detail));
  return reply;
}

AdminReply ReadyReply(const Status& ready) { return ReplyOf(ready, "ready"); }

Error TakesLong() { return {Errc::kUnavailable, "a write is not confirmed yet"}; }

}  // namespace

ReadinessCheck::ReadinessCheck(ReadinessSources sources, const WriteRecord& writes,
                               const Clock& clock)
    : sources_(std::move(sources)),
      writes_(writes),
      clock_(clock),
      thread_([this] { WriteWhenAsked(); }) {}

void ReadinessCheck::Stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

Status ReadinessCheck::Ask(const std::function<Status()>& check) const {
  if (draining_) return Error{Errc::kUnavailable, "draining"};
  return check();
}

void ReadinessCheck::AnswerServing(AdminResponder& responder) const {
  responder.Send(ReplyOf(Ask(sources_.serves), "serving"));
}

void ReadinessCheck::AnswerReady(AdminResponder& responder) {
  if (const Status answers = Ask(sources_.answers); !answers) {
    return responder.Send(ReadyReply(answers));
  }
  bool asks = false;
  if (const std::optional<Status> known = Begin(responder, asks)) {
    return responder.Send(ReadyReply(*known));
  }
  if (asks) AwaitWrite();
}

bool ReadinessCheck::ReadLatest() {
  if (!Ask(sources_.answers)) return false;
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  if (RefusesRequests(now)) return false;
  const bool is_fresh = IsFresh(now);
  if (is_fresh && !HasFailed()) return true;
  const bool has_worked = HasWorked();
  if (asked_ != Asked::kNothing) return has_worked && now - *asked_at_ <= kMaxWrite;
  return AskForWrite(now) ? has_worked : is_fresh;
}

std::optional<Status> ReadinessCheck::Begin(AdminResponder& responder, bool& asks) {
  const MonotonicTime now = clock_.Monotonic();
  const MutexLock lock(mutex_);
  if (IsFresh(now) && !HasFailed() && !RefusesRequests(now)) return Status();
  if (asked_ == Asked::kNothing) {
    asks = AskForWrite(now);
    if (!asks) return Latest(now);
  } else if (now - *asked_at_ > kMaxWrite || waiting_.size() > kMaxWaiting) {
    return TakesLong();
  }
  waiting_.push_back(std::move(responder));
  return std::nullopt;
}

void ReadinessCheck::AwaitWrite() {
  std::vector<AdminResponder> waiting;
  {
    const MutexLock lock(mutex_);
    while (asked_ != Asked::kNothing) {
      const auto left = *asked_at_ + kMaxWrite - clock_.Monotonic();
      if (left.count() < 0) break;
      (void)changed_.WaitUntil(mutex_, RealTime() + left);
    }
    if (asked_ == Asked::kNothing) return;
    waiting = std::exchange(waiting_, {});
  }
  for (AdminResponder& responder : waiting) responder.Send(ReadyReply(TakesLong()));
}

std::optional<MonotonicTime> ReadinessCheck::ConfirmedAt() const {
  return std::max(confirmed_at_, writes_.confirmed_at());
}

bool ReadinessCheck::HasFailed() const {
  return writes_.has_failed() || writes_.read_failed_at() > confirmed_at_;
}

bool ReadinessCheck::HasWorked() const {
  return written_ || (!failed_to_read_ && ConfirmedAt() > asked_at_);
}

bool ReadinessCheck::IsFresh(MonotonicTime now) const {
  const std::optional<MonotonicTime> confirmed_at = ConfirmedAt();
  return confirmed_at && now - *confirmed_at < kFresh && HasWorked();
}

bool ReadinessCheck::RefusesRequests(MonotonicTime now) const {
  const std::optional<MonotonicTime> broken_at = writes_.broken_at();
  if (!broken_at || now - *broken_at >= kFresh || IsDuringLastWrite(*broken_at)) return false;
  const std::optional<MonotonicTime> confirmed_at = RequestConfirmedAt();
  return !confirmed_at || now - *confirmed_at >= kFresh;
}

Status ReadinessCheck::Latest(MonotonicTime now) const {
  if (written_ && RefusesRequests(now)) {
    return Error{Errc::kStoreBroken, "the database refuses the writes of requests"};
  }
  return IsFresh(now) ? Status() : written_;
}

std::optional<MonotonicTime> ReadinessCheck::RequestConfirmedAt() const {
  const std::optional<MonotonicTime> confirmed_at = writes_.confirmed_at();
  const bool is_own = confirmed_at && IsDuringLastWrite(*confirmed_at);
  return is_own ? confirmed_before_ : confirmed_at;
}

bool ReadinessCheck::IsDuringLastWrite(MonotonicTime time) const {
  return asked_at_ && time >= *asked_at_ && (asked_ != Asked::kNothing || time <= *written_at_);
}

bool ReadinessCheck::AskForWrite(MonotonicTime now) {
  if (stopping_ || (asked_at_ && now - *asked_at_ < kFresh)) return false;
  confirmed_before_ = RequestConfirmedAt();
  asked_at_ = now;
  asked_ = Asked::kForAWrite;
  changed_.NotifyAll();
  return true;
}

void ReadinessCheck::WriteWhenAsked() {
  while (AwaitQuestion()) {
    const Status written = Write();
    Status latest = written;
    std::vector<AdminResponder> waiting;
    {
      const MutexLock lock(mutex_);
      asked_ = Asked::kNothing;
      written_ = written;
      written_at_ = clock_.Monotonic();
      if (written) confirmed_at_ = written_at_;
      const std::optional<MonotonicTime> read_failed_at = writes_.read_failed_at();
      failed_to_read_ = !written && read_failed_at && IsDuringLastWrite(*read_failed_at);
      if (written) latest = Latest(*written_at_);
      waiting = std::exchange(waiting_, {});
      changed_.NotifyAll();
    }
    for (AdminResponder& responder : waiting) responder.Send(ReadyReply(latest));
  }
}

bool ReadinessCheck::AwaitQuestion() {
  const MutexLock lock(mutex_);
  while (asked_ != Asked::kForAWrite && !stopping_) changed_.Wait(mutex_);
  if (stopping_) return false;
  asked_ = Asked::kWhileItWrites;
  return true;
}

Status ReadinessCheck::Write() const {
  try {
    return sources_.write();
  } catch (const std::exception&) {
    return Error{Errc::kInternal, "the write ended by an exception"};  // most likely out of memory
  }
}

}  // namespace rtcroom
