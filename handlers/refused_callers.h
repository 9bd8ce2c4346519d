// Logging of clients that were refused for lack of a valid ticket or token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/log_ration.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "handlers/request_label.h"

namespace rtcroom {

/// Logs refusals at info, each address at the rate of a `LogRation`. The line holds no part of the
/// ticket or token. Addresses beyond `kMaxAddresses` share one ration.
///
/// @threads safe from any thread.
class RefusedCallers {
 public:
  static constexpr std::size_t kMaxAddresses = 1024;

  /// Both outlive this object.
  RefusedCallers(const Clock& clock, Logger& logger) : clock_(clock), logger_(logger) {}

  /// No effect for a request that was not refused for that reason.
  /// @param peer_address  numeric, of the client.
  /// @param label         of the reply.
  void Record(std::string_view request_id, const std::string& peer_address,
              const RequestLabel& label) EXCLUDES(mutex_);

 private:
  /// @return as `LogRation::Count`.
  std::uint64_t Count(const std::string& peer_address) EXCLUDES(mutex_);
  LogRation& RationOf(const std::string& peer_address, MonotonicTime now) REQUIRES(mutex_);

  const Clock& clock_;
  Logger& logger_;
  Mutex mutex_;
  /// By `AddressKey`.
  std::map<std::string, LogRation> addresses_ GUARDED_BY(mutex_);
  LogRation others_ GUARDED_BY(mutex_);
  std::optional<MonotonicTime> swept_at_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
