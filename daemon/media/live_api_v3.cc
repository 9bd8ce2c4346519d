#include "daemon/media/live_api_v3.h"

#include <cstdint>
#include <utility>

#include "daemon/base/json_text.h"

namespace rtcroom {
namespace {

constexpr std::string_view kService = "live";
constexpr std::string_view kVersion = "2018-08-01";
constexpr std::string_view kNoSuchMix = "FailedOperation.CancelSessionNotExist";

constexpr MixNames kCloudMixNames = {.stream = "InputStreamName",
                                     .layout = "LayoutParams",
                                     .image_layer = "ImageLayer",
                                     .image_width = "ImageWidth",
                                     .image_height = "ImageHeight",
                                     .location_x = "LocationX",
                                     .location_y = "LocationY",
                                     .input_type = "InputType"};

CloudAction LiveAction(std::string name, const JsonText& members) {
  return {.service = kService,
          .version = kVersion,
          .name = std::move(name),
          .payload = members.AsObject()};
}

}  // namespace

CloudAction LiveV3StateAction(const LiveApiV3Options& options, std::string_view stream) {
  JsonText members;
  members.Field("AppName", options.app)
      .Field("DomainName", options.push_host)
      .Field("StreamName", stream);
  return LiveAction("DescribeLiveStreamState", members);
}

StreamReport ReadLiveV3State(const OutgoingReply& reply) {
  const Result<CloudReply> read = ReadCloudReply(reply);
  if (!read) return {.state = StreamState::kUnknown, .reason = read.error().detail};
  if (!read->ok()) return {.state = StreamState::kUnknown, .reason = read->error_code};
  if (read->stream_state == "active") return {.state = StreamState::kLive};
  if (read->stream_state == "inactive" || read->stream_state == "forbid") {
    return {.state = StreamState::kNotLive};
  }
  return {.state = StreamState::kUnknown, .reason = "no StreamState"};
}

CloudAction LiveV3MixAction(const MixRequest& request) {
  JsonText members;
  members.Field("MixStreamSessionId", MixSession(request.output));
  if (EndsMix(request)) return LiveAction("CancelCommonMixStream", members);
  members.BeginArray("InputStreamList");
  WriteMixInputs(request, kCloudMixNames, members);
  members.EndArray()
      .BeginObject("OutputParams")
      .Field("OutputStreamName", request.output)
      .Field("OutputStreamType", std::int64_t{OutputStreamType(request)})
      .EndObject();
  return LiveAction("CreateCommonMixStream", members);
}

Result<MixReply> ReadLiveV3Mix(const OutgoingReply& reply, TimePoint now) {
  const Result<CloudReply> read = ReadCloudReply(reply);
  if (!read) return read.error();
  MixReply mix{.timestamp =
                   std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count()};
  if (read->ok() || read->error_code == kNoSuchMix) {
    mix.code = 0;
    mix.message = "Success!";  // as API v1
  } else {
    mix.message = read->error_code;
  }
  return mix;
}

LiveApiV3::LiveApiV3(LiveApiV3Options options, OutgoingHttp& http, const Clock& clock)
    : options_(std::move(options)), http_(http), clock_(clock) {}

StreamReport LiveApiV3::AskState(const std::string& stream, std::chrono::milliseconds timeout) {
  const Result<OutgoingReply> reply = SendCloudCall(
      http_, options_.account, LiveV3StateAction(options_, stream), clock_.Now(), timeout);
  if (!reply) return {.state = StreamState::kUnknown, .reason = reply.error().detail};
  return ReadLiveV3State(*reply);
}

Result<MixReply> LiveApiV3::Mix(const MixRequest& request, std::chrono::milliseconds timeout) {
  const Result<OutgoingReply> reply =
      SendCloudCall(http_, options_.account, LiveV3MixAction(request), clock_.Now(), timeout);
  if (!reply) return reply.error();
  return ReadLiveV3Mix(*reply, clock_.Now());
}

}  // namespace rtcroom
