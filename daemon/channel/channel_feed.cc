#include "daemon/channel/channel_feed.h"

#include <chrono>
#include <cstddef>
#include <span>
#include <utility>

namespace rtcroom {
namespace {

constexpr std::size_t kPerRead = LogReader::kEventsPerRead;
constexpr std::chrono::milliseconds kTick{100};

}  // namespace

ChannelFeed::ChannelFeed(const Deps& deps)
    : deps_(deps),
      channel_deps_(deps.channel.deps()),
      reader_({.log = channel_deps_.events,
               .signal = deps.signal,
               .clock = channel_deps_.clock,
               .logger = channel_deps_.logger,
               .failed_event = "channel_feed_failed",
               .recovered_event = "channel_feed_recovered",
               .tick = kTick,
               .poll = std::chrono::milliseconds(0)},
              *this) {}

Status ChannelFeed::Start() {
  Result<Cursor> newest_event = channel_deps_.events.Newest();
  if (!newest_event) return newest_event.error();
  const Result<std::uint64_t> newest_message = channel_deps_.messages.NewestMessage();
  if (!newest_message) return newest_message.error();
  messages_at_ = *newest_message;
  deps_.channel.messages().BeginAfter(messages_at_);
  if (channel_deps_.contacts != nullptr) {
    if (const Status loaded = channel_deps_.contacts->Load(); !loaded) return loaded;
  }
  reader_.Start(*std::move(newest_event));
  return {};
}

Status ChannelFeed::BeforeRead() {
  const std::vector<AccountLogin> logins = deps_.logins.Take();
  if (!logins.empty()) deps_.channel.logins().OnLogins(logins);
  for (const AccountValidity& validity : deps_.logins.TakeValidities()) {
    deps_.channel.logins().EndLogins(validity);
  }
  if (const Status loaded = Reload(); !loaded) return loaded;
  // Messages are read before the events: those that precede a message in the store are known when
  // it is delivered, so that none reaches an account that had left before.
  Result<std::vector<StoredMessage>> messages =
      channel_deps_.messages.ReadMessages(messages_at_, kPerRead);
  if (!messages) return messages.error();
  messages_ = *std::move(messages);
  return {};
}

Result<bool> ChannelFeed::OnEvents(const EventPage& page) {
  if (deps_.former != nullptr) {
    if (const Status ended = deps_.former->OnEvents(page.events); !ended) return ended.error();
  }
  if (channel_deps_.contacts != nullptr) channel_deps_.contacts->OnEvents(page.events);
  if (page.events.size() == kPerRead) {  // more events may precede the messages
    deps_.receivers.Push(page.events, {});
    return true;
  }
  if (!messages_.empty()) {
    messages_at_ = messages_.back().position;
    deps_.channel.messages().Advance(messages_at_);
  }
  deps_.receivers.Push(page.events, messages_);
  return messages_.size() == kPerRead;
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

void ChannelFeed::OnLost(std::uint64_t /*position*/) {
  deps_.receivers.OnEventsLost();
  needs_contacts_ = channel_deps_.contacts != nullptr;
  needs_members_ = true;
}

void ChannelFeed::OnTick() {
  deps_.channel.OnTick();
  deps_.receivers.OnTick();
  if (deps_.tick) deps_.tick();
  if (channel_deps_.contacts != nullptr) channel_deps_.contacts->OnTick();
}

}  // namespace rtcroom
