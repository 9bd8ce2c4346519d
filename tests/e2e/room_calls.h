// Requests of the room API and what tests read from its replies.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/api_client.h"

namespace rtcroom {

inline constexpr std::array<std::string_view, 3> kKinds = {"double_room", "multi_room",
                                                           "live_room"};

/// The codes of the protocol (A.2) that tests use.
inline constexpr int kOk = 0;
inline constexpr int kBadParameter = 1;
inline constexpr int kRoomTaken = 2;
inline constexpr int kNoSuchRoom = 3;
inline constexpr int kNoSuchMember = 5;
inline constexpr int kInternalFailure = 6;
inline constexpr int kNotAuthorized = 7;
inline constexpr int kRoomIsFull = 5001;

/// The body of create_room; without `room_id` the server chooses one.
nlohmann::json CreateBody(const std::string& user_id, const std::string& room_id = {});
/// The body of add_pusher.
nlohmann::json PusherBody(const std::string& room_id, const std::string& user_id);
/// The body of delete_pusher, destroy_room and pusher_heartbeat.
nlohmann::json MemberBody(const std::string& room_id, const std::string& user_id);
nlohmann::json RoomBody(const std::string& room_id);

/// userID of each pusher of a get_pushers reply, in its order.
std::vector<std::string> PusherIds(const ApiReply& reply);
/// The pushers of a room; empty when there is no such room.
std::vector<std::string> PushersOf(ApiClient& client, std::string_view kind,
                                   const std::string& room_id);

/// roomID of each room of a kind, in the order of the list; at most 200.
std::vector<std::string> RoomIds(ApiClient& client, std::string_view kind);

/// The content of get_room_list for all kinds, as text: equal when nothing changed.
std::string WholeState(ApiClient& client);

}  // namespace rtcroom
