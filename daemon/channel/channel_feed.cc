#include "daemon/channel/channel_feed.h"

#include <exception>
#include <utility>
#include <vector>

#include "daemon/base/exception_type.h"

namespace rtcroom {
namespace {

constexpr std::size_t kPerRead = 500;
constexpr std::chrono::milliseconds kTick{100};
/// Between two tries while the store fails.
constexpr std::chrono::milliseconds kPause{500};

}  // namespace

Status ChannelFeed::Start() {
  Result<Cursor> newest_event = channel_deps_.events.Newest();
  if (!newest_event) return newest_event.error();
  const Result<std::uint64_t> newest_message = channel_deps_.messages.NewestMessage();
  if (!newest_message) return newest_message.error();
  events_at_ = *std::move(newest_event);
  messages_at_ = *newest_message;
  deps_.channel.messages().BeginAfter(messages_at_);
  if (channel_deps_.contacts != nullptr) {
    if (const Status loaded = channel_deps_.contacts->Load(); !loaded) return loaded.error();
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  return {};
}

void ChannelFeed::Stop() {
  thread_.request_stop();
  deps_.signal.Raise();
  if (thread_.joinable()) thread_.join();
}

void ChannelFeed::Run(const std::stop_token& stop) {
  MonotonicTime next_tick = RealTime() + kTick;
  MonotonicTime next_try{};
  Status read;
  Status ticked;
  while (true) {
    (void)deps_.signal.Wait(next_tick);
    if (stop.stop_requested()) return;
    if (RealTime() >= next_try) {
      read = Guarded(&ChannelFeed::ReadNew);
      next_try = read ? MonotonicTime{} : RealTime() + kPause;
    }
    if (RealTime() >= next_tick) {
      ticked = Guarded(&ChannelFeed::Tick);
      next_tick = RealTime() + (ticked ? kTick : kPause);
    }
    RecordOutcome(read ? ticked : read);
  }
}

Status ChannelFeed::Guarded(Status (ChannelFeed::*step)()) {
  try {
    if (has_lost_) RecordLost();
    has_lost_ = false;
    return (this->*step)();
  } catch (const std::exception&) {
    // Most likely out of memory. Events that were read may not have had their effect.
    has_lost_ = true;
    return Error{Errc::kInternal, std::string(CurrentExceptionType())};
  }
}

Status ChannelFeed::ReadNew() {
  const std::vector<AccountLogin> logins = deps_.logins.Take();
  if (!logins.empty()) deps_.channel.logins().OnLogins(logins);
  for (const AccountValidity& validity : deps_.logins.TakeValidities()) {
    deps_.channel.logins().EndLogins(validity);
  }
  while (true) {
    if (const Status loaded = Reload(); !loaded) return loaded;
    // Messages are read before the events: those that precede a message in the store are known when
    // it is delivered, so that none reaches an account that had left before.
    const auto messages = channel_deps_.messages.ReadMessages(messages_at_, kPerRead);
    if (!messages) return messages.error();
    Result<EventPage> page = channel_deps_.events.ReadEvents(events_at_, kPerRead);
    if (!page && page.error().code == Errc::kCursorExpired) {
      Result<Cursor> newest = channel_deps_.events.Newest();
      if (!newest) return newest.error();
      events_at_ = *std::move(newest);
      RecordLost();
      continue;
    }
    if (!page) return page.error();
    if (deps_.former != nullptr) {
      if (const Status ended = deps_.former->OnEvents(page->events); !ended) return ended;
    }
    events_at_ = std::move(page->next);
    if (channel_deps_.contacts != nullptr) channel_deps_.contacts->OnEvents(page->events);
    if (page->events.size() == kPerRead) {  // more events may precede the messages
      deps_.receivers.Push(page->events, {});
      continue;
    }
    if (!messages->empty()) {
      messages_at_ = messages->back().position;
      deps_.channel.messages().Advance(messages_at_);
    }
    deps_.receivers.Push(page->events, *messages);
    if (messages->size() < kPerRead) return {};
  }
}

Status ChannelFeed::Reload() {
  if (needs_contacts_) {
    if (const Status loaded = channel_deps_.contacts->Load(); !loaded) return loaded;
    needs_contacts_ = false;
  }
  if (needs_members_ && deps_.former != nullptr) {
    if (const Status ended = deps_.former->OnEventsLost(); !ended) return ended;
  }
  needs_members_ = false;
  return {};
}

Status ChannelFeed::Tick() {
  deps_.channel.OnTick();
  deps_.receivers.OnTick();
  if (deps_.tick) deps_.tick();
  if (channel_deps_.contacts != nullptr) channel_deps_.contacts->OnTick();
  return {};
}

void ChannelFeed::RecordLost() {
  deps_.receivers.OnEventsLost();
  needs_contacts_ = channel_deps_.contacts != nullptr;
  needs_members_ = true;
}

void ChannelFeed::RecordOutcome(const Status& outcome) {
  if (outcome) {
    if (std::exchange(is_failing_, false)) channel_deps_.logger.Info("channel_feed_recovered");
    return;
  }
  if (std::exchange(is_failing_, true)) return;  // already logged
  channel_deps_.logger.Warn("channel_feed_failed", {{"error", ErrcName(outcome.error().code)},
                                                    {"detail", outcome.error().detail}});
}

}  // namespace rtcroom
