#include "tests/e2e/gen2_calls.h"

#include <sstream>

namespace rtcroom {
namespace {

constexpr int kMostListed = 200;

std::vector<std::string> UserIds(const nlohmann::json& members) {
  std::vector<std::string> ids;
  for (const nlohmann::json& member : members) ids.push_back(member.value("userID", ""));
  return ids;
}

}  // namespace

nlohmann::json PrepareBody(const std::string& user_id, const std::string& room_id) {
  nlohmann::json body = {{"userID", user_id}, {"roomInfo", "a room"}};
  if (!room_id.empty()) body["roomID"] = room_id;
  return body;
}

nlohmann::json AudienceBody(const std::string& room_id, const std::string& user_id) {
  return {{"roomID", room_id}, {"userID", user_id}, {"userInfo", "info of " + user_id}};
}

nlohmann::json CountBody(const std::string& room_id, const std::string& field,
                         const std::string& operation) {
  return {{"roomID", room_id}, {"fieldName", field}, {"operation", operation}};
}

nlohmann::json SetBody(const std::string& room_id, const std::string& field,
                       const nlohmann::json& value) {
  return {{"roomID", room_id}, {"fieldName", field}, {"operation", "set"}, {"value", value}};
}

nlohmann::json ListBody() { return {{"index", 0}, {"cnt", kMostListed}}; }

nlohmann::json ListedRooms(Gen2Client& client, std::string_view kind) {
  const ApiReply reply = client.CallOf(kind, "get_room_list", ListBody());
  if (reply.code() != kOk) return {{{"roomID", "get_room_list failed: " + reply.text}}};
  return reply.json.value("rooms", nlohmann::json::array());
}

std::vector<std::string> RoomIds(Gen2Client& client, std::string_view kind) {
  std::vector<std::string> ids;
  for (const nlohmann::json& room : ListedRooms(client, kind)) {
    ids.push_back(room.value("roomID", ""));
  }
  return ids;
}

std::vector<std::string> PushersOf(Gen2Client& client, const std::string& room_id) {
  return PusherIds(client.Call("get_pushers", RoomBody(room_id)));
}

std::string CreatorOf(Gen2Client& client, const std::string& room_id) {
  return client.Call("get_pushers", RoomBody(room_id)).Text("roomCreator");
}

std::vector<std::string> AudiencesOf(Gen2Client& client, const std::string& room_id) {
  const ApiReply reply = client.CallOf("live_room", "get_audiences", RoomBody(room_id));
  if (reply.code() != kOk) return {"get_audiences failed: " + reply.text};
  return UserIds(reply.json.value("audiences", nlohmann::json::array()));
}

double MetricOf(const ServerProcess& server, const std::string& name) {
  std::istringstream lines(server.Admin().Get("/metrics").text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
  }
  return -1;
}

}  // namespace rtcroom
