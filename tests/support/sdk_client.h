// One of today's IM SDKs, on a WebSocket without a connection.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/support/socket_client.h"

namespace rtcroom {

/// Sends requests and keeps what it receives.
///
/// @threads for one thread.
class SdkClient {
 public:
  using json = nlohmann::json;

  explicit SdkClient(ChannelFixture& server, const std::string& path = "/binfo",
                     std::uint32_t app = ChannelFixture::kSdkAppId, const std::string& origin = {},
                     const std::string& version = "2.27.6")
      : server_(server), is_binary_(path == "/binfo") {
    HttpRequest request{
        .method = "GET",
        .path = path,
        .query = fmt::format("sdkappid={}&instanceid=0&random=0.5&sdkversion={}", app, version),
        .origin = origin,
        .upgrade = UpgradeOffer{.protocols = "websocket",
                                .web_socket_key = "dGhlIHNhbXBsZSBub25jZQ==",
                                .web_socket_version = "13",
                                .host = SocketClient::kHost},
        .peer_address = "192.0.2.1"};
    Handle(server_.router, std::move(request), connection_);
  }
  ~SdkClient() { Cut(); }
  SdkClient(const SdkClient&) = delete;
  SdkClient& operator=(const SdkClient&) = delete;

  static std::unique_ptr<SdkClient> LoggedIn(ChannelFixture& server, const std::string& user) {
    auto client = std::make_unique<SdkClient>(server);
    (void)client->LogIn(user, ChannelFixture::UserSigOf(user));
    return client;
  }
  /// The reply to a login with a ticket.
  json LogIn(const std::string& user, const std::string& user_sig) {
    head_ = {{"identifier", user}, {"usersig", user_sig}};
    json reply = Ask("im_open_status.wslogin", {{"State", "Online"}});
    if (reply["ErrorCode"] == 0) SetLogin(reply["TinyId"], reply["A2Key"]);
    return reply;
  }
  /// What another connection has logged in.
  void TakeLogin(const SdkClient& other) { head_ = other.head_; }
  json LogInAgain() { return Ask("im_open_status.wslogin", {{"State", "Online"}}); }
  /// `tinyid` and `a2`.
  [[nodiscard]] const json& login() const { return head_; }
  void SetLogin(const std::string& tiny_id, const std::string& a2) {
    head_ = {{"tinyid", tiny_id}, {"a2", a2}, {"status_instid", 1}};
  }

  /// The end of the connection, without a close frame.
  void Cut() {
    if (is_cut_ || !connection_->owner.on_end) return;
    is_cut_ = true;
    connection_->owner.on_end();
    connection_->owner = {};
  }
  void SendBytes(std::string_view bytes) {
    const auto stream = connection_->handle.lock();
    if (!stream) return;
    (void)connection_->owner.on_bytes(*stream, bytes);
    server_.Settle();
  }
  void SendText(std::string_view text) {
    SendBytes(ClientFrame(kFinal | (is_binary_ ? kBinaryOpcode : kTextOpcode), text));
  }
  void Send(const std::string& servcmd, const json& body) {
    json head = head_;
    head["servcmd"] = servcmd;
    head["seq"] = ++last_seq_;
    SendText(json({{"head", head}, {"body", body}}).dump());
  }
  /// The body of the reply; null when there is none.
  json Ask(const std::string& servcmd, const json& body = json::object()) {
    Send(servcmd, body);
    return ReplyTo(servcmd, last_seq_);
  }
  json ReplyTo(const std::string& servcmd, std::uint64_t seq) {
    Receive();
    const auto found = std::ranges::find_if(frames_, [&](const json& frame) {
      return frame["head"]["servcmd"] == servcmd && frame["head"]["seq"] == seq;
    });
    if (found == frames_.end()) return {};
    json reply = (*found)["body"];
    frames_.erase(found);
    return reply;
  }
  json Join(const std::string& group) {
    return Ask("group_open_http_svc.apply_join_group", {{"GroupId", group}});
  }
  json SendToGroup(const std::string& group, const std::string& text, std::uint64_t random,
                   const std::string& priority = "High") {
    json reply =
        Ask("group_open_http_svc.send_group_msg", {{"GroupId", group},
                                                   {"Random", random},
                                                   {"ClientSeq", random},
                                                   {"MsgPriority", priority},
                                                   {"MsgClientTime", 1'700'000'001},
                                                   {"CloudCustomData", "{\"k\":1}"},
                                                   {"MsgBody", {ChannelFixture::Text(text)}}});
    server_.Follow();
    return reply;
  }
  json SendDirect(const std::string& to, const std::string& text, std::uint64_t random) {
    json reply = Ask("openim.sendmsg", {{"To_Account", to},
                                        {"MsgSeq", random},
                                        {"MsgRandom", random},
                                        {"MsgBody", {ChannelFixture::Text(text)}}});
    server_.Follow();
    return reply;
  }
  /// To those who are connected. @param to  a group or an account.
  json SendOnline(const std::string& to, const std::string& text, std::uint64_t random) {
    const json body = json::array({ChannelFixture::Text(text)});
    json reply =
        to == "meet" || to == "live"
            ? Ask("group_open_http_svc.send_group_msg",
                  {{"GroupId", to}, {"Random", random}, {"OnlineOnlyFlag", 1}, {"MsgBody", body}})
            : Ask("openim.sendmsg", {{"To_Account", to},
                                     {"MsgSeq", random},
                                     {"MsgRandom", random},
                                     {"MsgLifeTime", 0},
                                     {"MsgBody", body}});
    server_.Tick(std::chrono::milliseconds(10));
    return reply;
  }
  void Acknowledge(const json& push) {
    Send("openim.ws_msg_push_ack", {{"SessionData", push["SessionData"]}});
  }

  /// The frames received and not yet returned.
  std::vector<json> Frames() {
    Receive();
    return std::exchange(frames_, {});
  }
  /// Their bodies.
  std::vector<json> Pushes() {
    std::vector<json> bodies;
    for (const json& frame : Frames()) bodies.push_back(frame["body"]);
    return bodies;
  }
  /// The texts of the messages in these pushes, in their order.
  static std::vector<std::string> TextsIn(const std::vector<json>& pushes) {
    std::vector<std::string> texts;
    for (const json& push : pushes) {
      for (const json& event : push["EventArray"]) {
        for (const char* const list : {"C2cMsgArray", "GroupMsgArray"}) {
          if (!event.contains(list)) continue;
          for (const json& message : event[list]) {
            texts.push_back(message["MsgBody"][0]["MsgContent"]["Text"]);
          }
        }
      }
    }
    return texts;
  }
  std::vector<std::string> Texts() { return TextsIn(Pushes()); }
  std::uint16_t close_code() {
    Receive();
    return close_code_;
  }
  [[nodiscard]] std::optional<HttpReply> refusal() const { return connection_->reply(); }
  [[nodiscard]] const std::optional<HttpReply>& head() const { return connection_->head; }
  /// Pings received so far.
  int pings() {
    Receive();
    return pings_;
  }
  UpgradedBytes& bytes() { return *connection_->bytes; }
  [[nodiscard]] std::uint64_t last_seq() const { return last_seq_; }

 private:
  void Receive() {
    const auto frames = ParseServerFrames(connection_->bytes->Take());
    for (const ReceivedFrame& frame : frames.value()) {
      if (frame.opcode == kPingOpcode) ++pings_;
      if (frame.opcode == kCloseOpcode) close_code_ = CloseCodeOf(frame.payload);
      if (frame.opcode != (is_binary_ ? kBinaryOpcode : kTextOpcode)) continue;
      frames_.push_back(json::parse(frame.payload));
    }
  }

  ChannelFixture& server_;
  const bool is_binary_;
  const std::shared_ptr<UpgradableReply> connection_ = std::make_shared<UpgradableReply>();
  json head_ = json::object();
  std::uint64_t last_seq_ = 4'000'000'000;
  std::vector<json> frames_;
  std::uint16_t close_code_ = 0;
  int pings_ = 0;
  bool is_cut_ = false;
};

}  // namespace rtcroom
