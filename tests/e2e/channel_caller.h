// A client of the message channel that sends one command after the other, so that its test sees
// every reply.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <nlohmann/json.hpp>

#include "tests/support/api_client.h"
#include "tests/support/gen2_client.h"
#include "tests/support/server_process.h"

namespace rtcroom {

/// Opens one more connection to the server.
using Connect = std::function<ApiClient()>;

inline constexpr const char* kAccountPoll = "v4/openim/longpolling";
inline constexpr const char* kRoomPoll = "v1/group_open_long_polling_http_noauth_svc/get_msg";
inline constexpr const char* kGroups = "v4/group_open_http_svc/";

// ErrorCodes of the protocol.
inline constexpr int kBadJson = 60003;
inline constexpr int kPollTimedOut = 60008;
inline constexpr int kNoLogin = 70003;
inline constexpr int kOtherLogin = 91101;
inline constexpr int kNotInGroup = 10007;
inline constexpr int kNoSuchGroup = 10010;
inline constexpr int kRefusedContent = 80001;

// Types of system notices.
inline constexpr int kPushersChanged = 255;
inline constexpr int kGroupEnded = 5;

/// -1 when the reply is not an object with `ActionStatus`, `ErrorCode` and `ErrorInfo`.
int ErrorCodeOf(const nlohmann::json& reply);

/// Elements of messages.
nlohmann::json CustomElement(const std::string& data);
nlohmann::json TextElement(const std::string& text);
/// A text without the command that the room libraries put before it.
nlohmann::json BareText(const std::string& text);
/// A text as the room libraries send it.
nlohmann::json RoomText(const std::string& text);

/// The text of a room's message, or the custom data of a direct one.
std::string TextIn(const nlohmann::json& entry);

/// A request on a connection of its own, which the server may answer late.
class HeldPoll {
 public:
  HeldPoll(ApiClient client, ApiRequest request);
  /// Ends it, answered or not.
  ~HeldPoll();
  HeldPoll(const HeldPoll&) = delete;
  HeldPoll& operator=(const HeldPoll&) = delete;

  [[nodiscard]] bool is_answered() const { return is_answered_; }
  /// Waits for the reply.
  const ApiReply& Reply();
  /// The same, parsed.
  const nlohmann::json& Json() { return Reply().json; }
  /// From before the request to after the reply, which it waits for.
  std::chrono::milliseconds Duration();

 private:
  ApiClient client_;
  const ApiRequest request_;
  ApiReply reply_;
  std::chrono::milliseconds duration_{};
  std::atomic<bool> is_answered_{false};
  std::jthread thread_;  // last: it uses all of the above
};

/// The credentials of a login.
struct ChannelProof {
  std::string tiny_id = {};
  std::string a2 = {};
};

/// The credentials of a user before a login.
struct ChannelUser {
  std::string account = {};
  /// Without one, each login has a fresh one, for a server with `WithLogins`.
  std::optional<std::string> ticket = {};
  std::uint32_t app_id = kTestAppId;
};

/// @threads for one thread; several of one login may be used at once.
class ChannelCaller {
 public:
  ChannelCaller(const Connect& connect, ChannelUser user);
  ChannelCaller(const Connect& connect, std::string account);
  /// Another client of the same login.
  ChannelCaller(const Connect& connect, std::string account, ChannelProof proof);
  /// Logged in as the user that the server has chosen for it; the server outlives it.
  static ChannelCaller ChosenBy(const ServerProcess& server);

  ApiReply LogIn();
  /// Uses a new connection from now on.
  void Reconnect() { client_ = connect_(); }
  /// Ends a request that another thread is waiting for.
  /// @threads from any thread.
  void Interrupt() { client_.Interrupt(); }

  /// @param command  with its version and service.
  ApiReply Call(const std::string& command, const nlohmann::json& body = nlohmann::json::object());
  ApiReply Send(const std::string& command, const std::string& body);
  /// @return the ErrorCode.
  int CodeOf(const std::string& command, const nlohmann::json& body = nlohmann::json::object());
  std::unique_ptr<HeldPoll> Begin(const std::string& command, const nlohmann::json& body) const;

  /// @return the key of the room's poll; empty when it is refused.
  std::string Join(const std::string& group);
  int Quit(const std::string& group);
  /// @param elements  the body of the message.
  ApiReply SendToGroup(const std::string& group, const nlohmann::json& elements);
  ApiReply SendToAccount(const std::string& account, const nlohmann::json& elements);
  /// @return the ErrorCode.
  int SendText(const std::string& group, const std::string& text);
  int SendDirect(const std::string& account, const std::string& data);

  [[nodiscard]] std::unique_ptr<HeldPoll> PollAccount(std::uint64_t cursor = 0) const;
  [[nodiscard]] std::unique_ptr<HeldPoll> PollRoom(const std::string& key,
                                                   std::uint64_t start = 0) const;

  [[nodiscard]] const std::string& account() const { return user_.account; }
  [[nodiscard]] const ChannelUser& user() const { return user_; }
  [[nodiscard]] const ChannelProof& proof() const { return proof_; }
  /// The query of a command.
  [[nodiscard]] std::string Query() const;
  /// That of a login with this ticket.
  [[nodiscard]] std::string LoginQuery(const std::string& ticket) const;

 private:
  /// The parameters that the SDK appends to every query.
  [[nodiscard]] std::string OfProgram() const;

  Connect connect_;
  ChannelUser user_;
  ApiClient client_;
  ChannelProof proof_;
  std::uint64_t random_ = 0;
};

}  // namespace rtcroom
