// Requests of gen-2 clients and what tests read from the replies.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/base/result.h"  // before the constants of the same names
#include "tests/e2e/room_calls.h"
#include "tests/support/gen2_client.h"

namespace rtcroom {

/// A code of gen-2 (protocol B.3) that gen-1 does not have.
inline constexpr int kIdTaken = 11;

inline constexpr const char* kTokenWrong = "鉴权失败 错误码:1 错误信息:token 错误";
inline constexpr const char* kNotLoggedIn = "鉴权失败 错误码:3 错误信息:用户未登录或token过期";

/// The body of create_room; without `room_id` the server chooses one.
nlohmann::json PrepareBody(const std::string& user_id, const std::string& room_id = {});
nlohmann::json AudienceBody(const std::string& room_id, const std::string& user_id);
/// The body of set_custom_field for `inc` and `dec`.
nlohmann::json CountBody(const std::string& room_id, const std::string& field,
                         const std::string& operation = "inc");
nlohmann::json SetBody(const std::string& room_id, const std::string& field,
                       const nlohmann::json& value);
nlohmann::json ListBody();

/// The entries of get_room_list for rooms of a kind; at most 200.
nlohmann::json ListedRooms(Gen2Client& client, std::string_view kind);
inline nlohmann::json ListedRooms(Gen2Client& client) { return ListedRooms(client, client.kind()); }
std::vector<std::string> RoomIds(Gen2Client& client, std::string_view kind);
inline std::vector<std::string> RoomIds(Gen2Client& client) {
  return RoomIds(client, client.kind());
}
/// Empty when there is no such room.
std::vector<std::string> PushersOf(Gen2Client& client, const std::string& room_id);
/// Empty when there is no such room.
std::string CreatorOf(Gen2Client& client, const std::string& room_id);
/// userID of each viewer.
std::vector<std::string> AudiencesOf(Gen2Client& client, const std::string& room_id);

/// A value of the server's metrics; -1 if there is none of that name and these labels.
/// @param name  with its labels, in the exposition format.
double MetricOf(const ServerProcess& server, const std::string& name);

}  // namespace rtcroom
