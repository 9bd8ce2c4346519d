// Whether the services around would work with what is configured.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace rtcroom {

/// What an operator would have to look at.
enum class ConfigPart : std::uint8_t {
  kLiveAddress,  ///< `live.bizid` or `live.push_host`
  kLiveKey,      ///< `live.push_key`
  kImApplication,
  kImAdministrator,
  kImKey,
  kImService,  ///< the service itself, or the way to it
};

enum class ConfigFault : std::uint8_t {
  kMissing,      ///< nothing is configured
  kRefused,      ///< the service does not accept it
  kUnreachable,  ///< no answer, or none that can be read
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

  /// Looks at what is configured and asks the IM service something that changes nothing there.
  /// Never blocks.
  ///
  /// @param done  told what is wrong, at most one finding for each part; called exactly once,
  /// within
  ///              seconds: before this returns, or later from another thread. It must neither block
  ///              for long nor throw.
  virtual void Check(Done done) = 0;
};

}  // namespace rtcroom
