// A media server that speaks as SRS does: node-media-server with an adapter of the tests.
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

/// The media server of a test, as `MediaServer` is: it and the room server that it asks have the
/// same addresses after each restart. It needs `npm ci --prefix tests/media`. It records all
/// streams, and makes no calls about running ones. Prints its log after a failed test.
///
/// @threads for one thread.
class SrsMediaServer {
 public:
  /// Starts it.
  /// @throws std::runtime_error when it does not start.
  SrsMediaServer();
  ~SrsMediaServer();
  SrsMediaServer(const SrsMediaServer&) = delete;
  SrsMediaServer& operator=(const SrsMediaServer&) = delete;

  /// `settings`, and those that the room server needs to work with this media server, as long as
  /// these are not set. Its admin listener takes the callbacks.
  [[nodiscard]] Settings RoomSettings(Settings settings) const;

  void Start();
  void Kill9();
  void Signal(int signal) const { node_->Signal(signal); }

  /// The IDs of the clients that publish, by stream; empty when it does not answer.
  [[nodiscard]] std::map<std::string, std::string> Publishers() const;
  /// The same for one stream.
  [[nodiscard]] std::optional<std::string> PublisherOf(const std::string& stream) const;

  /// `127.0.0.1:PORT`, for streams.
  [[nodiscard]] std::string rtmp_address() const { return AddressOf(rtmp_); }
  [[nodiscard]] ApiClient Control() const { return ApiClient(api_.Port()); }
  /// The header that the API asks for.
  [[nodiscard]] static std::map<std::string, std::string> Login();

  /// @param name  "callback-secret", "control-key", "push-key" or "play-key".
  [[nodiscard]] static std::string SecretOf(const std::string& name);
  [[nodiscard]] std::filesystem::path recordings() const { return folder_.path() / "recordings"; }
  /// All that it has logged, as text.
  [[nodiscard]] std::string WrittenText() const { return ReadWholeFile(log_file()); }

 private:
  [[nodiscard]] static std::string AddressOf(const LoopbackSocket& socket) {
    return "127.0.0.1:" + std::to_string(socket.Port());
  }
  [[nodiscard]] std::filesystem::path log_file() const { return folder_.path() / "log"; }

  const TempDirectory folder_;
  // These hold the ports.
  const LoopbackSocket rtmp_ = LoopbackSocket::Bind();
  const LoopbackSocket api_ = LoopbackSocket::Bind();
  const LoopbackSocket callbacks_ = LoopbackSocket::Bind();
  std::optional<ChildProcess> node_;
};

}  // namespace rtcroom
