// The real server, run by a test as a separate process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/api_client.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {

/// Configuration by key ("room.sweep_period") and value; JSON literals are valid TOML here.
using Settings = std::map<std::string, nlohmann::json>;

/// The configuration file with these settings.
std::string TomlOf(const Settings& settings);

/// The binary under test.
std::filesystem::path ServerBinary();

struct ServerOptions {
  /// In addition to the harness's own: free loopback ports for HTTP, HTTPS and the admin listener,
  /// a socket for gRPC, a fresh certificate, a separate data directory, a debug log in JSON, no
  /// rate limits, leases and idle rooms that outlive the test.
  Settings settings = {};
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::vector<PassedSocket> sockets = {};
  std::filesystem::path program = ServerBinary();
};

/// Runs `rtcroomd serve` in a temporary directory. Prints the log after a failed test.
///
/// Every start waits until the server is ready, and throws std::runtime_error with the log when it
/// does not become ready. A server that still runs at the end of the test is terminated and must
/// exit with code 0.
///
/// @threads for one thread; clients may be used from others.
class ServerProcess {
 public:
  explicit ServerProcess(ServerOptions options = {});
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// The condition that a start waits for.
  enum class Until : std::uint8_t {
    kReady,
    kListening,  ///< for a server that serves but cannot write
    kWaiting,    ///< for one that waits for its database: only the admin listener
  };
  /// Restarts it in the same directory, after Kill9 or Terminate.
  void Start(Until until = Until::kReady);
  /// From its next start on.
  void UseProgram(std::filesystem::path program) { program_ = std::move(program); }
  /// Waits until a server that waited serves; false on timeout.
  [[nodiscard]] bool AwaitReady();
  /// Lets it replace itself by a new process with the same sockets, and waits until that is ready.
  /// Addresses may be read meanwhile.
  /// @throws std::runtime_error when it does not become ready, or listens elsewhere.
  void HandOver();
  void Kill9();
  /// Requests termination and waits.
  /// @return the exit code; -1 when it did not stop and was killed.
  int Terminate();
  void Signal(int signal) { child_->Signal(signal); }
  ChildProcess& child() { return *child_; }

  [[nodiscard]] ApiClient Https() const { return {PortOf("https"), certificate()}; }
  [[nodiscard]] ApiClient Http() const { return ApiClient(PortOf("http")); }
  [[nodiscard]] ApiClient Admin() const { return ApiClient(PortOf("admin")); }
  /// @param listener  "http", "https" or "admin".
  [[nodiscard]] int PortOf(const std::string& listener) const;
  /// `host:port`; `unix:PATH` for "grpc", unless configured otherwise.
  [[nodiscard]] std::string AddressOf(const std::string& listener) const {
    return addresses_.at(listener);
  }

  [[nodiscard]] std::filesystem::path data_directory() const { return directory_.path() / "data"; }
  [[nodiscard]] std::filesystem::path config_file() const {
    return directory_.path() / "rtcroomd.toml";
  }
  [[nodiscard]] std::filesystem::path certificate() const { return directory_.path() / "cert.pem"; }
  [[nodiscard]] std::filesystem::path certificate_key() const {
    return directory_.path() / "key.pem";
  }
  /// Everything logged so far, over all starts. A thread writes the lines, so those of a request
  /// may follow its reply.
  [[nodiscard]] std::string Log() const { return ReadWholeFile(log_file()); }
  /// Waits until the log contains that text; false on timeout.
  [[nodiscard]] bool WaitForLog(std::string_view text) const;
  /// Stops the server and returns its whole log, which shows that a line is absent.
  [[nodiscard]] std::string StopAndReadLog();

 private:
  [[nodiscard]] std::filesystem::path log_file() const { return directory_.path() / "server.log"; }
  [[nodiscard]] std::uintmax_t LogSize() const;
  [[nodiscard]] bool IsReady() const;
  [[nodiscard]] bool LogsReadySince(std::uintmax_t log_start) const;
  /// Addresses logged by its listeners after the offset `log_start`, by listener.
  [[nodiscard]] std::map<std::string, std::string> AddressesSince(std::uintmax_t log_start) const;

  const TempDirectory directory_;
  const ServerOptions options_;
  std::filesystem::path program_;
  std::size_t listeners_ = 0;          ///< that are enabled
  std::uintmax_t started_at_log_ = 0;  ///< size of the log then
  std::unique_ptr<ChildProcess> child_;
  std::map<std::string, std::string> addresses_;
};

}  // namespace rtcroom
