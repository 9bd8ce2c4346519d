// Calls of each kind and dialect, through the room API.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/api_client.h"
#include "tests/support/gen2_client.h"
#include "tests/support/server_process.h"

namespace rtcroom {

inline constexpr const char* kCallRoom = "call";

/// A kind of call.
struct CallForm {
  std::string kind = {};  ///< "double", "multi", "live"
  bool is_gen2 = false;   ///< the dialect of its clients
  std::size_t phones = 0;
  bool is_mixed = false;  ///< every other client is a new one, in gen-2 the creator, too

  /// Those that send a stream; the others only watch, in the group.
  [[nodiscard]] std::size_t pushers() const {
    if (kind == "double") return 2;
    return kind == "live" ? std::min<std::size_t>(phones, 3) : phones;
  }
};
inline std::ostream& operator<<(std::ostream& out, const CallForm& form) {
  return out << form.kind << (form.is_gen2 ? "Gen2Of" : "Gen1Of") << form.phones
             << (form.is_mixed ? "Mixed" : "");
}

/// Each two of kind, dialect, number of phones and the presence of new clients meet in one of them.
/// More would show nothing else: the channel treats rooms of every kind alike, and a form differs
/// from another by who sends, who only watches, and which of them are old and new clients. Among
/// these the creator, the last sender and those who watch are each an old one and a new one.
inline std::vector<CallForm> AllCallForms() {
  return {{"double", false, 2, false}, {"double", true, 5, true}, {"multi", false, 5, true},
          {"multi", true, 2, false},   {"live", false, 2, true},  {"live", true, 5, false}};
}
/// Those in which silent members are evicted: each takes the time of a heartbeat.
inline std::vector<CallForm> EvictionCallForms() {
  return {{"double", false, 2, true},
          {"multi", false, 5, false},
          {"multi", true, 5, true},
          {"live", true, 5, false}};
}

/// The room API as the clients of that dialect call it.
class CallRoom {
 public:
  CallRoom(const ServerProcess& server, const CallForm& form) : server_(server), form_(form) {}

  int Create(const std::string& host) {
    if (!form_.is_gen2) return Call(host, "create_room", CreateBody(host, kCallRoom));
    const int prepared = Call(host, "create_room", PrepareBody(host, kCallRoom));
    return prepared == kOk ? Enter(host) : prepared;
  }
  int Enter(const std::string& user) {
    return Call(user, "add_pusher", PusherBody(kCallRoom, user));
  }
  int Leave(const std::string& user) {
    return Call(user, "delete_pusher", MemberBody(kCallRoom, user));
  }
  int Beat(const std::string& user) {
    return Call(user, "pusher_heartbeat", MemberBody(kCallRoom, user));
  }
  int End(const std::string& host) {
    return Call(host, "destroy_room", MemberBody(kCallRoom, host));
  }
  /// Of a login in the dialect of gen-2, the same each time.
  const std::string& TokenOf(const std::string& user) {
    std::string& token = tokens_[user];
    if (token.empty()) token = LoggedIn(server_, user, form_.kind + "_room").token();
    return token;
  }
  std::vector<std::string> PushersFor(const std::string& user) {
    return PusherIds(Send(user, "get_pushers", RoomBody(kCallRoom)));
  }

 private:
  int Call(const std::string& user, const char* endpoint, const nlohmann::json& body) {
    return Send(user, endpoint, body).code();
  }
  /// Each on a connection of its own: the server may have restarted since the last one.
  ApiReply Send(const std::string& user, const char* endpoint, const nlohmann::json& body) {
    const std::string kind = form_.kind + "_room";
    if (!form_.is_gen2) return server_.Https().Call(kind, endpoint, body);
    Gen2Client client(server_.Https(), user, kind, TokenOf(user));
    return client.Call(endpoint, body);
  }

  const ServerProcess& server_;
  const CallForm form_;
  std::map<std::string, std::string> tokens_;
};

inline std::string NameOf(std::size_t phone) { return "u" + std::to_string(phone); }

}  // namespace rtcroom
