#include "daemon/im/im_event_reader.h"

#include <string_view>
#include <utility>

namespace rtcroom {
namespace {

constexpr std::string_view kReader = "im";
constexpr std::size_t kPage = 1000;

}  // namespace

ImEventReader::ImEventReader(Store& store, PositionStore& positions, SharedDeliveries& shared,
                             ImObserver& observer, Logger& logger)
    : store_(store), positions_(positions), shared_(shared), observer_(observer), logger_(logger) {}

Status ImEventReader::Start() {
  const Result<std::optional<Cursor>> saved = positions_.LoadPosition(kReader);
  if (!saved) return saved.error();
  if (*saved) {
    cursor_ = **saved;
  } else {
    const Result<Cursor> newest = store_.Newest();
    if (!newest) return newest.error();
    cursor_ = *newest;
    // At once, or a crash would let what happens until the first save be forgotten.
    const Status status = positions_.SavePosition(kReader, cursor_);
    if (!status) return status;
  }
  saved_ = cursor_;
  const MutexLock lock(shared_.mutex);
  shared_.deliveries.StartAt(cursor_.position);
  return {};
}

ReadingEnd ImEventReader::Advance(MonotonicTime now) {
  return walk_ ? ReadRooms(now) : ReadEvents(now);
}

ReadingEnd ImEventReader::ReadEvents(MonotonicTime now) {
  if (taken_ == page_.size()) {
    Result<EventPage> page = store_.ReadEvents(cursor_, kPage);
    if (!page && page.error().code == Errc::kCursorExpired) {
      BeginRooms();
      return ReadingEnd::kMore;
    }
    if (!page) return Fail(page.error());
    said_failing_ = false;
    page_ = std::move(page->events);
    taken_ = 0;
    page_is_full_ = page_.size() == kPage;
    cursor_ = page->next;
  }
  const MutexLock lock(shared_.mutex);
  while (taken_ < page_.size()) {
    if (!shared_.deliveries.CanTake()) return ReadingEnd::kFull;
    shared_.deliveries.Take(page_[taken_++], now);
  }
  if (page_is_full_) return ReadingEnd::kMore;
  shared_.deliveries.EndOfChange();
  return ReadingEnd::kCaughtUp;
}

void ImEventReader::BeginRooms() {
  logger_.Error("im_events_lost", {{"position", cursor_.position}});
  observer_.OnImEventsLost();
  walk_ = Walk();
}

ReadingEnd ImEventReader::ReadRooms(MonotonicTime now) {
  {
    const MutexLock lock(shared_.mutex);
    if (!shared_.deliveries.CanTake()) return ReadingEnd::kFull;
  }
  const Result<RoomPage> page = store_.Scan(walk_->after, kPage);
  if (!page) return Fail(page.error());
  said_failing_ = false;
  const MutexLock lock(shared_.mutex);
  if (!walk_->at) {
    walk_->at = page->at;
    walked_at_ = page->at.position;
    shared_.deliveries.StartAt(page->at.position);
  }
  for (const Room& room : page->rooms) shared_.deliveries.TakeRoom(room.key, now);
  if (page->rooms.size() == kPage) {
    walk_->after = page->rooms.back().sequence;
    return ReadingEnd::kMore;
  }
  cursor_ = *walk_->at;
  page_.clear();
  taken_ = 0;
  walk_.reset();
  return ReadingEnd::kMore;
}

ReadingEnd ImEventReader::Fail(const Error& error) {
  if (!std::exchange(said_failing_, true)) {
    logger_.Warn("im_reader_failed", {{"error", ErrcName(error.code)}, {"detail", error.detail}});
  }
  return ReadingEnd::kFailed;
}

std::optional<Cursor> ImEventReader::Handled() {
  if (walk_) return std::nullopt;
  const MutexLock lock(shared_.mutex);
  if (walked_at_ && shared_.deliveries.Owes(*walked_at_)) return std::nullopt;
  walked_at_.reset();
  return Cursor{.epoch = cursor_.epoch, .position = shared_.deliveries.HandledUpTo()};
}

bool ImEventReader::HasMoved() {
  const std::optional<Cursor> handled = Handled();
  return handled && *handled != saved_;
}

void ImEventReader::Save() {
  const std::optional<Cursor> handled = Handled();
  if (!handled || *handled == saved_) return;
  const Status status = positions_.SavePosition(kReader, *handled);
  if (status) {
    saved_ = *handled;
    said_not_saving_ = false;
  } else if (!std::exchange(said_not_saving_, true)) {
    logger_.Warn("im_position_not_saved",
                 {{"error", ErrcName(status.error().code)}, {"detail", status.error().detail}});
  }
}

std::optional<std::uint64_t> ImEventReader::Lag() {
  const Result<Cursor> newest = store_.Newest();
  if (!newest) return std::nullopt;
  const MutexLock lock(shared_.mutex);
  const std::uint64_t handled = shared_.deliveries.HandledUpTo();
  return newest->position > handled ? newest->position - handled : 0;
}

}  // namespace rtcroom
