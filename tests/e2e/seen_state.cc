#include "tests/e2e/seen_state.h"

#include "tests/e2e/gen2_calls.h"

namespace rtcroom {

std::string SeenState(Gen2Client& observer, const std::string& room_id) {
  ApiClient& client = observer.api();
  std::string state = WholeState(client);
  for (const std::string_view kind : kKinds) {
    state += observer.CallOf(kind, "get_room_list", ListBody()).text + "\n";
  }
  for (const char* endpoint : {"get_custom_info", "get_audiences"}) {
    state += observer.CallOf("live_room", endpoint, RoomBody(room_id)).text + "\n";
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

}  // namespace rtcroom
