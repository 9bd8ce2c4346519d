// Stands in for systemd: the socket that services notify.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "tests/support/eventually.h"

namespace rtcroom {

/// What one datagram said, and the process that sent it, as the kernel tells.
struct Notice {
  std::string text = {};
  pid_t sender = -1;

  /// The value of an assignment; nothing when it is not there.
  [[nodiscard]] std::optional<std::string> Value(const std::string& name) const;
};

/// @threads for one thread.
class ManagerStandIn {
 public:
  /// @param address  a path, or a name in the abstract namespace behind an `@`.
  /// @throws std::system_error when there is no such socket to be had.
  explicit ManagerStandIn(std::string address);
  ~ManagerStandIn();
  ManagerStandIn(const ManagerStandIn&) = delete;
  ManagerStandIn& operator=(const ManagerStandIn&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }

  /// The next notice, in the order of their coming.
  std::optional<Notice> Next(std::chrono::milliseconds patience = kPatience);

  /// The next one that has the assignment `NAME=value`; those before it are passed over.
  std::optional<Notice> Await(const std::string& name, const std::string& value);

 private:
  const std::string address_;
  int descriptor_ = -1;
};

}  // namespace rtcroom
