// Reads from the store for a subscriber until the ring of newest events suffices.
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
#include "daemon/grpc/watch_filter.h"
#include "daemon/grpc/watch_spec.h"

namespace rtcroom {

/// Limits on the work and result of one read.
struct CatchUpLimits {
  std::size_t events_per_read = 256;
  std::size_t rooms_per_read = 128;
  /// A part of a page ends with the message that reaches this limit; a page has at most two parts.
  std::size_t max_bytes = std::size_t{64} * 1024;
};

struct CatchUpMessage {
  grpc::ByteBuffer bytes{};
  bool is_event = false;
  /// The subscriber's cursor once the message is sent; nullopt during a snapshot.
  std::optional<Cursor> cursor{};
};

struct CatchUpPage {
  std::vector<CatchUpMessage> messages{};
  /// The subscriber's cursor at the end of the page, as in `CatchUpMessage`.
  std::optional<Cursor> cursor{};
};

/// Reads the pending messages of one subscriber from the store, page by page.
///
/// A snapshot is read in pieces. Each piece shows its rooms at one moment; the moments differ. A
/// piece is preceded by the events, up to its moment, of the rooms in earlier pieces: a client that
/// applies the messages in order has, at the end of each piece, exactly the rooms that the pieces
/// cover as they were at its moment. Rooms come in the order of their creation, so those created
/// meanwhile come last.
///
/// @threads one thread at a time.
class CatchUp {
 public:
  /// @param filter  must outlive this object.
  /// @param after   where to start; nullopt: at the present end of the history.
  CatchUp(const WatchFilter& filter, std::optional<Cursor> after, CatchUpLimits limits)
      : filter_(filter), limits_(limits), cursor_(std::move(after)) {}
  /// The catching-up that the request orders.
  /// @param spec  must outlive this object.
  CatchUp(const WatchSpec& spec, CatchUpLimits limits) : CatchUp(spec.filter, spec.after, limits) {
    in_snapshot_ = spec.snapshot;
  }

  /// The next page; empty when there is nothing new, or when nothing that was read matches.
  /// @errors those of the store. Afterwards the subscriber must start over.
  Result<CatchUpPage> Read(Store& store);

  /// Whether the next page will be empty: it only determines the present end of the history.
  [[nodiscard]] bool IsOnlySeekingEnd() const { return !cursor_ && !in_snapshot_; }

 private:
  // A piece of the snapshot that was read, but whose preceding events were not sent yet.
  struct Piece {
    Cursor at{};
    std::uint64_t covers = 0;  // rooms up to this sequence
    bool last = false;
    std::vector<CatchUpMessage> messages{};
    std::size_t bytes = 0;
  };

  Status FindEnd(Store& store);
  Status ReadEvents(Store& store, CatchUpPage& page);
  Status ReadSnapshot(Store& store, CatchUpPage& page);
  Result<Piece> ReadPiece(Store& store) const;
  Status ReadEventsBefore(const Piece& piece, Store& store, CatchUpPage& page);

  const WatchFilter& filter_;
  const CatchUpLimits limits_;
  // Events up to here are done; during a snapshot those of the rooms already covered.
  std::optional<Cursor> cursor_;
  bool in_snapshot_ = false;
  std::uint64_t covered_ = 0;  // rooms up to this sequence were sent
  std::optional<Piece> piece_;
};

}  // namespace rtcroom
