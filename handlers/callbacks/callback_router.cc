#include "handlers/callbacks/callback_router.h"

#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "handlers/callbacks/callback_rtmp.h"
#include "handlers/callbacks/callback_srs.h"
#include "handlers/shared/stream_arguments.h"

namespace rtcroom {
namespace {

std::string_view CallName(CallbackCall call) {
  switch (call) {
    case CallbackCall::kPublish:
      return "publish";
    case CallbackCall::kUpdate:
      return "update";
    case CallbackCall::kPublishEnd:
      return "publish_end";
    case CallbackCall::kPlay:
      return "play";
    case CallbackCall::kRecorded:
      return "recorded";
  }
  return "other";
}

Status StatusOf(const PublishOutcome& published) {
  if (published.verdict == PublishVerdict::kAccepted) return {};
  const std::string_view reason = published.verdict == PublishVerdict::kBadSignature
                                      ? StreamSignatureStateName(published.signature)
                                      : PublishVerdictName(published.verdict);
  return Error{Errc::kNotAllowed, std::string(reason)};
}

/// The order to disconnect a client that was refused and that the media server would keep; none if
/// the client has no ID.
std::vector<StreamDrop> DropsOf(StreamClient refused) {
  if (refused.client.empty()) return {};
  return {{.client = std::move(refused), .reason = StreamDropReason::kRefused}};
}

}  // namespace

CallbackRouter::CallbackRouter(StreamCallbackRules rules, const CallbackContext& context)
    : rules_(std::move(rules)),
      context_(context),
      ignored_(context.counted, context.clock, context.logger) {}

const CallbackRouter::Dialect* CallbackRouter::DialectOf(std::string_view path) {
  static constexpr std::array kDialects = {
      Dialect{.path = "rtmp", .read = ReadRtmpCallback, .refuse = ForbidCallback},
      // SRS makes the session of a browser before it asks: that of a refused one would hold the
      // name of the stream until its timeout, and could connect.
      Dialect{.path = "srs",
              .read = ReadSrsCallback,
              .refuse = RefuseSrsCallback,
              .keeps_refused = true},
  };
  if (!path.starts_with(kCallbackPrefix)) return nullptr;
  path.remove_prefix(kCallbackPrefix.size());
  for (const Dialect& dialect : kDialects) {
    if (!path.starts_with(dialect.path)) continue;
    const std::string_view rest = path.substr(dialect.path.size());
    if (rest.empty() || rest.front() == '/') return &dialect;
  }
  return nullptr;
}

std::optional<HttpReply> CallbackRouter::Run(Call& call) {
  const Dialect& dialect = *DialectOf(call.http.path);
  const CallbackReading<StreamCallback> reading = dialect.read(call.http, rules_);
  if (const auto* const callback = std::get_if<StreamCallback>(&reading)) {
    call.label.endpoint = CallName(callback->call);
    return Decide(*callback, dialect, call.responder);
  }
  const auto& refused = std::get<CallbackReply>(reading);
  ignored_.Record("other", call.http.peer_address, refused);
  return After(DropsOf({.client = refused.kept_client}), refused.http, call.responder);
}

HttpReply CallbackRouter::Fail(const Error& error, Call& call) const {
  // Most likely out of memory. A refused update ends a call, so what was not read is accepted: a
  // stream that may not be on air is dropped after a poll.
  context_.logger.Error("callback_fault", {{"type", error.detail}});
  const std::string_view name = call.label.endpoint;
  const bool may_refuse =
      name == CallName(CallbackCall::kPublish) || name == CallName(CallbackCall::kPlay);
  return (may_refuse ? DialectOf(call.http.path)->refuse(error) : AcceptCallback()).http;
}

std::optional<HttpReply> CallbackRouter::Decide(const StreamCallback& callback,
                                                const Dialect& dialect, Responder& responder) {
  Status outcome;
  switch (callback.call) {
    case CallbackCall::kPublish:
      return Publish(callback, dialect, responder);
    case CallbackCall::kUpdate:
      if (context_.monitor.Update(callback.stream, callback.client,
                                  StreamArgumentsOf(callback.args),
                                  callback.media_ms) == UpdateVerdict::kCut) {
        outcome = Error{Errc::kNotAllowed, "banned or revoked"};
      }
      break;
    case CallbackCall::kPublishEnd:
      context_.monitor.Ended(callback.client);
      break;
    case CallbackCall::kPlay:
      return Play(callback, dialect, responder);
    case CallbackCall::kRecorded:
      if (context_.recorded) {
        context_.recorded(callback.file, context_.monitor.StreamOfClient(callback.client));
      }
      break;
  }
  return ReplyTo(callback, dialect, outcome);
}

std::optional<HttpReply> CallbackRouter::Publish(const StreamCallback& callback,
                                                 const Dialect& dialect, Responder& responder) {
  PublishOutcome published =
      context_.monitor.Publish(callback.stream, callback.client, StreamArgumentsOf(callback.args));
  const Status outcome = StatusOf(published);
  if (!outcome && dialect.keeps_refused) {
    published.drops = DropsOf({.stream = callback.stream, .client = callback.client});
  }
  // The media server takes the new client, until the others are dropped, for a second one of the
  // same name.
  return After(std::move(published.drops), ReplyTo(callback, dialect, outcome), responder);
}

std::optional<HttpReply> CallbackRouter::Play(const StreamCallback& callback,
                                              const Dialect& dialect, Responder& responder) {
  const StreamArguments arguments = StreamArgumentsOf(callback.args);
  const Status outcome = CheckPlay(callback.stream, arguments);
  // The address of a browser is that of a user; a phone's names none.
  const bool may_be_browser = !outcome && arguments.rs.has_value();
  if (!may_be_browser || context_.players == nullptr || callback.client.empty()) {
    return ReplyTo(callback, dialect, outcome);
  }
  struct Waiting {
    StreamCallback callback;
    Responder responder;
  };
  // Shared by the copies of the functions.
  const auto waiting = std::make_shared<Waiting>(callback, std::move(responder));
  const auto answer = [this, waiting, &dialect](const WebAnswer& given) {
    const bool is_open = given.outcome == WebOpenOutcome::kOpened;
    const std::string_view reason = WebOpenOutcomeName(given.outcome);
    waiting->responder.Send(
        ReplyTo(waiting->callback, dialect,
                is_open ? Status() : Error{Errc::kNotAllowed, std::string(reason)}));
  };
  const bool is_taken = waiting->responder.RunOnWorker([this, waiting, answer] {
    const StreamCallback& asked = waiting->callback;
    context_.players->Play({.direction = WebDirection::kPlay,
                            .name = {.stream = asked.stream, .app = rules_.app},
                            .query = asked.query,
                            .address = asked.address,
                            .sdp = asked.client},
                           answer);
  });
  if (!is_taken) answer({.outcome = WebOpenOutcome::kFailed});
  return std::nullopt;
}

Status CallbackRouter::CheckPlay(std::string_view stream, const StreamArguments& arguments) const {
  if (!rules_.check_play) return {};
  const StreamSignature signature = context_.monitor.CheckPlay(stream, arguments);
  if (signature.state == StreamSignatureState::kGood) return {};
  return Error{Errc::kNotAllowed, std::string(StreamSignatureStateName(signature.state))};
}

HttpReply CallbackRouter::ReplyTo(const StreamCallback& callback, const Dialect& dialect,
                                  const Status& outcome) const {
  context_.counted.Count(CallName(callback.call), outcome ? "accepted" : "refused");
  if (outcome) return AcceptCallback().http;
  context_.logger.Info("stream_refused", {{"call", CallName(callback.call)},
                                          {"stream", callback.stream},
                                          {"address", callback.address},
                                          {"reason", outcome.error().detail}});
  return dialect.refuse(outcome.error()).http;
}

std::optional<HttpReply> CallbackRouter::After(std::vector<StreamDrop> drops, HttpReply reply,
                                               Responder& responder) {
  if (drops.empty()) return reply;
  // Shared by the copies of the function.
  const auto waiting =
      std::make_shared<std::pair<Responder, HttpReply>>(std::move(responder), std::move(reply));
  context_.poller.DropThen(std::move(drops),
                           [waiting] { waiting->first.Send(std::move(waiting->second)); });
  return std::nullopt;
}

}  // namespace rtcroom
