// Limits on the rooms that callers of one address, or one user, may hold at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "daemon/base/mutex.h"
#include "daemon/base/random_source.h"
#include "daemon/base/result.h"
#include "daemon/base/sip_hash.h"
#include "daemon/core/commit_listener.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The address and user that a seat is counted for.
struct SeatOwner {
  std::string address{};         ///< an `AddressKey`; empty: not counted
  std::optional<UserId> user{};  ///< only when proven by a token
};

struct RoomQuotaLimits {
  std::size_t per_address = 10'000;  ///< 0: no limit
  std::size_t per_user = 10;         ///< 0: no limit
};

/// Counts seats: a user's place among the pushers of a room, from the call that took it until the
/// user leaves, is evicted or the room ends for any reason; and the creator's place in a room
/// without pushers. Every room has one of them, so this bounds rooms, too.
///
/// Follows the store through the commits, in order. Seats taken before this process started, or
/// while both limits were off, are not counted until their users rejoin.
///
/// Names and addresses are stored as 64 bits of a keyed hash: about 60 bytes for each seat, and
/// none while both limits are off.
///
/// @threads safe from any thread.
class RoomQuota : public CommitListener {
 public:
  /// A seat that a caller is about to take, counted already. Released at the end of the scope
  /// unless a commit has made it a seat.
  class Claim {
   public:
    Claim() = default;
    Claim(RoomQuota& quota, std::uint64_t seat) : quota_(&quota), seat_(seat) {}
    Claim(Claim&& other) noexcept
        : quota_(std::exchange(other.quota_, nullptr)), seat_(other.seat_) {}
    Claim& operator=(Claim&&) = delete;
    ~Claim() {
      if (quota_ != nullptr) quota_->End(seat_);
    }

   private:
    RoomQuota* quota_ = nullptr;
    std::uint64_t seat_ = 0;
  };

  /// @param random  keys the hash.
  explicit RoomQuota(RandomSource& random);

  /// Whether the owner may take another seat.
  /// @errors kTooManyRooms, naming the key of the limit.
  [[nodiscard]] Status Check(const SeatOwner& owner) const EXCLUDES(mutex_);

  /// Counts a seat, unless it is counted already.
  /// @param is_seated  the user has that seat, and may keep it even above the limit.
  /// @errors as `Check`.
  Result<Claim> Take(const SeatOwner& owner, const RoomKey& room, const UserId& user_id,
                     bool is_seated) EXCLUDES(mutex_);

  void OnCommit(const Committed& committed) noexcept override EXCLUDES(mutex_);

  /// Takes effect immediately; an owner above the new limit keeps its seats.
  void SetLimits(const RoomQuotaLimits& limits) EXCLUDES(mutex_);

  /// Number of counted seats.
  [[nodiscard]] std::size_t size() const EXCLUDES(mutex_);

 private:
  struct Seat {
    std::optional<std::uint64_t> address{};  ///< hashes of the owners
    std::optional<std::uint64_t> user{};
    std::uint32_t claims = 0;  ///< calls that are about to take it
    bool is_taken = false;
  };
  using Seats = std::unordered_map<std::uint64_t, Seat>;

  [[nodiscard]] std::uint64_t HashOf(const RoomKey& room, std::string_view user_id = {}) const;
  /// The seat entry for that owner.
  [[nodiscard]] Seat SeatOfLocked(const SeatOwner& owner) const REQUIRES(mutex_);
  [[nodiscard]] bool IsFullLocked(const std::optional<std::uint64_t>& owner, std::size_t most) const
      REQUIRES(mutex_);
  [[nodiscard]] Status CheckLocked(const Seat& seat) const REQUIRES(mutex_);
  void ApplyLocked(const RoomEvent& event) REQUIRES(mutex_);
  /// @return false for a seat without an owner.
  bool TakeLocked(std::uint64_t seat) REQUIRES(mutex_);
  /// A pusher joined the room, or the room ended.
  void EndWaitLocked(const RoomKey& room) REQUIRES(mutex_);
  void LeaveLocked(std::uint64_t seat) REQUIRES(mutex_);
  void DropIfFreeLocked(Seats::iterator seat) REQUIRES(mutex_);
  void End(std::uint64_t seat) EXCLUDES(mutex_);

  SipHashKey secret_;  ///< does not change after construction
  mutable Mutex mutex_;
  RoomQuotaLimits limits_ GUARDED_BY(mutex_);
  // Keys are keyed hashes already: no further key is needed.
  Seats seats_ GUARDED_BY(mutex_);
  /// The rooms that each owner holds; none is 0.
  std::unordered_map<std::uint64_t, std::size_t> held_ GUARDED_BY(mutex_);
  /// The creator's seat of rooms without pushers.
  std::unordered_map<std::uint64_t, std::uint64_t> waiting_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
