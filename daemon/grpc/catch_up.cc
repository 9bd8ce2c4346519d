#include "daemon/grpc/catch_up.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "daemon/grpc/watch_messages.h"

namespace rtcroom {

Result<CatchUpPage> CatchUp::Read(Store& store) {
  CatchUpPage page;
  const Status read = IsOnlySeekingEnd() ? FindEnd(store)
                      : in_snapshot_     ? ReadSnapshot(store, page)
                                         : ReadEvents(store, page);
  if (!read) return read.error();
  if (!in_snapshot_) page.cursor = cursor_;
  return page;
}

Status CatchUp::FindEnd(Store& store) {
  Result<Cursor> newest = store.Newest();
  if (!newest) return newest.error();
  cursor_ = *std::move(newest);
  return {};
}

Status CatchUp::ReadEvents(Store& store, CatchUpPage& page) {
  const Result<EventPage> read = store.ReadEvents(*cursor_, limits_.events_per_read);
  if (!read) return read.error();
  const std::string& epoch = read->next.epoch;
  std::size_t bytes = 0;
  for (const StoredEvent& stored : read->events) {
    if (bytes >= limits_.max_bytes) return {};  // the rest is read again
    cursor_ = Cursor{.epoch = epoch, .position = stored.position};
    if (!filter_.Matches(EventFacts(stored.event))) continue;
    page.messages.push_back({.bytes = EventBytes(stored.event, epoch, cursor_->Encode()),
                             .is_event = true,
                             .cursor = cursor_});
    bytes += page.messages.back().bytes.Length();
  }
  cursor_ = read->next;
  return {};
}

Status CatchUp::ReadSnapshot(Store& store, CatchUpPage& page) {
  if (!piece_) {
    Result<Piece> piece = ReadPiece(store);
    if (!piece) return piece.error();
    piece_ = *std::move(piece);
    if (!cursor_) cursor_ = piece_->at;  // no rooms sent yet: no events are due
  }
  if (cursor_->position < piece_->at.position) {
    if (const Status read = ReadEventsBefore(*piece_, store, page); !read) return read;
    if (cursor_->position < piece_->at.position) return {};
  }
  std::ranges::move(piece_->messages, std::back_inserter(page.messages));
  covered_ = piece_->covers;
  if (piece_->last) {
    in_snapshot_ = false;
    page.messages.push_back({.bytes = SnapshotEndBytes(*cursor_), .cursor = cursor_});
  }
  piece_.reset();
  return {};
}

Result<CatchUp::Piece> CatchUp::ReadPiece(Store& store) const {
  Result<RoomPage> read = store.Scan(covered_, limits_.rooms_per_read);
  if (!read) return read.error();
  Piece piece{.at = read->at, .covers = covered_, .last = false, .messages = {}};
  for (const Room& room : read->rooms) {
    if (piece.bytes >= limits_.max_bytes) return piece;  // the rest is read again, as it is then
    piece.covers = room.sequence;
    if (!filter_.Matches(room)) continue;
    piece.messages.push_back({.bytes = SnapshotRoomBytes(room)});
    piece.bytes += piece.messages.back().bytes.Length();
  }
  piece.last = read->rooms.size() < limits_.rooms_per_read;
  return piece;
}

Status CatchUp::ReadEventsBefore(const Piece& piece, Store& store, CatchUpPage& page) {
  const Result<EventPage> read = store.ReadEvents(*cursor_, limits_.events_per_read);
  if (!read) return read.error();
  std::size_t bytes = 0;
  for (const StoredEvent& stored : read->events) {
    if (stored.position > piece.at.position) break;
    if (bytes >= limits_.max_bytes) return {};  // the rest is read again
    cursor_->position = stored.position;
    // The later pieces show the outcome for the other rooms.
    if (stored.room_number > covered_) continue;
    if (!filter_.Matches(EventFacts(stored.event))) continue;
    page.messages.push_back(
        {.bytes = EventBytes(stored.event, read->next.epoch, {}), .is_event = true});
    bytes += page.messages.back().bytes.Length();
  }
  const bool was_all = read->events.size() < limits_.events_per_read;
  if (was_all || read->next.position >= piece.at.position) {
    cursor_->position = piece.at.position;
  }
  return {};
}

}  // namespace rtcroom
