// Stands in for systemd: the socket that services notify.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/types.h>

#include "daemon/base/mutex.h"
#include "tests/support/eventually.h"

namespace rtcroom {

/// The content of one datagram and its sender process as reported by the kernel.
struct Notice {
  std::string text = {};
  pid_t sender = -1;

  /// The value of an assignment; nullopt when it is missing.
  [[nodiscard]] std::optional<std::string> Value(const std::string& name) const;
};

/// It takes notices also while nobody asks for them: the socket holds ten, and a service does not
/// wait for a place.
///
/// @threads for one thread.
class ManagerStandIn {
 public:
  /// @param address  a path, or a name in the abstract namespace after an `@`.
  /// @throws std::system_error when the socket cannot be created.
  explicit ManagerStandIn(std::string address);
  ~ManagerStandIn();
  ManagerStandIn(const ManagerStandIn&) = delete;
  ManagerStandIn& operator=(const ManagerStandIn&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }

  /// The next notice, in order of arrival.
  std::optional<Notice> Next(std::chrono::milliseconds timeout = kWaitTimeout);

  /// The next notice with the assignment `NAME=value`; earlier ones are skipped.
  std::optional<Notice> Await(const std::string& name, const std::string& value);

 private:
  /// Takes what has arrived.
  void Take() REQUIRES(mutex_);

  const std::string address_;
  int descriptor_ = -1;
  Mutex mutex_;
  std::deque<Notice> notices_ GUARDED_BY(mutex_);
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace rtcroom
