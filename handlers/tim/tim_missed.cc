// The messages that a login has missed are read from the store, before it gets what comes.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "handlers/tim/tim_lookups.h"
#include "handlers/tim/tim_pushes.h"
#include "handlers/tim/tim_socket.h"

namespace rtcroom::tim {
namespace {

constexpr std::size_t kPage = 50;

}  // namespace

bool LoginPushes::HasMissed() const {
  const MutexLock lock(mutex_);
  return has_started_ &&
         (have_groups_changed_ || std::ranges::any_of(streams_, &Stream::is_missing));
}

void LoginPushes::ReadMissed() noexcept {
  const std::shared_ptr<TimSocket> socket = socket_.lock();
  if (!socket) return;
  try {
    while (socket->TakesMore()) {
      std::uint64_t number = 0;
      bool have_changed = false;
      {
        const MutexLock lock(mutex_);
        if (is_reading_ || is_over_ || !has_started_) return;
        have_changed = std::exchange(have_groups_changed_, false);
        const auto missing = std::ranges::find_if(streams_, &Stream::is_missing);
        if (!have_changed && missing == streams_.end()) return;
        if (!have_changed) number = missing->place.room_number;
        is_reading_ = true;
      }
      const bool goes_on = have_changed ? ReadChangedGroups() : ReadMissedOf(number);
      const MutexLock lock(mutex_);
      is_reading_ = false;
      if (goes_on) continue;
      have_groups_changed_ = have_groups_changed_ || have_changed;
      return socket->TickSoon();
    }
  } catch (...) {
    const MutexLock lock(mutex_);  // most likely out of memory
    is_reading_ = false;
    socket->TickSoon();
  }
}

bool LoginPushes::ReadMissedOf(std::uint64_t room_number) {
  std::uint64_t after = 0;
  {
    const MutexLock lock(mutex_);
    Stream* const stream = FindLocked(room_number);
    if (stream == nullptr) return true;
    stream->has_more = false;
    after = stream->pushed;
  }
  auto page = ReadPage(room_number, after);
  if (!page && page.error().code == Errc::kRoomNotFound) {
    Drop(room_number, NoticeType::kEnded);
    return true;
  }
  const MutexLock lock(mutex_);
  Stream* const stream = FindLocked(room_number);
  if (stream == nullptr) return true;
  if (!page) return false;
  stream->pushed = std::max(stream->pushed, after);
  // More than a stream takes at once would end it, at each new connection again.
  Senders senders(context_);
  const std::size_t count = CountFitting(senders, *page);
  const bool is_last = page->size() < kPage && count == page->size();
  page->resize(count);
  WritePage(*stream, *page, senders);
  if (is_last && !stream->has_more) stream->is_missing = false;
  return true;
}

Result<std::vector<StoredMessage>> LoginPushes::ReadPage(std::uint64_t room_number,
                                                         std::uint64_t& after) const {
  MessageStore& history = context_.history;
  if (room_number == 0) return history.ReadMessagesOf(login_.account, after, kPage);
  const Result<std::uint64_t> newest = history.NewestRoomMessage(room_number);
  if (!newest) return newest.error();
  if (*newest > after + kMaxMissed) after = *newest - kMaxMissed;
  return history.ReadRoomMessages(room_number, after + 1, kPage);
}

void LoginPushes::WritePage(Stream& stream, const std::vector<StoredMessage>& page,
                            Senders& senders) {
  JsonText messages;
  for (const StoredMessage& message : page) {
    const std::uint64_t place = message.room_number == 0 ? message.position : message.seq;
    if (place <= stream.pushed) continue;
    const std::uint64_t before = std::exchange(stream.pushed, place);
    if (IsOwn(message)) {
      if (stream.place.received == before) stream.place.received = place;
      continue;
    }
    messages.Json(Render(stream.Label(), message, senders));
  }
  const std::string_view text = messages.text();
  if (text.empty()) return;
  WriteEvents(stream, stream.place.room_number == 0 ? DirectEvent(text) : GroupEvent(text),
              std::nullopt);
}

}  // namespace rtcroom::tim
