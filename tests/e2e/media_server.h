// nginx with its RTMP module, as deploy/media/prepare configures it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/api_client.h"
#include "tests/support/child_process.h"
#include "tests/support/loopback_socket.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {

enum class NginxProcesses {
  kOne,              ///< a killed one leaves nothing behind
  kMasterAndWorker,  ///< a reload replaces the worker; only for tests that do not kill it
};

/// The media server of a test, in a folder of its own, with free ports. It and the room server that
/// it asks have the same addresses after each restart.
///
/// Calls about running streams come every half second. Prints its log after a failed test.
///
/// @threads for one thread.
class MediaServer {
 public:
  /// Starts it.
  /// @param options  in addition to the fixture's own, of deploy/media/prepare.
  /// @throws std::runtime_error when it does not start.
  explicit MediaServer(const std::vector<std::string>& options = {},
                       NginxProcesses processes = NginxProcesses::kOne);
  ~MediaServer();
  MediaServer(const MediaServer&) = delete;
  MediaServer& operator=(const MediaServer&) = delete;

  /// `settings`, and those that the room server needs to work with this media server, as long as
  /// these are not set. Its admin listener takes the callbacks.
  [[nodiscard]] Settings RoomSettings(Settings settings) const;

  void Start();
  void Kill9();
  /// Replaces the worker, and waits until the old one takes no further connections.
  /// @pre kMasterAndWorker.
  /// @throws std::runtime_error when it does not happen.
  void Reload();
  void Signal(int signal) const { nginx_->Signal(signal); }
  [[nodiscard]] pid_t pid() const { return nginx_->pid(); }

  /// The IDs of the clients that publish in an application, by stream; empty when it does not
  /// answer.
  [[nodiscard]] std::map<std::string, std::string> Publishers(
      const std::string& application = "live") const;
  /// The same for one stream of phones.
  [[nodiscard]] std::optional<std::string> PublisherOf(const std::string& stream) const;

  /// `127.0.0.1:PORT`, for streams.
  [[nodiscard]] std::string rtmp_address() const { return AddressOf(rtmp_); }
  /// The http server for the room server, and the one for browsers.
  [[nodiscard]] ApiClient Control() const { return ApiClient(control_.Port()); }
  [[nodiscard]] ApiClient Pages() const { return ApiClient(hls_.Port()); }

  /// @param name  "callback-secret", "control-key", "push-key" or "play-key".
  [[nodiscard]] std::string SecretOf(const std::string& name) const;
  /// Of all starts.
  [[nodiscard]] std::string Log() const { return ReadWholeFile(log_file()); }
  /// Where it records, with `--record`.
  [[nodiscard]] std::filesystem::path recordings() const { return folder_.path() / "recordings"; }
  /// All files that it has written, as text.
  [[nodiscard]] std::string WrittenText() const;

 private:
  [[nodiscard]] static std::string AddressOf(const LoopbackSocket& socket) {
    return "127.0.0.1:" + std::to_string(socket.Port());
  }
  /// What /stat answers; empty when it does not.
  [[nodiscard]] std::string Stat() const;
  /// The process that answers /stat; empty when none does.
  [[nodiscard]] std::string Worker() const;
  [[nodiscard]] std::filesystem::path log_file() const { return folder_.path() / "log"; }

  const NginxProcesses processes_;
  const TempDirectory folder_;
  // These hold the ports.
  const LoopbackSocket rtmp_ = LoopbackSocket::Bind();
  const LoopbackSocket control_ = LoopbackSocket::Bind();
  const LoopbackSocket hls_ = LoopbackSocket::Bind();
  const LoopbackSocket callbacks_ = LoopbackSocket::Bind();
  std::optional<ChildProcess> nginx_;
};

}  // namespace rtcroom
