// Thousands of phones at once, from one process.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/load/phone_group.h"
#include "tests/load/phone_stats.h"
#include "tests/load/tls_line.h"

namespace rtcroom {

struct FleetOptions {
  std::string address = {};            ///< numeric `host:port` of HTTPS
  std::filesystem::path trusted = {};  ///< PEM; empty: any certificate is accepted
  std::size_t phones = 100;
  /// Of each phone. Over all phones the heartbeats are evenly spaced.
  std::chrono::milliseconds interval = std::chrono::seconds(7);
  /// A reply that takes longer is a failure. No request is sent while one is awaited.
  std::chrono::milliseconds late_after = std::chrono::seconds(5);
  double joins_per_second = 500;
  std::size_t threads = 2;
  std::string name = "fleet";  ///< prefix of its room and user IDs
};

/// Phones in rooms of four, each a member over its own TLS connection (protocol A.4.3, A.4.5),
/// each with its heartbeat from then on (A.4.9).
///
/// @threads for one thread; the phones have threads of their own.
class PhoneFleet {
 public:
  /// @throws std::runtime_error when the address or the certificate cannot be used.
  explicit PhoneFleet(const FleetOptions& options);

  /// Waits until every phone is a member or has failed. A phone that is neither within `timeout`
  /// has failed with kLate.
  void Gather(std::chrono::seconds timeout = std::chrono::minutes(2));

  /// Waits for this time, and measures the heartbeats answered in it.
  void BeatFor(std::chrono::milliseconds time);

  /// All failures since the start, and the heartbeats of the last `BeatFor`.
  [[nodiscard]] PhoneStats Stats() const;

 private:
  TlsContextPtr tls_;
  std::vector<std::unique_ptr<PhoneGroup>> groups_;  ///< their threads hold their addresses
};

}  // namespace rtcroom
