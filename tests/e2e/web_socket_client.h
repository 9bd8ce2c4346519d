// A new client of the message channel over TLS.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/support/raw_client.h"
#include "tests/support/server_process.h"
#include "tests/support/web_socket_frames.h"

namespace rtcroom {

/// The next frame of the server; nullopt at the end of the connection, and for a frame that is a
/// fragment, masked or not of the shortest form.
inline std::optional<ReceivedFrame> ReceiveFrame(RawClient& client) {
  std::string bytes = client.ReceiveBytes(2);
  if (bytes.size() < 2) return std::nullopt;
  std::size_t length = static_cast<std::uint8_t>(bytes[1]);
  if (length >= 126) {
    const std::string more = client.ReceiveBytes(length == 126 ? 2 : 8);
    length = 0;
    for (const char byte : more) length = length << 8 | static_cast<std::uint8_t>(byte);
    bytes += more;
  }
  auto frames = ParseServerFrames(bytes += client.ReceiveBytes(length));
  if (!frames || frames->empty()) return std::nullopt;
  return std::move(frames->front());
}

/// A WebSocket to the channel. Waits end after `kWaitTimeout`.
///
/// @threads for one thread.
class WebSocketClient {
 public:
  explicit WebSocketClient(const ServerProcess& server, const std::string& origin = {})
      : WebSocketClient(fmt::format("127.0.0.1:{}", server.PortOf("https")), server.certificate(),
                        origin) {}
  /// @param address  `host:port` of HTTPS, for threads beside one that restarts the server.
  WebSocketClient(const std::string& address, const std::filesystem::path& trusted,
                  const std::string& origin = {})
      : client_(address, RawTls{.trusted = trusted}) {
    client_.Send(
        fmt::format("GET /channel/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: rtcroomd.v1\r\n{}\r\n",
                    origin.empty() ? "" : "Origin: " + origin + "\r\n"));
    head_ = client_.ReceiveUntil("\r\n\r\n");
  }

  [[nodiscard]] const std::string& head() const { return head_; }

  void Send(const nlohmann::json& object) { client_.Send(ClientText(object.dump())); }
  /// The member of the reply that is named by the verb, or `error`. Pushes that come before it are
  /// kept.
  nlohmann::json Ask(const std::string& verb,
                     const nlohmann::json& body = nlohmann::json::object()) {
    const int id = ++last_id_;
    Send({{"id", id}, {verb, body}});
    while (true) {
      if (objects_.empty() && !ReadFrame()) return {{"closed", close_code_}};
      while (!objects_.empty()) {
        nlohmann::json object = std::move(objects_.front());
        objects_.pop_front();
        if (object.value("id", 0) == id) {
          return object.contains("error") ? nlohmann::json{{"error", object["error"]}}
                                          : object[verb];
        }
        pushes_.push_back(std::move(object));
      }
    }
  }
  /// The next push; null when the connection ends before.
  nlohmann::json NextPush() {
    while (pushes_.empty()) {
      if (objects_.empty() && !ReadFrame()) return nullptr;
      while (!objects_.empty()) {
        pushes_.push_back(std::move(objects_.front()));
        objects_.pop_front();
      }
    }
    nlohmann::json push = std::move(pushes_.front());
    pushes_.pop_front();
    return push;
  }
  /// Whether a push has come with what was read.
  [[nodiscard]] bool has_push() const { return !pushes_.empty() || !objects_.empty(); }
  /// The text that was received since the last call, as it came.
  std::string TakeText() { return std::exchange(text_, {}); }
  /// Reads up to the close frame; its code, or 0.
  std::uint16_t ReceiveClose() {
    while (ReadFrame()) {
    }
    return close_code_;
  }

 private:
  /// False when there is none, or it was a close frame.
  bool ReadFrame() {
    const std::optional<ReceivedFrame> frame = ReceiveFrame(client_);
    if (!frame) return false;
    const auto& [opcode, payload] = *frame;
    if (opcode == kCloseOpcode) {
      close_code_ = CloseCodeOf(payload);
      return false;
    }
    if (opcode == kPingOpcode) client_.Send(ClientFrame(kFinal | kPongOpcode, payload));
    if (opcode != kTextOpcode) return true;
    text_ += payload;
    std::ranges::move(ObjectsIn(payload), std::back_inserter(objects_));
    return true;
  }

  RawClient client_;
  std::string head_;
  std::string text_;
  int last_id_ = 0;
  std::deque<nlohmann::json> objects_;
  std::deque<nlohmann::json> pushes_;
  std::uint16_t close_code_ = 0;
};

}  // namespace rtcroom
