// A new client of the message channel, on a WebSocket without a connection.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/base/mutex.h"
#include "tests/support/channel_fixture.h"
#include "tests/support/recorded_reply.h"
#include "tests/support/web_socket_frames.h"

namespace rtcroom {

/// The bytes of one upgraded connection; shared by its stream and its test.
///
/// @threads safe from any thread.
class UpgradedBytes {
 public:
  void Write(std::string_view bytes) {
    const MutexLock lock(mutex_);
    if (fails_) throw std::bad_alloc();
    written_ += bytes;
    if (counts_unsent_) unsent_ += bytes.size();
  }
  [[nodiscard]] std::string Take() {
    const MutexLock lock(mutex_);
    return std::exchange(written_, {});
  }
  void SetUnsent(std::size_t unsent) {
    const MutexLock lock(mutex_);
    unsent_ = unsent;
  }
  /// From now on there is no memory for what is written.
  void Fail() {
    const MutexLock lock(mutex_);
    fails_ = true;
  }
  /// From now on what is written is unsent.
  void CountUnsent() {
    const MutexLock lock(mutex_);
    counts_unsent_ = true;
  }
  [[nodiscard]] std::size_t unsent() const {
    const MutexLock lock(mutex_);
    return unsent_;
  }
  void Release() {
    const MutexLock lock(mutex_);
    is_released_ = true;
  }
  [[nodiscard]] bool is_released() const {
    const MutexLock lock(mutex_);
    return is_released_;
  }
  void ReadOn(std::size_t held) {
    const MutexLock lock(mutex_);
    is_paused_ = false;
    held_ = held;
  }
  void SetHeld(std::size_t held) {
    const MutexLock lock(mutex_);
    held_ = held;
  }
  /// Bytes that the server says it holds for the client.
  [[nodiscard]] std::size_t held() const {
    const MutexLock lock(mutex_);
    return held_;
  }
  void Pause() {
    const MutexLock lock(mutex_);
    is_paused_ = true;
  }
  [[nodiscard]] bool is_paused() const {
    const MutexLock lock(mutex_);
    return is_paused_;
  }

 private:
  mutable Mutex mutex_;
  std::string written_ GUARDED_BY(mutex_);
  std::size_t unsent_ GUARDED_BY(mutex_) = 0;
  std::size_t held_ GUARDED_BY(mutex_) = 0;
  bool fails_ GUARDED_BY(mutex_) = false;
  bool counts_unsent_ GUARDED_BY(mutex_) = false;
  bool is_released_ GUARDED_BY(mutex_) = false;
  bool is_paused_ GUARDED_BY(mutex_) = false;
};

class FakeTwoWayStream : public TwoWayStream {
 public:
  explicit FakeTwoWayStream(std::shared_ptr<UpgradedBytes> bytes) : bytes_(std::move(bytes)) {}
  ~FakeTwoWayStream() override { bytes_->Release(); }
  FakeTwoWayStream(const FakeTwoWayStream&) = delete;
  FakeTwoWayStream& operator=(const FakeTwoWayStream&) = delete;

  bool Write(std::string_view bytes) override {
    bytes_->Write(bytes);
    return true;
  }
  [[nodiscard]] std::size_t unsent() const override { return bytes_->unsent(); }
  void ReadOn(std::size_t held) override { bytes_->ReadOn(held); }

 private:
  const std::shared_ptr<UpgradedBytes> bytes_;  ///< shared with the test
};

/// A connection that can be upgraded.
class UpgradableReply : public RecordedReply {
 public:
  std::shared_ptr<TwoWayStream> Upgrade(std::uint32_t /*turn*/, HttpReply upgrade_head,
                                        TwoWayStream::Owner upgrade_owner) override {
    head = std::move(upgrade_head);
    owner = std::move(upgrade_owner);
    auto stream = std::make_shared<FakeTwoWayStream>(bytes);
    handle = stream;
    return stream;
  }

  std::optional<HttpReply> head{};
  TwoWayStream::Owner owner{};
  std::weak_ptr<FakeTwoWayStream> handle{};
  const std::shared_ptr<UpgradedBytes> bytes = std::make_shared<UpgradedBytes>();
};

/// Sends requests and keeps what it receives.
///
/// @threads for one thread.
class SocketClient {
 public:
  static constexpr const char* kHost = "rooms.example";  ///< of the server

  explicit SocketClient(ChannelFixture& server, const std::string& origin = {}) : server_(server) {
    HttpRequest request{.method = "GET",
                        .path = "/channel/ws",
                        .origin = origin,
                        .upgrade = UpgradeOffer{.protocols = "websocket",
                                                .web_socket_key = "dGhlIHNhbXBsZSBub25jZQ==",
                                                .web_socket_version = "13",
                                                .web_socket_protocols = "rtcroomd.v1",
                                                .host = kHost},
                        .peer_address = "192.0.2.1"};
    Handle(server_.router, std::move(request), connection_);
  }
  ~SocketClient() { Cut(); }
  SocketClient(const SocketClient&) = delete;
  SocketClient& operator=(const SocketClient&) = delete;

  /// Connected as that user, with a token of gen-2.
  static std::unique_ptr<SocketClient> LoggedIn(ChannelFixture& server, const std::string& user) {
    (void)server.sessions.LoginTrusted({user});
    auto client = std::make_unique<SocketClient>(server);
    (void)client->Ask("connect", {{"userID", user}, {"token", FakeSessions::TokenOf(user)}});
    return client;
  }

  /// The end of the connection, without a close frame.
  void Cut() {
    if (is_cut_ || !connection_->owner.on_end) return;
    is_cut_ = true;
    connection_->owner.on_end();
    connection_->owner = {};
  }
  void Drain() {
    if (const auto stream = connection_->handle.lock()) connection_->owner.on_drain(*stream);
  }
  /// Bytes as they come, without waiting.
  void BeginBytes(std::string_view bytes) {
    const auto stream = connection_->handle.lock();
    if (!stream) return;
    const TwoWayStream::Receipt receipt = connection_->owner.on_bytes(*stream, bytes);
    connection_->bytes->SetHeld(receipt.held);
  }
  void BeginText(std::string_view text) { BeginBytes(ClientText(text)); }
  /// Bytes as they come; waits until all requests are answered.
  void SendBytes(std::string_view bytes) {
    BeginBytes(bytes);
    server_.Settle();
  }
  /// Reads all that is unsent; waits until the server has gone on.
  void TakeUnsent() {
    const auto stream = connection_->handle.lock();
    if (!stream) return;
    const bool was_high = bytes().unsent() > connection_->owner.low_unsent;
    bytes().SetUnsent(0);
    if (was_high && connection_->owner.on_taken) connection_->owner.on_taken(*stream);
    server_.Settle();
  }
  void SendText(std::string_view text) { SendBytes(ClientText(text)); }
  /// The reply: its member named by the verb, or `error`.
  nlohmann::json Ask(const std::string& verb,
                     const nlohmann::json& body = nlohmann::json::object()) {
    const std::uint64_t id = ++last_id_;
    SendText(nlohmann::json({{"id", id}, {verb, body}}).dump());
    Receive();
    for (auto object = objects_.begin(); object != objects_.end(); ++object) {
      if (object->value("id", std::uint64_t{0}) != id) continue;
      nlohmann::json reply = *object;
      objects_.erase(object);
      return reply.contains("error") ? nlohmann::json({{"error", reply["error"]}}) : reply[verb];
    }
    return {};
  }
  /// Everything received and not yet returned: pushes, one for each element.
  std::vector<nlohmann::json> Pushes() {
    Receive();
    return std::exchange(objects_, {});
  }
  /// The frames of texts since the last call of this function.
  std::size_t TakeFrames() {
    Receive();
    return std::exchange(frames_, 0);
  }
  std::size_t TakePings() {
    Receive();
    return std::exchange(pings_, 0);
  }
  /// The code of the close frame; 0 without one.
  std::uint16_t close_code() {
    Receive();
    return close_code_;
  }
  [[nodiscard]] bool is_released() const { return connection_->bytes->is_released(); }
  [[nodiscard]] std::optional<HttpReply> refusal() const { return connection_->reply(); }
  [[nodiscard]] const std::optional<HttpReply>& head() const { return connection_->head; }
  UpgradedBytes& bytes() { return *connection_->bytes; }
  [[nodiscard]] std::size_t held() const { return connection_->bytes->held(); }

 private:
  void Receive() {
    const auto frames = ParseServerFrames(connection_->bytes->Take());
    for (const ReceivedFrame& frame : frames.value()) {
      if (frame.opcode == kPingOpcode) ++pings_;
      if (frame.opcode == kCloseOpcode) close_code_ = CloseCodeOf(frame.payload);
      if (frame.opcode != kTextOpcode) continue;
      ++frames_;
      std::ranges::move(ObjectsIn(frame.payload), std::back_inserter(objects_));
    }
  }

  ChannelFixture& server_;
  const std::shared_ptr<UpgradableReply> connection_ = std::make_shared<UpgradableReply>();
  std::uint64_t last_id_ = 0;
  std::vector<nlohmann::json> objects_;
  std::size_t frames_ = 0;
  std::size_t pings_ = 0;
  std::uint16_t close_code_ = 0;
  bool is_cut_ = false;
};

}  // namespace rtcroom
