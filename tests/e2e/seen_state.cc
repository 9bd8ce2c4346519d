#include "tests/e2e/seen_state.h"

#include <vector>

#include "tests/e2e/room_calls.h"

namespace rtcroom {
namespace {

nlohmann::json WholeList() { return {{"index", 0}, {"cnt", 200}}; }

}  // namespace

std::string SeenState(ApiClient& client, const Account& observer, const std::string& room_id) {
  std::string state = WholeState(client);
  for (const std::string_view kind : kKinds) {
    state += CallAs(client, observer, kind, "get_room_list", WholeList()).text + "\n";
  }
  for (const char* endpoint : {"get_custom_info", "get_audiences"}) {
    state += CallAs(client, observer, "live_room", endpoint, RoomBody(room_id)).text + "\n";
  }
  const ApiReply webrtc =
      client.Call("webrtc_room", "get_room_list", {{"index", 0}, {"count", 200}});
  state += webrtc.text + "\n";
  for (const nlohmann::json& room : webrtc.json.value("rooms", nlohmann::json::array())) {
    state +=
        client.Call("webrtc_room", "get_room_members", RoomBody(room.value("roomID", ""))).text;
  }
  return state;
}

std::vector<std::string> PushersSeenBy(ApiClient& client, const Account& observer,
                                       std::string_view kind, const std::string& room_id) {
  return PusherIds(CallAs(client, observer, kind, "get_pushers", RoomBody(room_id)));
}

std::vector<std::string> RoomsSeenBy(ApiClient& client, const Account& observer,
                                     std::string_view kind) {
  const ApiReply reply = CallAs(client, observer, kind, "get_room_list", WholeList());
  std::vector<std::string> ids;
  for (const nlohmann::json& room : reply.json.value("rooms", nlohmann::json::array())) {
    ids.push_back(room.value("roomID", ""));
  }
  return ids;
}

}  // namespace rtcroom
