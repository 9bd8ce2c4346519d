// PgBouncer in front of a PostgreSQL server of a test.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tests/support/child_process.h"
#include "tests/support/loopback_socket.h"
#include "tests/support/postgres_server.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {

/// Ignores the settings of startup packets, as PgBouncer is often configured to. Ends with the
/// test.
///
/// @threads one thread, the one that made it.
class PgBouncer {
 public:
  /// Returns when it accepts connections.
  /// @param pool_mode  "session" or "transaction".
  /// @throws std::runtime_error, with what it wrote.
  PgBouncer(const PostgresServer& server, std::string_view pool_mode);

  /// "host:port".
  [[nodiscard]] std::string Host() const;

 private:
  TempDirectory directory_;
  LoopbackSocket port_ = LoopbackSocket::Bind();  ///< bound, so that no other program gets it
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace rtcroom
