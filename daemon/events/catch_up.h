// What a subscriber must be told from the store before the newest events are enough for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <grpcpp/support/byte_buffer.h>

#include "daemon/base/result.h"
#include "daemon/core/cursor.h"
#include "daemon/core/store.h"
#include "daemon/events/watch_filter.h"
#include "daemon/events/watch_order.h"

namespace rtcroom {

/// Bounds what one read takes and gives.
struct CatchUpLimits {
  std::size_t events_per_read = 256;
  std::size_t rooms_per_read = 128;
  /// A part of a page ends with the message that reaches this; a page has at most two parts.
  std::size_t max_bytes = std::size_t{64} * 1024;
};

struct CatchUpMessage {
  grpc::ByteBuffer bytes{};
  bool is_event = false;
  /// Where the subscriber stands that has sent it; nothing while a snapshot is being sent.
  std::optional<Cursor> stands{};
};

struct CatchUpPage {
  std::vector<CatchUpMessage> messages{};
  /// Where the subscriber stands at the end of the page, as in `CatchUpMessage`.
  std::optional<Cursor> stands{};
};

/// Reads from the store what one subscriber has yet to hear, page by page.
///
/// A snapshot is read in pieces, each of which shows its rooms as they were at one moment, the
/// moments differing. In front of a piece come the events, up to its moment, of the rooms in the
/// pieces before it: whoever applies the messages in order has, at the end of each piece, exactly
/// the rooms that the pieces cover as they were at its moment. Rooms come in the order of their
/// creation, so those that are created meanwhile come last.
///
/// @threads for one thread at a time.
class CatchUp {
 public:
  /// @param filter  must outlive this.
  /// @param after   where to start; nothing: where the history ends now.
  CatchUp(const WatchFilter& filter, std::optional<Cursor> after, CatchUpLimits limits)
      : filter_(filter), limits_(limits), stands_(std::move(after)) {}
  /// As it was ordered.
  /// @param order  must outlive this.
  CatchUp(const WatchOrder& order, CatchUpLimits limits)
      : CatchUp(order.filter, order.after, limits) {
    in_snapshot_ = order.snapshot;
  }

  /// The next page; empty when there is nothing new, or nothing that matches in what was read.
  /// @errors those of the store. Afterwards the subscriber can only be told to start anew.
  Result<CatchUpPage> Read(Store& store);

  /// Whether the next page will be empty: it only finds out where the history ends now.
  [[nodiscard]] bool OnlyAsksForTheEnd() const { return !stands_ && !in_snapshot_; }

 private:
  // A piece of the snapshot that was read, and what must be said before it was not yet.
  struct Piece {
    Cursor at{};
    std::uint64_t covers = 0;  // rooms up to this sequence
    bool last = false;
    std::vector<CatchUpMessage> messages{};
    std::size_t bytes = 0;
  };

  Status FindTheEnd(Store& store);
  Status ReadEvents(Store& store, CatchUpPage& page);
  Status ReadSnapshot(Store& store, CatchUpPage& page);
  Result<Piece> ReadPiece(Store& store) const;
  Status ReadEventsBefore(const Piece& piece, Store& store, CatchUpPage& page);

  const WatchFilter& filter_;
  const CatchUpLimits limits_;
  // Events up to here are dealt with; during a snapshot those of the rooms that it has covered.
  std::optional<Cursor> stands_;
  bool in_snapshot_ = false;
  std::uint64_t covered_ = 0;  // rooms up to this sequence were sent
  std::optional<Piece> piece_;
};

}  // namespace rtcroom
