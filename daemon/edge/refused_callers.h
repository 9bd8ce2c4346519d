// Which clients were refused for want of a good ticket or token.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/core/clock.h"
#include "handlers/request.h"

namespace rtcroom {

/// Tells the log at info: of the first request of an address at once, and from then on at most once
/// in `kPeriod`, with how many there were since the line before. The line has nothing of what was
/// shown. Addresses beyond the `kMaxAddresses` newest share one line.
///
/// @threads safe from any thread.
class RefusedCallers {
 public:
  static constexpr std::chrono::seconds kPeriod{10};
  static constexpr std::size_t kMaxAddresses = 1024;

  /// Both outlive this.
  RefusedCallers(const Clock& clock, Logger& logger) : clock_(clock), logger_(logger) {}

  /// Does nothing for a request that was not refused for that reason.
  /// @param peer_address  numeric, of the client.
  /// @param label         of the reply.
  void Note(std::string_view request_id, const std::string& peer_address, const RequestLabel& label)
      EXCLUDES(mutex_);

 private:
  struct Refused {
    std::optional<MonotonicTime> told_at{};  ///< nothing before the first line
    std::uint64_t untold = 0;
  };

  /// @return how many are to be told of now, this one included; 0: none.
  std::uint64_t Count(const std::string& peer_address) EXCLUDES(mutex_);
  Refused& RefusedOf(const std::string& peer_address, MonotonicTime now) REQUIRES(mutex_);

  const Clock& clock_;
  Logger& logger_;
  Mutex mutex_;
  /// By what `AddressKey` makes of them.
  std::map<std::string, Refused> addresses_ GUARDED_BY(mutex_);
  Refused others_ GUARDED_BY(mutex_);
  std::optional<MonotonicTime> swept_at_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
