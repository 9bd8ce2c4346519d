// Connection counts, in total and per address, and their limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include "daemon/base/ip_address.h"
#include "daemon/base/mutex.h"
#include "daemon/http/connection_counts.h"

namespace rtcroom {

struct ConnectionLimits {
  std::size_t total = 20000;
  std::size_t per_address = 2000;
};

/// Counts the connections of all listeners that share it. Addresses count by their
/// `IpAddress::NetworkKey`.
///
/// @threads safe from any thread.
class ConnectionLimiter {
 public:
  explicit ConnectionLimiter(ConnectionLimits limits) : limits_(limits) {}

  /// Applies to new connections; open ones stay.
  void SetLimits(ConnectionLimits limits) EXCLUDES(mutex_);

  /// One connection's entry in the counts; released with this object.
  class Slot {
   public:
    Slot() = default;
    Slot(Slot&& other) noexcept { *this = std::move(other); }
    Slot& operator=(Slot&& other) noexcept {
      std::swap(limiter_, other.limiter_);
      std::swap(address_, other.address_);
      std::swap(in_handshake_, other.in_handshake_);
      return *this;
    }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot();

    /// Counts the connection, and its handshake, towards an address.
    /// @return the limit that is reached, or nullopt. The total still includes the connection then.
    std::optional<RefusalCause> AssignAddress(const IpAddress& address);
    /// The handshake is over.
    void EndHandshake();

   private:
    friend class ConnectionLimiter;
    explicit Slot(ConnectionLimiter& limiter) : limiter_(&limiter) {}

    ConnectionLimiter* limiter_ = nullptr;
    std::optional<IpAddress> address_;
    bool in_handshake_ = false;
  };

  /// @return nullopt when the limit is reached.
  std::optional<Slot> Acquire() EXCLUDES(mutex_);

  [[nodiscard]] std::size_t total() const EXCLUDES(mutex_);

 private:
  struct Count {
    std::size_t open = 0;
    std::size_t handshakes = 0;
  };

  std::optional<RefusalCause> AssignAddress(const IpAddress& address) EXCLUDES(mutex_);
  void EndHandshake(const IpAddress& address) EXCLUDES(mutex_);
  void Leave(const std::optional<IpAddress>& address, bool in_handshake) EXCLUDES(mutex_);

  mutable Mutex mutex_;
  ConnectionLimits limits_ GUARDED_BY(mutex_);
  std::size_t total_ GUARDED_BY(mutex_) = 0;
  /// One entry for each address with connections: bounded by `limits_.total`.
  std::unordered_map<IpAddress, Count> by_address_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
