// The encryption keys of TLS session tickets.
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

/// Fills its argument with unpredictable bytes.
/// @threads called from any thread.
using FillRandom = std::function<void(std::span<std::byte>)>;

/// A ticket holds the secrets of its session, so a leaked key reveals the traffic of that session.
/// Hence each key encrypts tickets for one period and decrypts them for one more; then it is
/// erased. A client that reconnects later makes a full handshake.
///
/// @threads safe from any thread.
class TicketKeys {
 public:
  static constexpr std::chrono::hours kPeriod{1};
  /// The maximum lifetime of a ticket; also sent to the clients.
  static constexpr std::chrono::hours kMaxTicketLife = 2 * kPeriod;

  static constexpr std::size_t kNameBytes = 16;  ///< fixed by OpenSSL
  using Name = std::span<const unsigned char, kNameBytes>;

  struct Key {
    std::array<unsigned char, kNameBytes> name{};  ///< sent in the ticket, not secret
    std::array<unsigned char, 32> aes{};
    std::array<unsigned char, 32> hmac{};

    Key() = default;
    Key(const Key&) = default;
    Key& operator=(const Key&) = default;
    ~Key();  ///< wipes the secrets
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

  /// The key for new tickets.
  Key Current() EXCLUDES(mutex_);

  /// The key with that name; nullopt when there is none or it is too old.
  std::optional<Found> Find(Name name) EXCLUDES(mutex_);

  /// Makes the connections of `context` use these keys for their tickets. The keys must outlive the
  /// connections. Uses the application data of the context.
  /// @return false when an OpenSSL call fails.
  bool Serve(ssl_ctx_st* context);

  /// Random bytes for the other parts of a ticket.
  void Fill(std::span<std::byte> out) { fill_(out); }

 private:
  void RotateLocked() REQUIRES(mutex_);
  Key MakeKey();

  const Clock& clock_;
  const FillRandom fill_;
  Mutex mutex_;
  MonotonicTime begun_ GUARDED_BY(mutex_);  ///< start of the current key's period
  Key current_ GUARDED_BY(mutex_);
  std::optional<Key> previous_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
