#include "daemon/channel/repeat_window.h"

#include <algorithm>

namespace rtcroom {

void RepeatWindow::Begin(std::uint64_t newest, MonotonicTime now) {
  marks_.assign({{.by = now, .position = newest}});
}

void RepeatWindow::Advance(std::uint64_t newest, MonotonicTime now) {
  const MonotonicTime by = std::chrono::ceil<std::chrono::seconds>(now);
  if (marks_.size() == 1 || marks_.back().by < by) marks_.push_back({.by = by});
  marks_.back().position = std::max(marks_.back().position, newest);
  ForgetOld(now);
}

RepeatsAfter RepeatWindow::For(const MessageContent& message, MonotonicTime now) {
  ForgetOld(now);
  const Mark& first = marks_.front();
  if (first.by + kRepeatedWithin <= now) return {.position = first.position};
  return {.position = first.position,
          .sent_at = message.sent_at - kRepeatedWithin - kClockAllowance};
}

void RepeatWindow::ForgetOld(MonotonicTime now) {
  while (marks_.size() > 1 && marks_[1].by + kRepeatedWithin <= now) marks_.pop_front();
}

}  // namespace rtcroom
