#include "handlers/callbacks/callback_live.h"

#include <chrono>

#include "daemon/base/digest.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {
namespace {

using nlohmann::json;

Status CheckLiveSign(const json& body, const Secret& key, TimePoint now) {
  const std::string ends_text = MemberText(body, "t");
  if (!SameBytes(Md5Hex(key.Reveal() + ends_text), MemberText(body, "sign"))) {
    return Error{Errc::kUnauthorized, "sign: wrong"};
  }
  const std::optional<TimePoint> ends = TimeOf(ends_text, std::chrono::seconds(1));
  if (!ends || *ends < std::chrono::floor<std::chrono::seconds>(now)) {
    return Error{Errc::kUnauthorized, "t: past"};
  }
  return {};
}

}  // namespace

CallbackReading<LiveCallback> ReadLiveCallback(const HttpRequest& request,
                                               const LiveCallbackRules& rules, TimePoint now) {
  if (auto refused = RefuseCallbackEarly(request, !rules.key.empty(), kMaxLiveCallbackBytes)) {
    return *std::move(refused);
  }
  if (!rules.allow.empty() && !IsAddressIn(rules.allow, request.peer_address)) {
    return RefuseUnproven(403, {Errc::kUnauthorized, "sender: unknown"});
  }
  // The signature is part of the body.
  const Result<json> body = ParseJson(request.body);
  if (!body || !body->is_object()) {
    return RefuseUnproven(403, {Errc::kUnauthorized, "body: not a JSON object"});
  }
  if (const Status signed_by_service = CheckLiveSign(*body, rules.key, now); !signed_by_service) {
    return RefuseUnproven(403, signed_by_service.error());
  }

  const std::string event = MemberText(*body, "event_type");
  if (event != "0" && event != "1") return AcceptCallback();
  LiveCallback callback{
      .event = event == "1" ? LiveEvent::kStart : LiveEvent::kStop,
      .stream = MemberText(*body, body->contains("stream_id") ? "stream_id" : "channel_id"),
      .sequence = MemberText(*body, "sequence"),
      .at = TimeOf(MemberText(*body, "event_time"), std::chrono::seconds(1))};
  if (!IsStreamName(callback.stream)) {
    return AcceptCallback(Error{Errc::kBadRequest, "stream_id: not a stream's"});
  }
  return callback;
}

}  // namespace rtcroom
