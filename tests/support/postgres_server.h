// A PostgreSQL server of a test program's own.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_rows.h"
#include "tests/support/child_process.h"
#include "tests/support/loopback_socket.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {

/// Of the superuser `postgres`, over TCP.
inline constexpr std::string_view kPostgresPassword = "sesame-7f3a";

/// A program that refuses to run as root, as PostgreSQL does: another account runs it then.
ChildCommand AsServerAccount(const std::filesystem::path& program,
                             std::vector<std::string> arguments);
/// Makes that account the owner of a file.
void GiveToServerAccount(const std::filesystem::path& path);

/// Repeats attempts that ran out of their time: on a busy machine a server may need longer than
/// `PgConnection::kHostTime` to accept one.
Status ConnectToPostgres(PgConnection& connection, MonotonicTime deadline);

/// Runs one statement on a connection of its own, which a standby refuses.
/// @throws std::runtime_error
[[nodiscard]] PgRows QueryPostgres(const Secret& url, const std::string& sql);

/// The newest installed PostgreSQL, with an empty cluster in a temporary directory: on a free port
/// of 127.0.0.1 (with the password), and on a Unix socket in the directory (without). When the test
/// runs as root the server runs as an unprivileged user. It ends with the test.
///
/// @throws std::runtime_error, from all methods, with what the server wrote.
/// @threads one thread, the one that made it.
class PostgresServer {
 public:
  enum class Standby { kSynchronous, kAsynchronous };

  /// Returns when it accepts connections.
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  [[nodiscard]] int port() const { return port_.Port(); }
  /// Of the process that all others of it are children of; while it runs.
  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  [[nodiscard]] const std::filesystem::path& socket_directory() const { return directory_.path(); }
  /// As the superuser.
  [[nodiscard]] Secret Url() const;
  /// Likewise, in a new schema.
  [[nodiscard]] Secret UrlOfNewSchema();

  [[nodiscard]] PgRows Query(const std::string& sql) const { return QueryPostgres(Url(), sql); }
  void Execute(const std::string& sql) const { (void)Query(sql); }
  /// Ends other connections with such a row of `pg_stat_activity`. Returns when they are gone.
  void EndConnections(std::string_view which) const;

  /// Accepts TLS, too, from the next connections on.
  /// @param certificate  and `key`: PEM files; copied.
  void ServeTls(const std::filesystem::path& certificate, const std::filesystem::path& key) const;

  /// Ends it, with its connections, in an orderly way.
  void Stop();
  /// Ends it at once; the next start recovers from the log.
  void Crash();
  /// Again, on the same port. Returns when it accepts connections.
  void Start();
  /// Stops all its processes; the system still accepts connections for it.
  void Freeze() const;
  void Thaw() const;

  /// A standby of this server, which streams from it when this returns. With a synchronous one,
  /// commits wait for it from then on.
  /// @param relay  port of 127.0.0.1 by which it reaches this server; none: directly.
  [[nodiscard]] std::unique_ptr<PostgresServer> MakeStandby(Standby kind,
                                                            std::optional<int> relay = {});
  /// Makes a standby a primary. Returns when it takes writes.
  void Promote() const;

 private:
  PostgresServer(const PostgresServer& primary, std::string_view name, std::optional<int> relay);

  [[nodiscard]] std::filesystem::path Data() const { return directory_.path() / "data"; }
  [[nodiscard]] bool IsReady() const;
  void End(int signal);
  void SignalAll(int signal) const;

  TempDirectory directory_;
  LoopbackSocket port_ = LoopbackSocket::Bind();  ///< bound, so that no other program gets it
  std::unique_ptr<ChildProcess> process_;
  int schemas_ = 0;
};

/// One for all tests of a program: a test works in a schema of its own, and leaves it running.
PostgresServer& SharedPostgres();

}  // namespace rtcroom
