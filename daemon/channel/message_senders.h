// Rates and repetitions of sent messages.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/sip_hash.h"
#include "daemon/base/token_bucket.h"
#include "daemon/channel/repeat_window.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The facts that a sender is told of a message that was stored.
struct SentMessage {
  TimePoint at{};
  std::uint64_t seq = 0;  ///< in the group; 0 for a direct message
};

/// The senders of the last five minutes. What they have sent is remembered here although the store
/// recognises repetitions: a repetition costs nothing, and busy groups displace the first one soon.
///
/// @threads for one thread at a time.
class MessageSenders {
 public:
  static constexpr std::chrono::minutes kMemory = kRepeatedWithin;
  /// Remembered messages of one sender; the oldest are forgotten first.
  static constexpr std::size_t kMaxRemembered = 200;

  /// @param max_senders  in memory; the least recently used are forgotten first.
  explicit MessageSenders(std::size_t max_senders = 100'000) : max_senders_(max_senders) {}

  /// Takes a token of the account.
  [[nodiscard]] bool TakeToken(const UserId& account, const RateLimit& limit, MonotonicTime now);
  /// Takes a token for a message to an account that is not logged in.
  [[nodiscard]] bool TakeAbsentToken(const UserId& account, const RateLimit& limit,
                                     MonotonicTime now);

  /// Messages of an account to all rooms that count as few.
  static constexpr RateLimit kFewMessages{.per_second = 1, .burst = 3};

  enum class RoomToken : std::uint8_t {
    kTaken,
    kForMembers,  ///< a member of the room may have it: find out, call `SetMember`, and take again
    kNone,
  };
  /// Takes a token of the room. Where they are scarce, members go before strangers, and accounts
  /// with few messages before others: of the burst, members with many leave an eighth to others,
  /// strangers with few a quarter, and strangers with many half. So members with few messages get
  /// theirs whatever all others send, and what one stranger sends displaces no message of a member.
  /// @param is_member  false: what was last set within the second before.
  /// @return kForMembers once a second for each account and room.
  [[nodiscard]] RoomToken TakeRoomToken(std::uint64_t room_number, const UserId& account,
                                        bool is_member, const RateLimit& limit, MonotonicTime now);
  /// Whether a message that goes last would be refused: half of the burst is left to others.
  [[nodiscard]] bool IsNearRate(std::uint64_t room_number, const RateLimit& limit,
                                MonotonicTime now) const;
  /// It notes for the next second whether the account is a member.
  void SetMember(std::uint64_t room_number, const UserId& account, bool is_member,
                 MonotonicTime now);

  /// The stored message that this one repeats; nullopt: none is remembered.
  /// @param target  number of the room, or one that stands for the receiver.
  [[nodiscard]] std::optional<SentMessage> FindSent(const UserId& account, std::uint64_t target,
                                                    std::uint64_t random, MonotonicTime now) const;
  /// It was stored.
  void Remember(const UserId& account, std::uint64_t target, std::uint64_t random,
                const SentMessage& sent, MonotonicTime now);

  void ForgetOld(MonotonicTime now);
  [[nodiscard]] std::size_t size() const { return senders_.size(); }

 private:
  struct Remembered {
    MonotonicTime since{};
    std::uint64_t target = 0;
    std::uint64_t random = 0;
    SentMessage sent{};
  };
  struct Membership {
    std::uint64_t room_number = 0;
    bool is_member = false;
    MonotonicTime until{};
  };
  struct Sender {
    UserId account{};
    TokenBucket bucket{};
    TokenBucket to_absent{};
    TokenBucket few{};                      ///< of `kFewMessages`
    std::vector<Membership> memberships{};  ///< those of the last second
    MonotonicTime used_at{};
    std::list<Remembered> remembered{};
  };

  Sender& Use(const UserId& account, MonotonicTime now);
  void ForgetOldest();

  const std::size_t max_senders_;
  std::list<Sender> by_use_;  ///< least recently used first
  std::unordered_map<UserId, std::list<Sender>::iterator> senders_;
  std::unordered_map<std::uint64_t, TokenBucket> rooms_;  ///< those that are not full
};

}  // namespace rtcroom
