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
#include "daemon/core/ids.h"

namespace rtcroom {

/// What a sender is told of a message that was stored.
struct SentMessage {
  TimePoint at{};
  std::uint64_t seq = 0;  ///< in the group; 0 for a direct message
};

/// The senders of the last five minutes.
///
/// @threads for one thread at a time.
class MessageSenders {
 public:
  /// How long a repetition is recognised.
  static constexpr std::chrono::minutes kMemory{5};
  /// Remembered messages of one sender; the oldest are forgotten first.
  static constexpr std::size_t kMaxRemembered = 200;

  /// @param max_senders  in memory; the least recently used are forgotten first.
  explicit MessageSenders(std::size_t max_senders = 100'000) : max_senders_(max_senders) {}

  /// Takes a token of the account.
  [[nodiscard]] bool TakeToken(const UserId& account, const RateLimit& limit, MonotonicTime now);
  /// Takes a token of the room.
  [[nodiscard]] bool TakeRoomToken(std::uint64_t room_number, const RateLimit& limit,
                                   MonotonicTime now);

  /// A message of the same sender, target and number.
  struct Repeated {
    std::optional<SentMessage> sent{};  ///< nullopt: it is being stored
  };
  /// The message that this one repeats; nullopt: none. Then this one is remembered, and has to be
  /// followed by `Finish` or `Abandon`.
  /// @param target  number of the room; 0 for a direct message.
  [[nodiscard]] std::optional<Repeated> Begin(const UserId& account, std::uint64_t target,
                                              std::uint64_t random, MonotonicTime now);
  /// It was stored.
  void Finish(const UserId& account, std::uint64_t target, std::uint64_t random,
              const SentMessage& sent, MonotonicTime now);
  /// It was not stored.
  void Abandon(const UserId& account, std::uint64_t target, std::uint64_t random);

  void ForgetOld(MonotonicTime now);
  [[nodiscard]] std::size_t size() const { return senders_.size(); }

 private:
  struct Remembered {
    MonotonicTime since{};
    std::uint64_t target = 0;
    std::uint64_t random = 0;
    std::optional<SentMessage> sent{};  ///< nullopt: it is being stored
  };
  struct Sender {
    UserId account{};
    TokenBucket bucket{};
    MonotonicTime used_at{};
    std::list<Remembered> remembered{};
  };

  static std::list<Remembered>::iterator Find(Sender& sender, std::uint64_t target,
                                              std::uint64_t random);
  Sender& Use(const UserId& account, MonotonicTime now);
  void ForgetOldest();

  const std::size_t max_senders_;
  std::list<Sender> by_use_;  ///< least recently used first
  std::unordered_map<UserId, std::list<Sender>::iterator> senders_;
  std::unordered_map<std::uint64_t, TokenBucket> rooms_;  ///< those that are not full
};

}  // namespace rtcroom
