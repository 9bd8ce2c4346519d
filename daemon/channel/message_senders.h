// Rates and repetitions of sent messages.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

#include "daemon/base/clock.h"
#include "daemon/base/sip_hash.h"
#include "daemon/base/token_bucket.h"
#include "daemon/channel/repeat_window.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// What a sender is told of a message that was stored.
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

  enum class RoomToken : std::uint8_t {
    kTaken,
    kForMembers,  ///< a member of the room may have it
    kNone,
  };
  /// Takes a token of the room. An account that had a token of any room within the last second
  /// leaves half of the burst to others; one that had none, and is no member, a quarter. So members
  /// that send a message a second at most get theirs whatever all others send: a quarter of the
  /// burst at once, and the whole rate. Others that do get a quarter at once whatever those send
  /// that send more.
  /// @param is_member  false: it is not known.
  [[nodiscard]] RoomToken TakeRoomToken(std::uint64_t room_number, const UserId& account,
                                        bool is_member, const RateLimit& limit, MonotonicTime now);

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
  struct Sender {
    UserId account{};
    TokenBucket bucket{};
    TokenBucket to_absent{};
    MonotonicTime quiet_at = MonotonicTime::min();  ///< a second after its last token of a room
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
