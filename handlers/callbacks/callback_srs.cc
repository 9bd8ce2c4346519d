#include "handlers/callbacks/callback_srs.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/media/stream_server.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {
namespace {

using nlohmann::json;

/// Whether a member of the outermost object is repeated, or the text is not JSON as it stands.
bool HasRepeatedMember(std::string_view text) {
  std::set<std::string> names;
  bool is_repeated = false;
  const auto take_name = [&](int depth, json::parse_event_t event, const json& parsed) {
    if (event == json::parse_event_t::key && depth == 1) {
      is_repeated = !names.insert(parsed.get<std::string>()).second || is_repeated;
    }
    return true;
  };
  return json::parse(text, take_name, /*allow_exceptions=*/false).is_discarded() || is_repeated;
}

Result<json> ParseSrsBody(std::string_view body) {
  Result<json> parsed = ParseJson(body);
  if (!parsed) return Error{Errc::kBadRequest, "body: " + parsed.error().detail};
  if (!parsed->is_object()) return Error{Errc::kBadRequest, "body: not a JSON object"};
  if (HasRepeatedMember(body)) return Error{Errc::kBadRequest, "body: a member is repeated"};
  return parsed;
}

std::string QueryOf(const json& body) {
  std::string query = MemberText(body, "param");
  if (query.starts_with('?')) query.erase(0, 1);
  return query;
}

/// The complete file, which SRS names relative to its own directory.
std::string FileOf(const json& body) {
  std::string file = MemberText(body, "file");
  return file.empty() || file.starts_with('/') ? file : MemberText(body, "cwd") + '/' + file;
}

CallbackReading<StreamCallback> ReadCall(CallbackCall call, const json& body,
                                         const StreamCallbackRules& rules) {
  StreamCallback callback{.call = call, .address = AddressOrEmpty(MemberText(body, "ip"))};
  if (std::string client = MemberText(body, "client_id"); IsStreamClientId(client)) {
    callback.client = std::move(client);
  }
  if (callback.client.empty() && call != CallbackCall::kPlay) {
    return RefuseSrsCallback({Errc::kBadRequest, "client_id: missing"});
  }
  if (call == CallbackCall::kPublish || call == CallbackCall::kPlay) {
    callback.stream = MemberText(body, "stream");
    if (const Status checked = CheckStream(MemberText(body, "app"), callback.stream, rules);
        !checked) {
      CallbackReply refused = RefuseSrsCallback(checked.error());
      if (call == CallbackCall::kPublish) refused.kept_client = callback.client;
      return refused;
    }
    callback.query = QueryOf(body);
    callback.args = ParseForm(callback.query);
  } else if (call == CallbackCall::kRecorded) {
    callback.file = FileOf(body);
    if (!IsRecordedFile(callback.file)) {
      return RefuseSrsCallback({Errc::kBadRequest, "file: not a file's"});
    }
  }
  return callback;
}

}  // namespace

CallbackReading<StreamCallback> ReadSrsCallback(const HttpRequest& request,
                                                const StreamCallbackRules& rules) {
  if (auto refused = RefuseCallbackEarly(request, rules.senders.is_set())) {
    return *std::move(refused);
  }
  if (!AdmitsSender(rules.senders, request)) return RefuseUnprovenSender();
  const Result<json> body = ParseSrsBody(request.body);
  if (!body) return RefuseSrsCallback(body.error());
  const std::string action = MemberText(*body, "action");
  if (action == "on_publish") return ReadCall(CallbackCall::kPublish, *body, rules);
  if (action == "on_unpublish") return ReadCall(CallbackCall::kPublishEnd, *body, rules);
  if (action == "on_dvr") return ReadCall(CallbackCall::kRecorded, *body, rules);
  if (action == "on_play" && rules.check_play) return ReadCall(CallbackCall::kPlay, *body, rules);
  if (action.empty()) return RefuseSrsCallback({Errc::kBadRequest, "action: missing"});
  return AcceptCallback();
}

CallbackReply RefuseSrsCallback(Error why) {
  return MakeCallbackReply(200, kCallbackFailed, std::move(why));
}

}  // namespace rtcroom
