#include "handlers/callbacks/callback_rtmp.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/media/stream_server.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {
namespace {

// The fields that the server sends itself, in any of its calls.
constexpr auto kServerFields = std::to_array<std::string_view>(
    {"app", "flashver", "swfurl", "tcurl", "pageurl", "addr", "epoch", "clientid", "call", "name",
     "type", "start", "duration", "reset", "time", "timestamp", "recorder", "path"});

bool IsServerField(std::string_view name) {
  return std::ranges::find(kServerFields, name) != kServerFields.end();
}

/// @errors kBadRequest, also when a field of the server is repeated: the client tries to pass for
///         another one.
Status CheckPublisher(const FormPairs& fields, const StreamCallbackRules& rules) {
  const auto has_name = [](std::string_view name) {
    return [name](const FormPairs::value_type& field) { return field.first == name; };
  };
  for (const std::string_view name : kServerFields) {
    if (std::ranges::count_if(fields, has_name(name)) > 1) {
      return Error{Errc::kBadRequest, std::string(name) + ": repeated"};
    }
  }
  return CheckStream(FirstOrEmpty(fields, "app"), FirstOrEmpty(fields, "name"), rules);
}

void TakeStream(FormPairs fields, StreamCallback& callback) {
  callback.stream = FirstOrEmpty(fields, "name");
  std::erase_if(fields, [](const auto& field) { return IsServerField(field.first); });
  callback.args = std::move(fields);
}

CallbackReading<StreamCallback> ReadPublishOrPlay(FormPairs fields, StreamCallback callback,
                                                  const StreamCallbackRules& rules) {
  if (const Status checked = CheckPublisher(fields, rules); !checked) {
    return ForbidCallback(checked.error());
  }
  if (callback.call == CallbackCall::kPublish && callback.client.empty()) {
    return ForbidCallback({Errc::kBadRequest, "clientid: missing"});
  }
  TakeStream(std::move(fields), callback);
  return callback;
}

/// All other calls have no effect without the client that they are about.
CallbackReading<StreamCallback> ReadReport(FormPairs fields, StreamCallback callback,
                                           const StreamCallbackRules& rules) {
  if (callback.client.empty()) {
    return AcceptCallback(Error{Errc::kBadRequest, "clientid: missing"});
  }
  if (callback.call == CallbackCall::kUpdate) {
    callback.media_ms = WholeNumber(FirstOrEmpty(fields, "timestamp"));
    // A publisher can begin to play another stream, and its updates then have that one's name.
    if (CheckPublisher(fields, rules).ok()) TakeStream(std::move(fields), callback);
  } else if (callback.call == CallbackCall::kRecorded) {
    callback.file = FirstOrEmpty(fields, "path");
    if (!IsRecordedFile(callback.file)) {
      return AcceptCallback(Error{Errc::kBadRequest, "path: not a file's"});
    }
  }
  return callback;
}

}  // namespace

CallbackReading<StreamCallback> ReadRtmpCallback(const HttpRequest& request,
                                                 const StreamCallbackRules& rules) {
  if (auto refused = RefuseCallbackEarly(request, rules.senders.is_set())) {
    return *std::move(refused);
  }
  if (!AdmitsSender(rules.senders, request)) return RefuseUnprovenSender();
  FormPairs fields = ParseForm(request.body);
  const std::string_view call = FirstOrEmpty(fields, "call");
  const std::string_view client = FirstOrEmpty(fields, "clientid");
  StreamCallback callback{.client = IsStreamClientId(client) ? std::string(client) : std::string(),
                          .address = AddressOrEmpty(FirstOrEmpty(fields, "addr"))};
  if (call == "publish" || call == "play") {
    callback.call = call == "publish" ? CallbackCall::kPublish : CallbackCall::kPlay;
    if (callback.call == CallbackCall::kPlay && !rules.check_play) return AcceptCallback();
    return ReadPublishOrPlay(std::move(fields), std::move(callback), rules);
  }
  if (call == "update_publish") {
    callback.call = CallbackCall::kUpdate;
  } else if (call == "publish_done") {
    callback.call = CallbackCall::kPublishEnd;
  } else if (call == "record_done") {
    callback.call = CallbackCall::kRecorded;
  } else if (call.empty()) {
    return ForbidCallback({Errc::kBadRequest, "call: missing"});
  } else {
    return AcceptCallback();
  }
  return ReadReport(std::move(fields), std::move(callback), rules);
}

}  // namespace rtcroom
