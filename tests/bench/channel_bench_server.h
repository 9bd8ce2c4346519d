// The server of the channel's measurements, and the CPU that it and its clients use.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include <sys/types.h>

#include "tests/support/server_process.h"

namespace rtcroom {

/// A server with logins and without rate limits, for as many connections as it may have
/// descriptors.
Settings ChannelBenchSettings();

/// The CPU time of a server and of this process since its construction.
///
/// @threads for one thread.
class CpuMeter {
 public:
  explicit CpuMeter(pid_t server);

  /// User and system time of the server for each of so many deliveries, in microseconds.
  [[nodiscard]] double MicrosecondsFor(std::size_t deliveries) const;
  /// "server 12.3 % of a core, clients 20.1 %".
  [[nodiscard]] std::string Shares() const;

 private:
  const pid_t server_;
  const std::chrono::steady_clock::time_point begun_;
  const std::chrono::milliseconds server_before_;
  const std::chrono::milliseconds clients_before_;
};

}  // namespace rtcroom
