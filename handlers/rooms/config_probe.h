// Checks the configuration against the outside services.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace rtcroom {

/// The part of the configuration or environment that an operator must check.
enum class ConfigPart : std::uint8_t {
  kLiveAddress,  ///< `live.bizid` or `live.push_host`
  kLiveKey,      ///< `live.push_key`
  kImApplication,
  kImAdministrator,
  kImKey,
  kImService,  ///< the service itself, or the network path to it
};

enum class ConfigFault : std::uint8_t {
  kMissing,      ///< not configured
  kRefused,      ///< the service does not accept it
  kUnreachable,  ///< no response, or an unreadable one
};

struct ConfigFinding {
  ConfigPart part = ConfigPart::kImService;
  ConfigFault fault = ConfigFault::kMissing;
  int error_code = 0;  ///< of the service that refused; 0 otherwise

  bool operator==(const ConfigFinding&) const = default;
};

/// @threads implementations are safe from any thread.
/// @source protocol A.5.
class ConfigProbe {
 public:
  virtual ~ConfigProbe() = default;

  using Done = std::function<void(const std::vector<ConfigFinding>&)>;

  /// Checks the configuration and sends the IM service a request that changes nothing there. Never
  /// blocks.
  ///
  /// @param done  receives the findings, at most one for each part; called exactly once, within
  ///              seconds: before this returns, or later from another thread. It must neither block
  ///              for long nor throw.
  virtual void Check(Done done) = 0;
};

}  // namespace rtcroom
