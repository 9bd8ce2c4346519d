// Rates of log lines, for each address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/log_ration.h"
#include "daemon/base/mutex.h"

namespace rtcroom {

/// A `LogRation` for each address. Addresses beyond `kMaxAddresses` share one.
///
/// @threads safe from any thread.
class AddressRations {
 public:
  static constexpr std::size_t kMaxAddresses = 1024;

  /// The clock outlives this object.
  explicit AddressRations(const Clock& clock) : clock_(clock) {}

  /// @param peer_address  numeric.
  /// @return as `LogRation::Count`.
  std::uint64_t Count(const std::string& peer_address) EXCLUDES(mutex_);

 private:
  LogRation& RationOf(const std::string& peer_address, MonotonicTime now) REQUIRES(mutex_);

  const Clock& clock_;
  Mutex mutex_;
  /// The rations by `AddressKey`.
  std::map<std::string, LogRation> addresses_ GUARDED_BY(mutex_);
  LogRation others_ GUARDED_BY(mutex_);
  std::optional<MonotonicTime> swept_at_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
