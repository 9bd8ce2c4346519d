// nginx in front of several servers, as deploy/cluster/run sets it up.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/loopback_socket.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {

/// @throws std::runtime_error when it does not start.
class FrontProxy {
 public:
  /// @param ports  of the servers' plain HTTP.
  explicit FrontProxy(const std::vector<int>& ports);

  [[nodiscard]] int port() const { return port_.Port(); }

 private:
  const TempDirectory folder_;
  const LoopbackSocket port_ = LoopbackSocket::Bind();  ///< so that no other program gets it
  std::optional<ChildProcess> nginx_;
};

}  // namespace rtcroom
