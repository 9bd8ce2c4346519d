#include "handlers/callbacks/callback_request.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "daemon/base/bearer_token.h"
#include "daemon/base/digest.h"
#include "daemon/base/ip_address.h"
#include "daemon/base/text.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {
namespace {

constexpr std::string_view kCallbackSucceeded = R"({"code":0})";

/// The part of the path after the name of the callback and a `/`.
std::string_view SecretInPath(std::string_view path) {
  path.remove_prefix(std::min(kCallbackPrefix.size(), path.size()));
  const std::size_t slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
}

}  // namespace

CallbackReply MakeCallbackReply(int status, std::string_view body, Status outcome) {
  return {.http = {.status = status, .body = std::string(body)}, .outcome = std::move(outcome)};
}

CallbackReply AcceptCallback(Status outcome) {
  return MakeCallbackReply(200, kCallbackSucceeded, std::move(outcome));
}

CallbackReply ForbidCallback(Error why) {
  return MakeCallbackReply(403, kCallbackFailed, std::move(why));
}

CallbackReply RefuseUnproven(int status, Error why, std::string_view body) {
  CallbackReply reply = MakeCallbackReply(status, body, std::move(why));
  reply.is_proven = false;
  return reply;
}

CallbackReply RefuseUnprovenSender() {
  CallbackReply reply = RefuseUnproven(401, {Errc::kUnauthorized, "sender: unknown"});
  reply.http.headers.emplace_back("WWW-Authenticate", "Bearer");
  return reply;
}

std::optional<CallbackReply> RefuseCallbackEarly(const HttpRequest& request, bool is_configured,
                                                 std::size_t max_bytes) {
  if (!is_configured) return RefuseUnproven(404, {Errc::kUnavailable, "not configured"});
  if (request.method != "POST") {
    CallbackReply reply = RefuseUnproven(405, {Errc::kBadRequest, "method: not POST"});
    reply.http.headers.emplace_back("Allow", "POST");
    return reply;
  }
  if (request.body.size() > max_bytes) {
    return RefuseUnproven(413, {Errc::kBadRequest, "body: too long"});
  }
  return std::nullopt;
}

bool AdmitsSender(const CallbackSenders& senders, const HttpRequest& request) {
  if (!senders.is_set()) return false;
  if (!senders.allow.empty() && !IsAddressIn(senders.allow, request.peer_address)) return false;
  if (senders.secret.empty()) return true;
  return SameBytes(senders.secret.Reveal(), SecretInPath(request.path)) ||
         BearerToken(senders.secret).Admits(request.authorization);
}

bool IsAddressIn(const AddressRanges& ranges, std::string_view address) {
  const std::optional<IpAddress> parsed = IpAddress::Parse(address);
  return parsed && ranges.Contains(*parsed);
}

std::string MemberText(const nlohmann::json& object, const char* name) {
  const auto member = object.find(name);
  return member == object.end() ? std::string() : IdText(*member).value_or(std::string());
}

std::optional<RoomId> RoomIdMember(const nlohmann::json& object, const char* name) {
  std::string text = MemberText(object, name);
  if (!IsRoomIdText(text)) return std::nullopt;
  return RoomId{std::move(text)};
}

std::optional<UserId> UserIdMember(const nlohmann::json& object, const char* name) {
  std::string text = MemberText(object, name);
  if (!IsUserIdText(text)) return std::nullopt;
  return UserId{std::move(text)};
}

std::optional<TimePoint> TimeOf(std::string_view number, std::chrono::milliseconds unit) {
  // Far from the end of what a TimePoint can hold.
  constexpr std::chrono::milliseconds kLatest = std::chrono::years(3000);
  const std::optional<std::int64_t> count = WholeNumber(number);
  if (!count || *count < 0 || *count > kLatest / unit) return std::nullopt;
  return TimePoint(*count * unit);
}

}  // namespace rtcroom
