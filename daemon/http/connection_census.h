// How many connections there are, altogether and of each address, and whether there may be more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include "daemon/base/ip_address.h"
#include "daemon/base/mutex.h"
#include "daemon/http/connection_observer.h"

namespace rtcroom {

struct ConnectionLimits {
  std::size_t total = 20000;
  std::size_t per_address = 2000;
};

/// Counts the connections of all listeners that share it. Addresses count by their
/// `IpAddress::NetworkKey`.
///
/// @threads safe from any thread.
class ConnectionCensus {
 public:
  explicit ConnectionCensus(ConnectionLimits limits) : limits_(limits) {}

  /// For connections from now on; those that there are stay.
  void SetLimits(ConnectionLimits limits) EXCLUDES(mutex_);

  /// The place of one connection among all, given back with this object.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept { *this = std::move(other); }
    Place& operator=(Place&& other) noexcept {
      std::swap(census_, other.census_);
      std::swap(address_, other.address_);
      std::swap(in_handshake_, other.in_handshake_);
      return *this;
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place();

    /// Counts it to an address, and among its handshakes, too.
    /// @return why it may not; it still has its place among all then.
    std::optional<RefusalCause> Claim(const IpAddress& address);
    /// The handshake is over.
    void EndHandshake();

   private:
    friend class ConnectionCensus;
    explicit Place(ConnectionCensus& census) : census_(&census) {}

    ConnectionCensus* census_ = nullptr;
    std::optional<IpAddress> address_;
    bool in_handshake_ = false;
  };

  /// @return nothing when there are as many as may be.
  std::optional<Place> Enter() EXCLUDES(mutex_);

  [[nodiscard]] std::size_t total() const EXCLUDES(mutex_);

 private:
  struct Count {
    std::size_t open = 0;
    std::size_t handshakes = 0;
  };

  std::optional<RefusalCause> Claim(const IpAddress& address) EXCLUDES(mutex_);
  void EndHandshake(const IpAddress& address) EXCLUDES(mutex_);
  void Leave(const std::optional<IpAddress>& address, bool in_handshake) EXCLUDES(mutex_);

  mutable Mutex mutex_;
  ConnectionLimits limits_ GUARDED_BY(mutex_);
  std::size_t total_ GUARDED_BY(mutex_) = 0;
  /// As many entries as there are addresses with connections: bounded by `limits_.total`.
  std::unordered_map<IpAddress, Count> by_address_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
