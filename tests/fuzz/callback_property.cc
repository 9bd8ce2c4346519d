#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/base/base64.h"
#include "daemon/base/digest.h"
#include "daemon/base/percent_encoding.h"
#include "daemon/base/text.h"
#include "daemon/media/stream_server.h"
#include "handlers/callbacks/callback_im.h"
#include "handlers/callbacks/callback_live.h"
#include "handlers/callbacks/callback_rtmp.h"
#include "handlers/callbacks/callback_srs.h"
#include "handlers/callbacks/callback_trtc.h"
#include "handlers/shared/request_text.h"
#include "tests/fuzz/parser_properties.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using Fault = std::optional<std::string>;

constexpr TimePoint kCallbackTime{std::chrono::seconds{1'700'000'000}};

const Secret& CallbackKey() {
  static const Secret key("a key that the fuzzer does not know");
  return key;
}

std::string CallbackPath() { return "/callback/rtmp/" + CallbackKey().Reveal(); }

const StreamCallbackRules& StreamRules() {
  static const StreamCallbackRules rules{.senders = {.secret = CallbackKey()}, .check_play = true};
  return rules;
}

Fault FaultOfReply(const CallbackReply& reply) {
  const int status = reply.http.status;
  if (status != 200 && status != 401 && status != 403 && status != 413)
    return fmt::format("status {}", status);
  if (!json::parse(reply.http.body, nullptr, false).is_object()) return "a reply without an object";
  if (!reply.outcome.ok() && !IsUtf8(reply.outcome.error().detail)) return "a reason with bytes";
  return std::nullopt;
}

Fault FaultOfStreamCallback(const StreamCallback& callback) {
  const bool needs_name =
      callback.call == CallbackCall::kPublish || callback.call == CallbackCall::kPlay;
  const bool may_have_name = needs_name || callback.call == CallbackCall::kUpdate;
  if (needs_name && callback.stream.empty()) return "no name of a stream";
  if (!may_have_name && !callback.stream.empty()) return "a name of a stream that proves nothing";
  if (!callback.stream.empty() && !IsStreamName(callback.stream)) return "not a stream's name";
  if (callback.stream.empty() && !callback.args.empty()) return "arguments without a stream";
  if (callback.call != CallbackCall::kPlay && !IsStreamClientId(callback.client))
    return "no client";
  if (callback.call == CallbackCall::kRecorded && !IsRecordedFile(callback.file)) return "no file";
  return std::nullopt;
}

template <typename Callback>
Fault FaultOfUnproven(const CallbackReading<Callback>& reading) {
  const auto* const reply = std::get_if<CallbackReply>(&reading);
  if (reply == nullptr) return "read without a proof";
  if (reply->http.status == 200) return "accepted without a proof";
  return FaultOfReply(*reply);
}

/// The signature of the live service is a part of the object that it sends.
Fault FaultOfSignedLive(HttpRequest request) {
  json body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return std::nullopt;
  body["t"] = "1700000000";
  body["sign"] = Md5Hex(CallbackKey().Reveal() + "1700000000");
  request.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  const auto reading = ReadLiveCallback(request, {.key = CallbackKey()}, kCallbackTime);
  if (const auto* const callback = std::get_if<LiveCallback>(&reading)) {
    if (!IsStreamName(callback->stream)) return "not a stream's name";
    return std::nullopt;
  }
  const CallbackReply& reply = std::get<CallbackReply>(reading);
  // Our parser bounds the depth of objects, and the signature may have made it too long.
  const bool is_readable =
      request.body.size() <= kMaxLiveCallbackBytes && ParseJson(request.body).ok();
  if (reply.http.status == 200 || !is_readable) return FaultOfReply(reply);
  return "a signed callback was refused";
}

/// Any bytes, of a sender that proves nothing and of one that does.
Fault FaultOfAnyBody(std::string_view line, std::string_view body) {
  HttpRequest request{.method = "POST",
                      .path = "/callback/rtmp/" + std::string(line),
                      .query = std::string(line),
                      .authorization = Secret(std::string(line)),
                      .kept = {{"Sign", std::string(line)}},
                      .body = std::string(body)};
  if (auto fault = FaultOfUnproven(ReadRtmpCallback(request, StreamRules()))) return fault;
  if (auto fault = FaultOfUnproven(ReadSrsCallback(request, StreamRules()))) return fault;
  if (auto fault = FaultOfUnproven(ReadTrtcCallback(request, {.key = CallbackKey()}))) return fault;
  if (auto fault =
          FaultOfUnproven(ReadLiveCallback(request, {.key = CallbackKey()}, kCallbackTime))) {
    return fault;
  }
  if (auto fault =
          FaultOfUnproven(ReadImCallback(request, {.token = CallbackKey()}, kCallbackTime))) {
    return fault;
  }

  request.path = CallbackPath();
  for (const auto& reading :
       {ReadRtmpCallback(request, StreamRules()), ReadSrsCallback(request, StreamRules())}) {
    const auto* const callback = std::get_if<StreamCallback>(&reading);
    const auto fault = callback != nullptr ? FaultOfStreamCallback(*callback)
                                           : FaultOfReply(std::get<CallbackReply>(reading));
    if (fault) return fault;
  }
  request.kept = {{"Sign", EncodeBase64(HmacSha256(CallbackKey(), body))}};
  const auto trtc = ReadTrtcCallback(request, {.key = CallbackKey()});
  if (const auto* const callback = std::get_if<TrtcCallback>(&trtc)) {
    if (!IsIdText(callback->room.value)) return "no room";
    const bool has_user = IsIdText(callback->user.value);
    if (has_user == (callback->event == TrtcEvent::kRoomDismissed)) return "a user, or none";
  } else if (std::get<CallbackReply>(trtc).http.status != 200) {
    return "a signed callback was refused";
  }
  for (const char* const command : {"MemberExit", "GroupDestroyed"}) {
    request.query =
        fmt::format("CallbackCommand=Group.CallbackAfter{}&RequestTime=1700000000&Sign={}&{}",
                    command, Sha256Hex(CallbackKey().Reveal() + "1700000000"), line);
    const auto im = ReadImCallback(request, {.token = CallbackKey()}, kCallbackTime);
    if (const auto* const callback = std::get_if<ImCallback>(&im)) {
      if (!IsIdText(callback->group.value)) return "no group";
    } else if (std::get<CallbackReply>(im).http.status != 200) {
      return "a signed callback was refused";
    }
  }
  return FaultOfSignedLive(request);
}

/// What a client can make a media server send: its name and arguments are those of the fuzzer.
Fault FaultOfForgedForm(std::string_view name, std::string_view args) {
  constexpr auto kCalls = std::to_array<std::pair<const char*, CallbackCall>>(
      {{"publish", CallbackCall::kPublish},
       {"play&start=0&duration=0&reset=0", CallbackCall::kPlay},
       {"update_publish&time=5&timestamp=4980", CallbackCall::kUpdate},
       {"publish_done", CallbackCall::kPublishEnd},
       {"record_done&recorder=&path=/rec/a.flv", CallbackCall::kRecorded}});
  const std::string encoded_name = PercentEncode(name);
  const std::string encoded_args = PercentEncode(args);
  for (const auto& [call, expected] : kCalls) {
    const auto reading = ReadRtmpCallback(
        {.method = "POST",
         .path = CallbackPath(),
         .body = fmt::format("app=live&flashver={0}&swfurl={0}&tcurl={0}&pageurl={0}&addr=10.0.0.1"
                             "&clientid=7&call={1}&name={2}&{3}",
                             encoded_args, call, encoded_name, args)},
        StreamRules());
    const auto* const callback = std::get_if<StreamCallback>(&reading);
    if (callback == nullptr) {
      if (auto fault = FaultOfReply(std::get<CallbackReply>(reading))) return fault;
      const bool is_decision =
          expected == CallbackCall::kPublish || expected == CallbackCall::kPlay;
      const bool is_long = name.size() + 2 * args.size() > kMaxCallbackBytes / 8;
      if (!is_decision && !is_long) return "a report was not read";
      continue;
    }
    if (auto fault = FaultOfStreamCallback(*callback)) return fault;
    if (callback->call != expected) return "another call";
    if (callback->client != "7") return "another client";
    if (callback->address != "10.0.0.1") return "another address";
    if (!callback->stream.empty() && callback->stream != name) return "another stream";
    if (expected == CallbackCall::kUpdate && callback->media_ms != 4980) return "another position";
    if (expected == CallbackCall::kRecorded && callback->file != "/rec/a.flv")
      return "another file";
  }
  return std::nullopt;
}

/// Likewise for SRS, which in some versions does not escape the texts of clients.
Fault FaultOfForgedJson(std::string_view name, std::string_view args) {
  constexpr auto kActions = std::to_array<std::pair<const char*, CallbackCall>>(
      {{"on_publish", CallbackCall::kPublish},
       {"on_play", CallbackCall::kPlay},
       {"on_unpublish", CallbackCall::kPublishEnd}});
  for (const auto& [action, expected] : kActions) {
    const auto reading = ReadSrsCallback(
        {.method = "POST",
         .path = CallbackPath(),
         .body = fmt::format(R"({{"action":"{}","client_id":"c7","ip":"10.0.0.1","app":"live",)"
                             R"("tcUrl":"","stream":"{}","param":"?{}"}})",
                             action, name, args)},
        StreamRules());
    const auto* const callback = std::get_if<StreamCallback>(&reading);
    if (callback == nullptr) {
      if (auto fault = FaultOfReply(std::get<CallbackReply>(reading))) return fault;
      continue;
    }
    if (auto fault = FaultOfStreamCallback(*callback)) return fault;
    if (callback->call != expected) return "another call";
    if (callback->client != "c7") return "another client";
    if (callback->address != "10.0.0.1") return "another address";
  }
  return std::nullopt;
}

}  // namespace

Fault FaultOfCallbacks(std::string_view bytes) {
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  const std::string_view first = bytes.substr(0, end);
  const std::string_view rest = bytes.substr(std::min(end + 1, bytes.size()));
  if (auto fault = FaultOfAnyBody(first, rest)) return fault;
  if (auto fault = FaultOfForgedForm(first, rest)) return fault;
  return FaultOfForgedJson(first, rest);
}

}  // namespace rtcroom
