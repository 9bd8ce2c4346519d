// What all media servers of the tests have in common.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "tests/support/api_client.h"
#include "tests/support/child_process.h"
#include "tests/support/loopback_socket.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {

/// The media server of a test, in a folder of its own, with free ports. It and the room server that
/// it asks have the same addresses after each restart. Prints the end of its log after a failed
/// test.
///
/// @threads for one thread.
class MediaServer {
 public:
  virtual ~MediaServer();
  MediaServer(const MediaServer&) = delete;
  MediaServer& operator=(const MediaServer&) = delete;

  /// `settings`, and those that the room server needs to work with this media server, as long as
  /// these are not set. Its admin listener takes the callbacks.
  [[nodiscard]] Settings RoomSettings(Settings settings) const;

  /// @throws std::runtime_error when it does not start.
  virtual void Start() = 0;
  void Kill9();
  void Signal(int signal) const { process_->Signal(signal); }
  [[nodiscard]] pid_t pid() const { return process_->pid(); }

  /// Whether it makes calls about running streams.
  [[nodiscard]] virtual bool SendsUpdates() const = 0;
  /// The IDs of the clients that publish in an application, by stream; empty when it does not
  /// answer.
  [[nodiscard]] virtual std::map<std::string, std::string> Publishers(
      const std::string& application) const = 0;
  /// The same for one stream of phones.
  [[nodiscard]] std::optional<std::string> PublisherOf(const std::string& stream) const;

  /// `127.0.0.1:PORT`, for streams.
  [[nodiscard]] std::string rtmp_address() const { return AddressOf(rtmp_); }
  /// The http server for the room server.
  [[nodiscard]] ApiClient Control() const { return ApiClient(control_.Port()); }

  /// @param name  "callback-secret", "control-key", "push-key" or "play-key".
  [[nodiscard]] virtual std::string SecretOf(const std::string& name) const = 0;
  /// Of all starts.
  [[nodiscard]] std::string Log() const { return ReadWholeFile(log_file()); }
  /// Where it records.
  [[nodiscard]] std::filesystem::path recordings() const { return folder() / "recordings"; }
  /// All files that it has written, as text.
  [[nodiscard]] std::string WrittenText() const;

 protected:
  /// @param api  its name in `live.api`.
  explicit MediaServer(std::string api);

  [[nodiscard]] static std::string AddressOf(const LoopbackSocket& socket) {
    return "127.0.0.1:" + std::to_string(socket.Port());
  }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path log_file() const { return folder() / "log"; }
  [[nodiscard]] std::string control_address() const { return AddressOf(control_); }
  [[nodiscard]] std::string callbacks_address() const { return AddressOf(callbacks_); }

  /// Starts its program.
  /// @throws std::runtime_error when that ends, or is not ready in time.
  void Run(const ChildCommand& command, const std::function<bool()>& is_ready);
  /// Sends the signal to the program, if one runs, and waits for its end.
  void End(int signal);

 private:
  const std::string api_;
  const TempDirectory folder_;
  // These hold the ports.
  const LoopbackSocket rtmp_ = LoopbackSocket::Bind();
  const LoopbackSocket control_ = LoopbackSocket::Bind();
  const LoopbackSocket callbacks_ = LoopbackSocket::Bind();
  std::optional<ChildProcess> process_;
};

}  // namespace rtcroom
