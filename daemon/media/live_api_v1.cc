#include "daemon/media/live_api_v1.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/auth/json_member.h"
#include "daemon/base/digest.h"
#include "daemon/base/json_text.h"
#include "daemon/base/percent_encoding.h"
#include "daemon/base/text.h"
#include "daemon/media/media_call.h"
#include "daemon/media/reply_json.h"

namespace rtcroom {
namespace {

using Json = nlohmann::json;
using std::chrono::seconds;

constexpr seconds kStateLife{300};
constexpr seconds kMixLife{60};

constexpr std::int64_t kNeverPushed = 20601;
/// The `output[].status` of a live stream; 0 is interrupted, 3 disabled.
constexpr std::int64_t kLiveStatus = 1;

constexpr MixNames kMixNames = {.stream = "input_stream_id",
                                .layout = "layout_params",
                                .image_layer = "image_layer",
                                .image_width = "image_width",
                                .image_height = "image_height",
                                .location_x = "location_x",
                                .location_y = "location_y",
                                .input_type = "input_type"};

std::int64_t SecondsOf(TimePoint time) {
  return std::chrono::floor<seconds>(time).time_since_epoch().count();
}

/// Path and query of a call that ends at `until`.
std::string CommonAccess(const LiveApiV1Options& options, std::string_view interface,
                         std::string_view parameters, TimePoint until) {
  const std::int64_t t = SecondsOf(until);
  return fmt::format("/common_access?appid={}&interface={}{}&t={}&sign={}",
                     PercentEncode(options.app_id), interface, parameters, t,
                     Md5Hex(fmt::format("{}{}", options.api_key.Reveal(), t)));
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text.size() <= 18 && std::ranges::all_of(text, IsAsciiDigit);
}

StreamReport UnknownState(std::string reason) { return {StreamState::kUnknown, std::move(reason)}; }

}  // namespace

OutgoingCall LiveV1StateCall(const LiveApiV1Options& options, std::string_view stream,
                             TimePoint now) {
  const std::string channel = fmt::format("&Param.s.channel_id={}", PercentEncode(stream));
  return {.path_and_query =
              CommonAccess(options, "Live_Channel_GetStatus", channel, now + kStateLife)};
}

StreamReport ReadLiveV1State(const OutgoingReply& reply) {
  const Result<Json> object = ReadReplyObject(reply);
  if (!object) return UnknownState(object.error().detail);
  const std::optional<std::int64_t> ret = IntegerMember(*object, "ret");
  if (ret == kNeverPushed) return {.state = StreamState::kNotLive};
  if (ret != 0) return UnknownState(ret ? fmt::format("ret {}", *ret) : "no ret");
  const Json* const output = ArrayMember(*object, "output");
  if (output == nullptr || output->empty()) return UnknownState("no output");
  StreamReport report{.state = StreamState::kNotLive};
  for (const Json& entry : *output) {
    const std::optional<std::int64_t> status =
        entry.is_object() ? IntegerMember(entry, "status") : std::nullopt;
    if (!status) return UnknownState("no status");
    if (*status == kLiveStatus) report.state = StreamState::kLive;
  }
  return report;
}

OutgoingCall LiveV1MixCall(const LiveApiV1Options& options, const MixRequest& request,
                           TimePoint now) {
  JsonText para;
  if (IsNumber(options.app_id)) {
    para.Json("app_id", options.app_id);
  } else {
    para.Field("app_id", options.app_id);
  }
  para.Field("interface", "mix_streamv2.start_mix_stream_advanced")
      .Field("mix_stream_session_id", MixSession(request.output))
      .Field("output_stream_id", request.output)
      .Field("output_stream_type", std::int64_t{OutputStreamType(request)})
      .BeginArray("input_stream_list");
  WriteMixInputs(request, kMixNames, para);
  para.EndArray();
  const std::int64_t time = SecondsOf(now);
  return {
      .method = "POST",
      .path_and_query = CommonAccess(options, "Mix_StreamV2", "", now + kMixLife),
      .content_type = "application/json",
      .body = fmt::format(
          R"({{"timestamp":{0},"eventId":{0},"interface":{{"interfaceName":"Mix_StreamV2","para":{{{1}}}}}}})",
          time, para.text())};
}

Result<MixReply> ReadLiveV1Mix(const OutgoingReply& reply) {
  const Result<Json> object = ReadReplyObject(reply);
  if (!object) return object.error();
  const std::optional<std::int64_t> code = IntegerMember(*object, "code");
  if (!code) return Error{Errc::kUnavailable, "a reply to a mix without a code"};
  return MixReply{.code = *code,
                  .message = ShortText(TextMember(*object, "message").value_or("")),
                  .timestamp = IntegerMember(*object, "timestamp").value_or(0)};
}

LiveApiV1::LiveApiV1(LiveApiV1Options options, OutgoingHttp& http, const Clock& clock)
    : options_(std::move(options)), http_(http), clock_(clock) {}

StreamReport LiveApiV1::AskState(const std::string& stream, std::chrono::milliseconds timeout) {
  const Result<OutgoingReply> reply = MakeMediaCall([&] {
    return http_.Send(options_.base_url, LiveV1StateCall(options_, stream, clock_.Now()), timeout);
  });
  if (!reply) return UnknownState(reply.error().detail);
  return ReadLiveV1State(*reply);
}

Result<MixReply> LiveApiV1::Mix(const MixRequest& request, std::chrono::milliseconds timeout) {
  const Result<OutgoingReply> reply = MakeMediaCall([&] {
    return http_.Send(options_.base_url, LiveV1MixCall(options_, request, clock_.Now()), timeout);
  });
  if (!reply) return reply.error();
  return ReadLiveV1Mix(*reply);
}

}  // namespace rtcroom
