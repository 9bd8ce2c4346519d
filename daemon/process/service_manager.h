// The service manager, which is notified of the state of this process.
#pragma once

#include <string_view>

namespace rtcroom {

/// @threads implementations are safe from any thread.
class ServiceManager {
 public:
  virtual ~ServiceManager() = default;

  /// @param assignments  of sd_notify(3): `NAME=value`, one per line. Undeliverable ones are
  ///         dropped: the server does not depend on its manager.
  virtual void Notify(std::string_view assignments) noexcept = 0;
};

/// Used when there is no service manager.
class NoServiceManager : public ServiceManager {
 public:
  void Notify(std::string_view /*assignments*/) noexcept override {}
};

}  // namespace rtcroom
