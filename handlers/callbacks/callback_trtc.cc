#include "handlers/callbacks/callback_trtc.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/base64.h"
#include "daemon/base/digest.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {
namespace {

using nlohmann::json;

Status CheckTrtcSign(const HttpRequest& request, const TrtcCallbackRules& rules) {
  if (!SameBytes(EncodeBase64(HmacSha256(rules.key, request.body)),
                 HeaderOf(request.kept, kTrtcSignHeader))) {
    return Error{Errc::kUnauthorized, "Sign: wrong"};
  }
  if (rules.sdk_app_id != 0 &&
      HeaderOf(request.kept, kTrtcAppHeader) != std::to_string(rules.sdk_app_id)) {
    return Error{Errc::kUnauthorized, "SdkAppId: another"};
  }
  return {};
}

std::optional<TrtcEvent> EventOf(std::string_view type, std::string_view reason) {
  if (type == "102") return TrtcEvent::kRoomDismissed;
  if (type == "103") return TrtcEvent::kEntered;
  // 3: removed from the room, 5: forced out.
  if (type == "104") return reason == "3" || reason == "5" ? TrtcEvent::kRemoved : TrtcEvent::kLeft;
  if (type == "201") return TrtcEvent::kVideoOn;
  if (type == "202") return TrtcEvent::kVideoOff;
  if (type == "203") return TrtcEvent::kAudioOn;
  if (type == "204") return TrtcEvent::kAudioOff;
  return std::nullopt;
}

std::optional<TimePoint> TimeOfEvent(const json& body, const json& info) {
  using std::chrono::milliseconds;
  if (const auto at = TimeOf(MemberText(info, "EventMsTs"), milliseconds(1))) return at;
  return TimeOf(MemberText(body, "CallbackTs"), milliseconds(1));
}

CallbackReply Ignore(std::string_view fault) {
  return AcceptCallback(Error{Errc::kBadRequest, std::string(fault)});
}

}  // namespace

CallbackReading<TrtcCallback> ReadTrtcCallback(const HttpRequest& request,
                                               const TrtcCallbackRules& rules) {
  if (auto refused = RefuseCallbackEarly(request, !rules.key.empty())) return *std::move(refused);
  if (const Status sent_by_trtc = CheckTrtcSign(request, rules); !sent_by_trtc) {
    return RefuseUnproven(403, sent_by_trtc.error());
  }

  const Result<json> body = ParseJson(request.body);
  if (!body || !body->is_object()) return Ignore("body: not a JSON object");
  const auto info = body->find("EventInfo");
  if (info == body->end() || !info->is_object()) return Ignore("EventInfo: missing");
  const std::optional<TrtcEvent> event =
      EventOf(MemberText(*body, "EventType"), MemberText(*info, "Reason"));
  if (!event) return AcceptCallback();
  const std::optional<RoomId> room = RoomIdMember(*info, "RoomId");
  std::optional<UserId> user = UserIdMember(*info, "UserId");
  if (*event == TrtcEvent::kRoomDismissed) user = UserId{};
  if (!room || !user) return AcceptCallback();
  const std::optional<TimePoint> at = TimeOfEvent(*body, *info);
  if (!at) return Ignore("EventMsTs: missing");
  return TrtcCallback{.event = *event,
                      .room = *room,
                      .is_room_number = info->at("RoomId").is_number(),
                      .user = *user,
                      .at = *at};
}

}  // namespace rtcroom
