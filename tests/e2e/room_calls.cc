#include "tests/e2e/room_calls.h"

namespace rtcroom {
namespace {

constexpr int kLongestList = 200;

nlohmann::json FirstPage() { return {{"index", 0}, {"cnt", kLongestList}}; }

std::vector<std::string> FieldOfEach(const nlohmann::json& list, const char* field) {
  std::vector<std::string> values;
  for (const nlohmann::json& element : list) values.push_back(element.value(field, ""));
  return values;
}

}  // namespace

nlohmann::json CreateBody(const std::string& user_id, const std::string& room_id) {
  nlohmann::json body = {{"userID", user_id},
                         {"userName", "name of " + user_id},
                         {"userAvatar", "https://avatars.invalid/" + user_id},
                         {"pushURL", "rtmp://push.invalid/live/" + user_id},
                         {"roomName", "a room"}};
  if (!room_id.empty()) body["roomID"] = room_id;
  return body;
}

nlohmann::json PusherBody(const std::string& room_id, const std::string& user_id) {
  return {{"roomID", room_id},
          {"userID", user_id},
          {"userName", "name of " + user_id},
          {"userAvatar", "https://avatars.invalid/" + user_id},
          {"pushURL", "rtmp://push.invalid/live/" + user_id}};
}

nlohmann::json MemberBody(const std::string& room_id, const std::string& user_id) {
  return {{"roomID", room_id}, {"userID", user_id}};
}

nlohmann::json RoomBody(const std::string& room_id) { return {{"roomID", room_id}}; }

std::vector<std::string> PusherIds(const ApiReply& reply) {
  if (reply.code() != kOk) return {};
  return FieldOfEach(reply.json.value("pushers", nlohmann::json::array()), "userID");
}

std::vector<std::string> PushersOf(ApiClient& client, std::string_view kind,
                                   const std::string& room_id) {
  return PusherIds(client.Call(kind, "get_pushers", RoomBody(room_id)));
}

std::vector<std::string> RoomIds(ApiClient& client, std::string_view kind) {
  const ApiReply reply = client.Call(kind, "get_room_list", FirstPage());
  if (reply.code() != kOk) return {"get_room_list failed: " + reply.text};
  return FieldOfEach(reply.json.value("rooms", nlohmann::json::array()), "roomID");
}

std::string WholeState(ApiClient& client) {
  std::string state;
  for (const std::string_view kind : kKinds) {
    state += client.Call(kind, "get_room_list", FirstPage()).text + "\n";
  }
  return state;
}

}  // namespace rtcroom
