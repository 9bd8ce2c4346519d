#include "handlers/webim/webim_router.h"

#include <memory>
#include <utility>

#include "handlers/channel/channel_codes.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/shared/request_charge.h"
#include "handlers/webim/webim_json.h"

namespace rtcroom {
namespace {

HttpReply Succeed(const JsonText& fields) {
  std::string body = R"({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"")";
  if (!fields.text().empty()) body.append(",").append(fields.text());
  return {.body = std::move(body += '}')};
}

}  // namespace

WebimRouter::WebimRouter(const ChannelContext& context, Admission& admission,
                         const PipelineDeps& deps, WebimRouterOptions options)
    : ChannelDoor(admission, deps),
      context_(context),
      prefix_(options.prefix + '/'),
      sdk_app_id_(std::to_string(options.sdk_app_id)) {}

bool WebimRouter::Serves(const HttpRequest& request) const {
  std::string_view path = request.path;
  if (!path.starts_with(prefix_)) return false;
  path.remove_prefix(prefix_.size());
  return path.starts_with("v4/") || path.starts_with("v1/");
}

const ChannelCommand* WebimRouter::CommandAt(std::string_view path) const {
  return FindChannelCommand(path.substr(prefix_.size()));
}

RequestPlan WebimRouter::Resolve(HttpRequest& request) {
  const ChannelCommand* const command = CommandAt(request.path);
  return {.lane = command == nullptr || request.method != "POST" ? Lane::kInline : command->lane};
}

std::string_view WebimRouter::LabelOf(std::string_view path) const {
  const ChannelCommand* const command = CommandAt(path);
  return command == nullptr ? RequestLabel().endpoint : command->name();
}

std::optional<HttpReply> WebimRouter::Run(Call& call) {
  const ChannelCommand* const command = CommandAt(call.http.path);
  if (command != nullptr && call.http.method == "POST") return RunCommand(call, *command);
  // The request takes a token, but a refusal would cost as much as its reply.
  (void)AdmitAddress(admission(), call.http.peer_address, call.http.body.size());
  HttpReply reply = FailCommand({Errc::kBadRequest, {}}, kUnknownCommand, call.label);
  return command == nullptr ? std::move(reply) : OnlyPost(std::move(reply));
}

std::optional<HttpReply> WebimRouter::RunCommand(Call& call, const ChannelCommand& command) const {
  ChannelRequest request{.query = ParseForm(call.http.query), .address = call.http.peer_address};
  const Status identified = Identify(command, request);
  if (const Status admitted = Admit(call.http, command, request, identified); admitted) {
    if (!identified) return FailCommand(identified.error(), call.label);
  } else if (command.poll == nullptr) {
    return FailCommand(admitted.error(), call.label);
  } else {
    request.is_paused = true;  // after a refusal the client would repeat it at once
  }
  if (Result<nlohmann::ordered_json> body = ReadCommandBody(call.http.body); body) {
    request.body = *std::move(body);
  } else if (command.caller != CommandCaller::kAnyone) {
    return FailCommand(body.error(), call.label);
  }
  const std::optional<UserId> payer =
      request.IsCallerKnown() ? std::optional(request.caller.account) : std::nullopt;
  if (command.poll != nullptr) {
    const auto begin = [&](std::function<std::string()> if_lost) {
      return BeginPoll(call, std::move(if_lost), payer);
    };
    const Status begun = command.poll(request, context_, std::ref(begin));
    return begun ? std::nullopt : std::optional(FailCommand(begun.error(), call.label));
  }
  const Result<JsonText> fields = command.handler == nullptr ? JsonText().Json(command.fields)
                                                             : command.handler(request, context_);
  if (!fields) return FailCommand(fields.error(), call.label);
  HttpReply reply = Succeed(*fields);
  if (command.takes_token) {
    const std::string& address = call.http.peer_address;
    const RequestCharge charge = payer ? RequestCharge::OfChannel(context_.costs, address, payer)
                                       : RequestCharge(admission(), address, payer);
    charge.ChargeReply(reply.body.size());
  }
  return reply;
}

Status WebimRouter::Admit(const HttpRequest& http, const ChannelCommand& command,
                          const ChannelRequest& request, const Status& identified) const {
  const bool is_poll = command.poll != nullptr;
  if (!command.takes_token && !is_poll) return {};
  if (request.IsCallerKnown()) {
    return AdmitToChannel(context_.costs, request.caller.account, http.peer_address,
                          http.body.size());
  }
  // A poll that anyone may begin waits as long as it may.
  if (is_poll && identified) return {};
  return AdmitAddress(admission(), http.peer_address, http.body.size());
}

Status WebimRouter::Identify(const ChannelCommand& command, ChannelRequest& request) const {
  const CommandCaller caller = command.caller;
  if (caller != CommandCaller::kAnyone && FirstOrEmpty(request.query, "sdkappid") != sdk_app_id_) {
    return Error{Errc::kUnknownApp, "sdkappid: another"};
  }
  if (caller == CommandCaller::kLogin) return {};
  Result<ChannelInstance> instance = context_.channel.logins().Authenticate(
      FirstOrEmpty(request.query, "tinyid"), FirstOrEmpty(request.query, "a2"));
  if (instance) {
    request.caller = *std::move(instance);
  } else if (caller == CommandCaller::kAccount) {
    return instance.error();
  }
  return {};
}

PollReply WebimRouter::BeginPoll(Call& call, std::function<std::string()> if_lost,
                                 std::optional<UserId> payer) const {
  const auto render = [node = context_.channel.deps().node](std::string body, RequestLabel& label) {
    static const std::string kKicked = KickedReply();
    // A poll that brings nothing new is no failure, although its code is not 0.
    if (body == kKicked) {
      const ChannelCode& kicked = ChannelCodeOf(label.endpoint, Errc::kInstanceKicked);
      label.code = kicked.code;
      label.failure = kicked.failure;
    }
    // Nothing has been done for the poll: another server may do it.
    return SendsClientsAway(node) ? SendAway(FailCommand(CutOffFromStore(), label))
                                  : HttpReply{.body = std::move(body)};
  };
  auto pending = std::make_shared<PendingCall>(
      call, recorder(),
      RequestCharge::OfChannel(context_.costs, call.http.peer_address, std::move(payer)),
      PendingCall::Duration::kWaits,
      [render, lost = std::move(if_lost)](RequestLabel& label) { return render(lost(), label); });
  return {std::move(pending), render};
}

}  // namespace rtcroom
