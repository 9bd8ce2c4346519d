#include "handlers/callbacks/callback_im.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/base/digest.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {
namespace {

using nlohmann::json;

Status CheckImSign(const FormPairs& query, const ImCallbackRules& rules, TimePoint now) {
  const std::string_view sent_text = FirstOrEmpty(query, "RequestTime");
  const std::string signed_text = std::string(rules.token.Reveal()).append(sent_text);
  if (!SameBytes(Sha256Hex(signed_text), FirstOrEmpty(query, "Sign"))) {
    return Error{Errc::kUnauthorized, "Sign: missing or wrong"};
  }
  const std::optional<TimePoint> sent = TimeOf(sent_text, std::chrono::seconds(1));
  if (!sent || std::chrono::abs(now - *sent) > std::chrono::minutes(1)) {
    return Error{Errc::kUnauthorized, "RequestTime: over a minute away"};
  }
  if (rules.sdk_app_id != 0 &&
      FirstOrEmpty(query, "SdkAppid") != std::to_string(rules.sdk_app_id)) {
    return Error{Errc::kUnauthorized, "SdkAppid: another"};
  }
  return {};
}

std::vector<UserId> ExitedMembers(const json& body) {
  std::vector<UserId> users;
  const auto members = body.find("ExitMemberList");
  if (members == body.end() || !members->is_array()) return users;
  for (const json& member : *members) {
    if (!member.is_object()) continue;
    if (auto user = UserIdMember(member, "Member_Account")) users.push_back(*std::move(user));
  }
  return users;
}

}  // namespace

CallbackReading<ImCallback> ReadImCallback(const HttpRequest& request, const ImCallbackRules& rules,
                                           TimePoint now) {
  if (auto refused = RefuseCallbackEarly(request, !rules.token.empty())) {
    return *std::move(refused);
  }
  const FormPairs query = ParseForm(request.query);
  if (const Status sent_by_im = CheckImSign(query, rules, now); !sent_by_im) {
    return RefuseUnproven(403, sent_by_im.error(),
                          R"({"ActionStatus":"FAIL","ErrorCode":1,"ErrorInfo":"refused"})");
  }

  const std::string_view command = FirstOrEmpty(query, "CallbackCommand");
  const bool is_exit = command == "Group.CallbackAfterMemberExit";
  if (!is_exit && command != "Group.CallbackAfterGroupDestroyed") return AcceptImCallback();
  const Result<json> body = ParseJson(request.body);
  if (!body || !body->is_object()) {
    return AcceptImCallback(Error{Errc::kBadRequest, "body: not a JSON object"});
  }
  std::optional<RoomId> group = RoomIdMember(*body, "GroupId");
  if (!group) return AcceptImCallback();  // one of the IM service's own
  ImCallback callback{.event = is_exit ? ImEvent::kMembersExited : ImEvent::kGroupDestroyed,
                      .group = *std::move(group),
                      .by_rest_api = FirstOrEmpty(query, "OptPlatform") == "RESTAPI"};
  if (is_exit) callback.users = ExitedMembers(*body);
  return callback;
}

CallbackReply AcceptImCallback(Status outcome) {
  return MakeCallbackReply(200, R"({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""})",
                           std::move(outcome));
}

}  // namespace rtcroom
