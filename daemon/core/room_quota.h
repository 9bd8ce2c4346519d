// How many rooms callers of one address, or one user, may hold at once.
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
#include "daemon/core/ids.h"
#include "daemon/core/store.h"

namespace rtcroom {

/// Whom a seat counts to.
struct SeatOwner {
  std::string address{};         ///< an `AddressKey`; empty: to none
  std::optional<UserId> user{};  ///< where a token proves it
};

struct RoomQuotaLimits {
  std::size_t per_address = 10'000;  ///< 0: no limit
  std::size_t per_user = 10;         ///< 0: no limit
};

/// Counts seats: a user's place among the pushers of a room, from the call that took it until the
/// user leaves, is evicted or the room ends, whatever ends it; and that of the creator of a room in
/// which nobody is yet. As there is no room without one of them, this bounds rooms, too.
///
/// It follows the store by hearing of every commit in order. Seats that were taken before this
/// process began, or while both limits were off, count to nobody until their users come back to
/// them.
///
/// Names and addresses are known by 64 bits of a keyed hash: about 60 bytes for each seat, and
/// none while both limits are off.
///
/// @threads safe from any thread.
class RoomQuota : public CommitListener {
 public:
  /// A seat that somebody is about to take, counted already. What no commit has made a seat by the
  /// end of the scope is given back.
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
  /// @param sits_there  the user has that seat, and may keep it even when there are too many.
  /// @errors as `Check`.
  Result<Claim> Take(const SeatOwner& owner, const RoomKey& room, const UserId& user_id,
                     bool sits_there) EXCLUDES(mutex_);

  void OnCommit(std::span<const RoomChange> changes) noexcept override EXCLUDES(mutex_);

  /// From now on; whoever has more keeps them.
  void SetLimits(const RoomQuotaLimits& limits) EXCLUDES(mutex_);

  /// Seats that count to somebody.
  [[nodiscard]] std::size_t size() const EXCLUDES(mutex_);

 private:
  struct Seat {
    std::optional<std::uint64_t> address{};  ///< whom it counts to, by their hashes
    std::optional<std::uint64_t> user{};
    std::uint32_t claims = 0;  ///< calls that are about to take it
    bool is_taken = false;
  };
  using Seats = std::unordered_map<std::uint64_t, Seat>;

  [[nodiscard]] std::uint64_t HashOf(const RoomKey& room, std::string_view user_id = {}) const;
  /// Whom a seat of that owner would count to.
  [[nodiscard]] Seat SeatOfLocked(const SeatOwner& owner) const REQUIRES(mutex_);
  [[nodiscard]] bool IsFullLocked(const std::optional<std::uint64_t>& owner, std::size_t most) const
      REQUIRES(mutex_);
  [[nodiscard]] Status CheckLocked(const Seat& seat) const REQUIRES(mutex_);
  void ApplyLocked(const RoomChange& change) REQUIRES(mutex_);
  /// @return false for a seat that counts to nobody.
  bool TakeLocked(std::uint64_t seat) REQUIRES(mutex_);
  /// Somebody is in the room from now on, or nobody ever will be.
  void EndWaitLocked(const RoomKey& room) REQUIRES(mutex_);
  void LeaveLocked(std::uint64_t seat) REQUIRES(mutex_);
  void DropIfFreeLocked(Seats::iterator seat) REQUIRES(mutex_);
  void End(std::uint64_t seat) EXCLUDES(mutex_);

  SipHashKey secret_;  ///< does not change after construction
  mutable Mutex mutex_;
  RoomQuotaLimits limits_ GUARDED_BY(mutex_);
  // Keys are hashes with a secret: no further one is needed.
  Seats seats_ GUARDED_BY(mutex_);
  std::unordered_map<std::uint64_t, std::size_t> held_ GUARDED_BY(mutex_);  ///< by owner; none is 0
  /// The creator's seat of rooms in which nobody is yet.
  std::unordered_map<std::uint64_t, std::uint64_t> waiting_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
