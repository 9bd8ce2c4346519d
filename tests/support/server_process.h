// The real server, run by a test as a process of its own.
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

/// Configuration by key ("room.sweep_period") and value; JSON's literals are TOML's here.
using Settings = std::map<std::string, nlohmann::json>;

/// The configuration file of these settings.
std::string TomlOf(const Settings& settings);

/// The binary under test.
std::filesystem::path ServerBinary();

struct ServerOptions {
  /// On top of the harness's own: free loopback ports for HTTP, HTTPS, the admin listener and gRPC,
  /// a fresh certificate, a data directory of its own, a debug log in JSON, no rate limits,
  /// leases and idle rooms that outlive the test.
  Settings settings = {};
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::vector<PassedSocket> sockets = {};
};

/// Runs `rtcroomd serve` in a temporary directory. When the test has failed, the log is shown.
///
/// Every start waits until the server is ready, and throws std::runtime_error with the log when
/// it does not become so. A server that still runs at the end of the test is asked to stop, and
/// must do so with exit code 0.
///
/// @threads for one thread; clients may be used from others.
class ServerProcess {
 public:
  explicit ServerProcess(ServerOptions options = {});
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// What a start waits for.
  enum class Until : std::uint8_t {
    kReady,
    kListening,  ///< for a server that serves and cannot write
  };
  /// Starts it again, on the same directory, after Kill9 or Terminate.
  void Start(Until until = Until::kReady);
  /// Asks it to replace itself by a new one, with the same sockets, and waits until that is ready.
  /// Addresses may be asked for meanwhile.
  /// @throws std::runtime_error when it does not become so, or listens elsewhere.
  void HandOver();
  void Kill9();
  /// Asks it to stop, and waits.
  /// @return the exit code; -1 when it did not stop and had to be killed.
  int Terminate();
  void Signal(int signal) { child_->Signal(signal); }
  ChildProcess& child() { return *child_; }

  [[nodiscard]] ApiClient Https() const { return {PortOf("https"), certificate()}; }
  [[nodiscard]] ApiClient Http() const { return ApiClient(PortOf("http")); }
  [[nodiscard]] ApiClient Admin() const { return ApiClient(PortOf("admin")); }
  /// @param listener  "http", "https", "admin" or "grpc".
  [[nodiscard]] int PortOf(const std::string& listener) const;
  /// `host:port`, or `unix:PATH` where gRPC was configured so.
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
  /// Everything it has written so far, over all its starts. A thread writes the lines, so those of
  /// a request may come after its reply.
  [[nodiscard]] std::string Log() const { return ReadWholeFile(log_file()); }
  /// Waits until the log holds that text; false when it does not come.
  [[nodiscard]] bool WaitForLog(std::string_view text) const;
  /// The whole log of a server that is stopped by this, which shows that a line is not in it.
  [[nodiscard]] std::string StopAndReadLog();

 private:
  [[nodiscard]] std::filesystem::path log_file() const { return directory_.path() / "server.log"; }
  [[nodiscard]] std::uintmax_t LogSize() const;
  /// Where its listeners have told that they listen, by where in the log.
  [[nodiscard]] std::map<std::string, std::string> AddressesSince(std::uintmax_t log_start) const;

  const TempDirectory directory_;
  const ServerOptions options_;
  std::size_t listeners_ = 0;  ///< that are not off
  std::unique_ptr<ChildProcess> child_;
  std::map<std::string, std::string> addresses_;
};

}  // namespace rtcroom
