// Requests of new clients of the message channel: logins, rooms and polls.
#pragma once

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "tests/support/api_client.h"
#include "tests/support/gen2_client.h"

namespace rtcroom {

/// The fields of `connect` with a fresh ticket.
inline nlohmann::json TicketLogin(const std::string& user) {
  return {{"userID", user}, {"userSig", MakeTicket(user)}, {"sdkAppID", kTestAppId}};
}

inline nlohmann::json RoomOf(const std::string& room, const std::string& kind = "multi") {
  return {{"kind", kind}, {"roomID", room}};
}

/// A room of a poll; without a cursor it gives a snapshot.
inline nlohmann::json PolledRoomOf(nlohmann::json room, const std::string& cursor = {}) {
  if (!cursor.empty()) room["cursor"] = cursor;
  return room;
}

/// POST /channel/poll. @return the reply; discarded without one.
inline nlohmann::json PollChannel(ApiClient& api, const nlohmann::json& body) {
  return api.Send({.target = "/channel/poll", .body = body.dump()}).json;
}

/// The code of a reply's `error`; 0 when it has none.
inline int RefusalOf(const nlohmann::json& reply) {
  if (!reply.is_object()) return -1;
  return reply.contains("error") ? reply["error"]["code"].get<int>() : 0;
}

}  // namespace rtcroom
