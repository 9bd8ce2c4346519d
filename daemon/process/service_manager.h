// Who started this process and wants to hear how it fares.
#pragma once

#include <string_view>

namespace rtcroom {

/// @threads implementations are safe from any thread.
class ServiceManager {
 public:
  virtual ~ServiceManager() = default;

  /// @param assignments  of sd_notify(3): `NAME=value`, one in each line. What cannot be delivered
  ///                     is lost: a server goes on whatever becomes of its manager.
  virtual void Notify(std::string_view assignments) noexcept = 0;
};

/// Nobody wants to know.
class NoServiceManager : public ServiceManager {
 public:
  void Notify(std::string_view /*assignments*/) noexcept override {}
};

}  // namespace rtcroom
