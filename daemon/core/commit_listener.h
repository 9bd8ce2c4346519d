// The interface by which a store reports its commits.
#pragma once

#include <cstdint>
#include <span>

#include "daemon/core/account_login.h"
#include "daemon/core/ban_store.h"
#include "daemon/core/delivery_store.h"
#include "daemon/core/ended_login_store.h"
#include "daemon/core/ids.h"
#include "daemon/core/room_change.h"
#include "daemon/core/room_event.h"

namespace rtcroom {

/// The mix of a room was changed: no event, since no subscriber needs to know.
struct MixChanged {
  std::uint64_t after = 0;  ///< position of the newest event before it, of any room
  RoomKey room{};
  std::uint64_t room_number = 0;  ///< `Room::sequence`
  RoomMix mix{};

  bool operator==(const MixChanged&) const = default;
};

/// @param after  see `MixChanged`.
inline MixChanged MixChangeOf(const RoomChange& change, std::uint64_t after) {
  return {.after = after,
          .room = change.room.key,
          .room_number = change.room.sequence,
          .mix = MixOf(change.room)};
}

/// The contents of a commit; each list is in the store's order.
struct Committed {
  std::span<const StoredEvent> events{};
  std::span<const MixChanged> mixes{};
  std::span<const Revocation> revocations{};
  std::span<const Ban> bans{};  ///< all of other programs, and perhaps own ones
  std::span<const AccountLogin> account_logins{};
  std::span<const EndedLogin> ended_logins{};             ///< `bans` tells which
  std::span<const AccountValidity> account_validities{};  ///< `bans` tells which
  bool has_im_deliveries = false;                         ///< some were enqueued
  bool has_trtc_deliveries = false;
  bool has_messages = false;  ///< `MessageStore::ReadMessages` returns them from now on
};

/// Notes in `committed` for which service a delivery was enqueued.
inline void RecordDelivery(const DeliveryChange& change, Committed& committed) {
  if (!change.enqueue) return;
  (IsForTrtc(*change.enqueue) ? committed.has_trtc_deliveries : committed.has_im_deliveries) = true;
}

/// Called after every commit, before the calls that it serves return. Everything that the store
/// commits is reported once, in the store's order. An implementation must be quick, must not call
/// the store, and cannot fail.
class CommitListener {
 public:
  virtual ~CommitListener() = default;
  virtual void OnCommit(const Committed& committed) noexcept = 0;
};

}  // namespace rtcroom
