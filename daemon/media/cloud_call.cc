#include "daemon/media/cloud_call.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/auth/json_member.h"
#include "daemon/base/text.h"
#include "daemon/http_client/outgoing_target.h"
#include "daemon/media/media_call.h"
#include "daemon/media/reply_json.h"
#include "daemon/media/tc3_signature.h"

namespace rtcroom {
namespace {

using Json = nlohmann::json;

/// Signed, and so sent exactly like this.
constexpr const char* kContentType = "application/json; charset=utf-8";

constexpr std::size_t kMaxErrorCodeBytes = 100;

/// The value of the header Host, which has the port unless it is the usual one.
std::string HostOf(const OutgoingTarget& target) {
  std::string host =
      target.host.find(':') == std::string::npos ? target.host : fmt::format("[{}]", target.host);
  if (target.port != (target.tls ? 443 : 80)) host += fmt::format(":{}", target.port);
  return host;
}

bool IsErrorCode(std::string_view text) {
  return !text.empty() && text.size() <= kMaxErrorCodeBytes &&
         std::ranges::all_of(text,
                             [](char c) { return IsAsciiAlphanumeric(c) || c == '.' || c == '_'; });
}

Error UnreadableCloudReply() {
  return {Errc::kUnavailable, "a reply that is not of the cloud's API"};
}

}  // namespace

Result<OutgoingCall> SignedCloudCall(const CloudAccount& account, const CloudAction& action,
                                     TimePoint now) {
  const std::optional<OutgoingTarget> target = ParseOutgoingTarget(account.base_url, "/");
  if (!target || target->path != "/") {
    return Error{Errc::kUnreachable, "the base URL of the cloud's API is no origin"};
  }
  const std::string host = HostOf(*target);
  const std::string signed_host = ToLower(host);
  const std::string signed_action = ToLower(action.name);
  const std::array headers = {Tc3Header{"content-type", kContentType},
                              Tc3Header{"host", signed_host},
                              Tc3Header{"x-tc-action", signed_action}};
  Tc3Signature signature =
      SignTc3({.secret_id = account.secret_id, .secret_key = account.secret_key}, action.service,
              headers, action.payload, now);
  const auto timestamp = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  OutgoingCall call{
      .method = "POST",
      .path_and_query = "/",
      .headers = {{.name = "Host", .value = Secret(host)},
                  {.name = "Authorization", .value = std::move(signature.authorization)},
                  {.name = "X-TC-Action", .value = Secret(action.name)},
                  {.name = "X-TC-Version", .value = Secret(std::string(action.version))},
                  {.name = "X-TC-Timestamp", .value = Secret(fmt::format("{}", timestamp))}},
      .content_type = kContentType,
      .body = action.payload,
      .after = AfterAnswer::kKeepOpen};
  if (!account.region.empty()) {
    call.headers.push_back({.name = "X-TC-Region", .value = Secret(account.region)});
  }
  return call;
}

Result<OutgoingReply> SendCloudCall(OutgoingHttp& http, const CloudAccount& account,
                                    const CloudAction& action, TimePoint now,
                                    std::chrono::milliseconds timeout) {
  return MakeMediaCall([&]() -> Result<OutgoingReply> {
    const Result<OutgoingCall> call = SignedCloudCall(account, action, now);
    if (!call) return call.error();
    return http.Send(account.base_url, *call, timeout);
  });
}

Result<CloudReply> ReadCloudReply(const OutgoingReply& reply) {
  const Result<Json> object = ReadReplyObject(reply);
  if (!object) return object.error();
  const Json* const response = ObjectMember(*object, "Response");
  if (response == nullptr || !TextMember(*response, "RequestId")) return UnreadableCloudReply();
  if (!response->contains("Error")) {
    return CloudReply{.stream_state = ShortText(TextMember(*response, "StreamState").value_or(""))};
  }
  const Json* const error = ObjectMember(*response, "Error");
  std::optional<std::string> code = error == nullptr ? std::nullopt : TextMember(*error, "Code");
  if (!code || !IsErrorCode(*code)) return UnreadableCloudReply();
  return CloudReply{.error_code = *std::move(code)};
}

}  // namespace rtcroom
