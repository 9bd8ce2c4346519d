#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "daemon/core/stream_urls.h"
#include "daemon/media/live_api_v1.h"
#include "daemon/media/live_api_v3.h"
#include "daemon/media/nginx_rtmp_api.h"
#include "daemon/media/srs_api.h"
#include "tests/fuzz/parser_properties.h"

namespace rtcroom {
namespace {

using Fault = std::optional<std::string>;
using Json = nlohmann::json;

constexpr TimePoint kReplyTime{std::chrono::milliseconds{1'700'000'000'000}};
constexpr std::size_t kMaxSessionBytes = 80;
constexpr std::size_t kMaxShortTextBytes = 200;

/// @param text_bytes  of the reply.
Fault FaultOfList(const Result<StreamList>& list, std::size_t text_bytes) {
  if (!list) return list.error().code == Errc::kUnavailable ? Fault() : "an unexpected error";
  if (list->life.empty() || list->life.size() > 64) return "the life of no server";
  if (list->streams.size() > kMaxListedStreams) return "too many streams";
  if (list->uptime && *list->uptime >= std::chrono::years(100)) return "an endless uptime";
  std::size_t names = 0;
  for (const ListedStream& stream : list->streams) {
    if (!IsStreamClientId(stream.client)) return "no client ID: " + stream.client;
    names += stream.name.size() + stream.client.size();
  }
  if (names > text_bytes) return "names from nowhere";
  return std::nullopt;
}

Fault FaultOfDrop(const Result<DropOutcome>& drop) {
  if (drop || drop.error().code == Errc::kUnavailable) return std::nullopt;
  return "an unexpected error";
}

Fault FaultOfReport(const StreamReport& report) {
  if (report.reason.empty() != (report.state != StreamState::kUnknown)) {
    return "a reason for a known state, or none for an unknown one";
  }
  return std::nullopt;
}

Fault FaultOfMixReply(const Result<MixReply>& reply) {
  if (!reply) return reply.error().code == Errc::kUnavailable ? Fault() : "an unexpected error";
  if (reply->message.size() > kMaxShortTextBytes) return "a long message";
  return std::nullopt;
}

bool IsSession(std::string_view text) {
  return !text.empty() && text.size() <= kMaxSessionBytes && IsStreamName(text) &&
         text.find('-') == std::string_view::npos;
}

Fault FaultOfMergeParams(std::string_view text) {
  const Json params = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  const Result<MixRequest> request = ReadMergeParams(params);
  if (!request) {
    return request.error().code == Errc::kBadRequest ? Fault() : "an unexpected error";
  }
  if (request->inputs.empty() || request->inputs.size() > kMaxMixInputs) return "no mix";
  const OutgoingCall call = LiveV1MixCall({.app_id = "1"}, *request, kReplyTime);
  const Json body = Json::parse(call.body, nullptr, /*allow_exceptions=*/false);
  const Result<MixRequest> again = ReadMergeParams(body);
  if (!again || *again != *request) return "another mix: " + call.body;
  if (!IsSession(MixSession(request->output))) return "no session: " + request->output;
  const CloudAction action = LiveV3MixAction(*request);
  if (!Json::accept(action.payload)) return "not JSON: " + action.payload;
  return std::nullopt;
}

}  // namespace

Fault FaultOfMediaReplies(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  const std::string text(bytes.substr(1));
  const OutgoingReply reply{.status = 200, .body = text};
  switch (static_cast<unsigned char>(bytes.front()) % 8) {
    case 0:
      return FaultOfList(ReadNginxList(reply, "live"), text.size());
    case 1:
      return FaultOfDrop(ReadNginxDrop(reply));
    case 2:
      if (const auto clients = ReadSrsClients(reply);
          !clients && clients.error().code != Errc::kUnavailable) {
        return "an unexpected error";
      }
      return FaultOfList(ReadSrsList(reply, "live"), text.size());
    case 3:
      return FaultOfDrop(ReadSrsDrop(reply));
    case 4:
      return FaultOfReport(ReadLiveV1State(reply));
    case 5:
      return FaultOfMixReply(ReadLiveV1Mix(reply));
    case 6:
      if (const Fault fault = FaultOfReport(ReadLiveV3State(reply))) return fault;
      return FaultOfMixReply(ReadLiveV3Mix(reply, kReplyTime));
    default:
      return FaultOfMergeParams(text);
  }
}

}  // namespace rtcroom
