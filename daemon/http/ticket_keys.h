// The keys that TLS session tickets are sealed with.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"

struct ssl_ctx_st;

namespace rtcroom {

/// Overwrites all of its argument with unpredictable bytes.
/// @threads called from any thread.
using FillRandom = std::function<void(std::span<std::byte>)>;

/// A ticket holds the secrets of its session, so whoever learns its key can read what was said
/// in that session. Hence each key seals tickets for one period only and opens them for one
/// more; then it is forgotten. A phone that comes back later makes a full handshake.
///
/// @threads safe from any thread.
class TicketKeys {
 public:
  static constexpr std::chrono::hours kPeriod{1};
  /// How long a ticket may be of use: the clients are told, and forget it as well.
  static constexpr std::chrono::hours kMaxTicketLife = 2 * kPeriod;

  static constexpr std::size_t kNameBytes = 16;  ///< as OpenSSL fixes it
  using Name = std::span<const unsigned char, kNameBytes>;

  struct Key {
    std::array<unsigned char, kNameBytes> name{};  ///< travels in the ticket, no secret
    std::array<unsigned char, 32> aes{};
    std::array<unsigned char, 32> hmac{};

    Key() = default;
    Key(const Key&) = default;
    Key& operator=(const Key&) = default;
    ~Key();  ///< wipes it
  };
  enum class Age : std::uint8_t { kCurrent, kPrevious };
  struct Found {
    Key key = {};
    Age age = Age::kCurrent;
  };

  /// `clock` must outlive the keys.
  TicketKeys(const Clock& clock, FillRandom fill);
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  /// What tickets are sealed with now.
  Key Current() EXCLUDES(mutex_);

  /// The key of that name, or nothing when there is none or it is too old.
  std::optional<Found> Find(Name name) EXCLUDES(mutex_);

  /// Makes the connections of `context` seal and open their tickets with these keys, which must
  /// outlive them. Takes the context's application data for itself.
  /// @return false when OpenSSL refuses.
  bool Serve(ssl_ctx_st* context);

  /// Fresh bytes, for what else a ticket needs.
  void Fill(std::span<std::byte> out) { fill_(out); }

 private:
  void RotateLocked() REQUIRES(mutex_);
  Key MakeKey();

  const Clock& clock_;
  const FillRandom fill_;
  Mutex mutex_;
  MonotonicTime begun_ GUARDED_BY(mutex_);  ///< the current key's period
  Key current_ GUARDED_BY(mutex_);
  std::optional<Key> previous_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
