// What a login has missed is read from the store, before it gets what comes.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "handlers/tim/tim_lookups.h"
#include "handlers/tim/tim_pushes.h"
#include "handlers/tim/tim_socket.h"

namespace rtcroom::tim {
namespace {

constexpr std::size_t kPage = 50;

std::uint64_t NumberOf(const StoredMessage& message) {
  return message.room_number == 0 ? message.position : message.seq;
}

}  // namespace

bool LoginPushes::HasMissed() const {
  const MutexLock lock(mutex_);
  return has_started_ &&
         (have_groups_changed_ || std::ranges::any_of(streams_, &Stream::is_missing));
}

void LoginPushes::ReadLater() {
  const bool is_taken = deps_.socket.workers.TrySubmit(
      ThreadPool::Urgency::kNormal, [self = shared_from_this()] { self->ReadMissed(); });
  if (!is_taken) ReadAtTick();
}

void LoginPushes::ReadAtTick() const {
  if (const std::shared_ptr<TimSocket> socket = socket_.lock()) socket->TickSoon();
}

void LoginPushes::ReadMissed() noexcept {
  try {
    while (true) {
      const std::shared_ptr<TimSocket> socket = socket_.lock();
      if (!socket || !socket->TakesMore()) return;
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
      return ReadAtTick();
    }
  } catch (...) {
    const MutexLock lock(mutex_);  // most likely out of memory
    is_reading_ = false;
    ReadAtTick();
  }
}

bool LoginPushes::ReadMissedOf(std::uint64_t room_number) {
  Stream read;
  {
    const MutexLock lock(mutex_);
    Stream* const stream = FindLocked(room_number);
    if (stream == nullptr) return true;
    stream->has_more = false;
    read = *stream;
  }
  std::uint64_t after = read.pushed;
  auto page = ReadPage(read, after);
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
  const bool is_last = page->size() < kPage && CountFitting(*page) == page->size();
  page->resize(CountFitting(*page));
  WritePage(*stream, *page);
  if (is_last && !stream->has_more) stream->is_missing = false;
  return true;
}

Result<std::vector<StoredMessage>> LoginPushes::ReadPage(const Stream& stream,
                                                         std::uint64_t& after) const {
  const std::uint64_t number = stream.place.room_number;
  if (number == 0) {
    return deps_.commands.history.ReadMessagesOf(login_.account, after, kPage);
  }
  const Result<std::uint64_t> newest = deps_.commands.history.NewestRoomMessage(number);
  if (!newest) return newest.error();
  if (*newest > after + kMaxMissed) after = *newest - kMaxMissed;
  return deps_.commands.history.ReadRoomMessages(number, after + 1, kPage);
}

void LoginPushes::WritePage(Stream& stream, const std::vector<StoredMessage>& page) {
  JsonText messages;
  for (const StoredMessage& message : page) {
    const std::uint64_t place = NumberOf(message);
    if (place <= stream.pushed) continue;
    const std::uint64_t before = std::exchange(stream.pushed, place);
    if (IsOwn(message)) {
      if (stream.place.received == before) stream.place.received = place;
      continue;
    }
    messages.Json(message.room_number == 0
                      ? Direct(message)
                      : GroupMessage(stream.Label(), message,
                                     SenderOf(deps_.commands, message.content.sender)));
  }
  const std::string_view text = messages.text();
  if (text.empty()) return;
  WriteEvents(stream, stream.place.room_number == 0 ? DirectEvent(text) : GroupEvent(text),
              std::nullopt);
}

}  // namespace rtcroom::tim
