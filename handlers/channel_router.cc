#include "handlers/channel_router.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/exception_type.h"
#include "daemon/base/log_scope.h"
#include "daemon/channel/channel_json.h"
#include "daemon/channel/channel_options.h"
#include "daemon/http/web_socket_handshake.h"
#include "handlers/channel_codes.h"
#include "handlers/channel_fields.h"
#include "handlers/channel_push_poll.h"
#include "handlers/request_charge.h"

namespace rtcroom {
namespace {

constexpr int kPreflightStatus = 204;
constexpr int kOtherMethodStatus = 405;
constexpr int kSwitchingProtocols = 101;
constexpr int kForbidden = 403;
constexpr int kTooManyRequests = 429;
constexpr int kServiceUnavailable = 503;

constexpr std::string_view kSubprotocol = "rtcroomd.v1";
constexpr std::string_view kSocketLabel = "channel/ws";
constexpr std::string_view kPollLabel = "channel/poll";

HttpReply Succeed(const JsonText& fields) {
  std::string body = R"({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"")";
  if (!fields.text().empty()) body.append(",").append(fields.text());
  return {.body = std::move(body += '}')};
}

/// Stores code, failure and detail in the label; the client receives the detail only when the fault
/// is in its request.
HttpReply Fail(const Error& error, const ChannelCode& code, RequestLabel& label) {
  label.code = code.code;
  label.failure = error.code;
  label.failure_detail = error.detail;
  const bool is_of_request = error.code == Errc::kBadRequest || error.code == Errc::kNotJson;
  return {.body = FailureReply(code.code, is_of_request && !error.detail.empty()
                                              ? std::string_view(error.detail)
                                              : code.info)};
}

HttpReply Fail(const Error& error, RequestLabel& label) {
  return Fail(error, ChannelCodeOf(label.endpoint, error.code), label);
}

/// Likewise for the poll of a new client.
HttpReply FailPoll(const Error& error, RequestLabel& label) {
  (void)Fail(error, label);
  JsonText fields;
  WriteError(error, "connect", fields);
  return {.body = fmt::format("{{{}}}", fields.text())};
}

HttpReply FailAsUnknown(RequestLabel& label) {
  return Fail({Errc::kBadRequest, {}}, kUnknownCommand, label);
}

/// Whether a poll's reply is that the caller was kicked.
bool IsOfKicked(std::string_view body, const ChannelCode& kicked) {
  return body.starts_with(fmt::format(R"({{"ActionStatus":"FAIL","ErrorCode":{},)", kicked.code));
}

/// Of a server that is cut off from the others.
HttpReply RefuseCutOff(bool is_poll, RequestLabel& label) {
  const Error error{Errc::kStoreBusy, "cut off from the store"};
  HttpReply reply = is_poll ? FailPoll(error, label) : Fail(error, label);
  reply.status = kServiceUnavailable;
  reply.headers.emplace_back("Retry-After", "1");
  return reply;
}

/// A poll that waits for its reply.
class WaitingPoll {
 public:
  WaitingPoll(Responder responder, RequestFacts facts, RequestLabel label, Headers headers,
              std::string if_lost, RequestRecorder& recorder, RequestCharge charge, bool may_repeat,
              const NodeLease* node)
      : responder_(std::move(responder)),
        facts_(std::move(facts)),
        label_(std::move(label)),
        headers_(std::move(headers)),
        if_lost_(std::move(if_lost)),
        recorder_(recorder),
        charge_(std::move(charge)),
        may_repeat_(may_repeat),
        node_(node) {}
  ~WaitingPoll() {
    if (!responder_) return;
    try {
      Answer(std::move(if_lost_));
    } catch (...) {
      // Most likely out of memory: the responder answers as it ends.
    }
  }
  WaitingPoll(const WaitingPoll&) = delete;
  WaitingPoll& operator=(const WaitingPoll&) = delete;

  void Answer(std::string body) {
    // A poll that brings nothing new is no failure, although its code is not 0.
    const ChannelCode& kicked = ChannelCodeOf(label_.endpoint, Errc::kInstanceKicked);
    if (IsOfKicked(body, kicked)) {
      label_.code = kicked.code;
      label_.failure = kicked.failure;
    }
    charge_.ChargeReply(body.size());
    HttpReply reply{.body = std::move(body)};
    if (may_repeat_ && SendsClientsAway(node_)) reply = RefuseCutOff(false, label_);
    std::ranges::move(headers_, std::back_inserter(reply.headers));
    recorder_.RecordPoll(facts_, label_, reply.status);
    responder_.Send(std::move(reply));
  }

 private:
  Responder responder_;
  const RequestFacts facts_;
  RequestLabel label_;
  Headers headers_;
  std::string if_lost_;
  RequestRecorder& recorder_;
  const RequestCharge charge_;
  /// At another server: nothing has been done for it.
  const bool may_repeat_;
  const NodeLease* const node_;  ///< as in `Services`
};

}  // namespace

ChannelRouter::ChannelRouter(const ChannelContext& context, const SocketContext& sockets,
                             Admission& admission, RequestRecorder& recorder,
                             ChannelRouterOptions options)
    : context_(context),
      sockets_(sockets),
      admission_(admission),
      recorder_(recorder),
      prefix_(options.prefix + '/'),
      sdk_app_id_(std::to_string(options.sdk_app_id)),
      cors_(std::move(options.cors_origins)) {}

bool ChannelRouter::Serves(std::string_view path) const {
  if (!path.starts_with(prefix_)) return false;
  if (IsSocket(path) || IsPoll(path)) return true;
  path.remove_prefix(prefix_.size());
  return path.starts_with("v4/") || path.starts_with("v1/");
}

const ChannelCommand* ChannelRouter::FindCommand(std::string_view path) const {
  return path.starts_with(prefix_) ? FindChannelCommand(path.substr(prefix_.size())) : nullptr;
}

RequestPlan ChannelRouter::Resolve(HttpRequest& request) {
  if (IsPoll(request.path) && request.method == "POST") return {.lane = Lane::kWorker};
  const ChannelCommand* const command = FindCommand(request.path);
  return {.lane = command == nullptr || request.method != "POST" ? Lane::kInline : command->lane};
}

void ChannelRouter::Handle(HttpRequest& request, Responder& responder) {
  request.request_id = recorder_.NextId();
  const LogScope scope(request.request_id);
  Call call{.http = request, .responder = responder, .command = FindCommand(request.path)};
  if (call.command != nullptr) call.label.endpoint = call.command->name();
  if (IsSocket(request.path)) call.label.endpoint = kSocketLabel;
  if (IsPoll(request.path)) call.label.endpoint = kPollLabel;
  std::optional<HttpReply> reply;
  try {
    cors_.AddOrigin(request.origin, call.headers);
    call.headers.emplace_back("Cache-Control", "no-store");
    reply = Dispatch(call);
  } catch (...) {
    if (!responder) return;  // the poll has been answered as lost
    const Error error{Errc::kInternal, std::string(CurrentExceptionType())};
    reply = IsPoll(request.path) ? FailPoll(error, call.label) : Fail(error, call.label);
  }
  if (!reply) return;
  reply->headers.insert(reply->headers.end(), call.headers.begin(), call.headers.end());
  recorder_.Record({.request_id = std::move(request.request_id),
                    .peer_address = std::move(request.peer_address),
                    .begun = request.begun},
                   call.label, reply->status);
  responder.Send(*std::move(reply));
}

HttpReply ChannelRouter::Refuse(int status, std::string_view reason) {
  RequestLabel label;
  const Errc failure = status < 500 ? Errc::kNotJson : Errc::kUnavailable;
  HttpReply reply = Fail({failure, {}}, label);
  reply.status = status;
  label.failure_detail = reason;
  cors_.AddOrigin({}, reply.headers);
  recorder_.RecordRefusal(label, status);
  return reply;
}

bool ChannelRouter::AdmitsAddress(const Call& call) const {
  const std::string& address = call.http.peer_address;
  const bool admitted = admission_.AdmitsAddress(address);
  const std::uint32_t more = MoreTokensFor(call.http.body.size());
  if (admitted && more > 0) admission_.ChargeAddress(address, more);
  return admitted;
}

std::optional<HttpReply> ChannelRouter::Dispatch(Call& call) const {
  if (context_.node != nullptr && context_.node->IsCutOff() && call.http.method != "OPTIONS") {
    return RefuseCutOff(IsPoll(call.http.path), call.label);
  }
  const bool is_poll = IsPoll(call.http.path);
  if (is_poll && call.http.method == "POST") return BeginPoll(call);
  if (call.command != nullptr && call.http.method == "POST") return Run(call);
  // These also take a token, but only the reply of a handshake depends on it: other refusals would
  // cost as much.
  const bool admitted = AdmitsAddress(call);
  if (call.http.method == "OPTIONS") {
    HttpReply reply{.status = kPreflightStatus};
    Cors::AddPreflight(reply.headers);
    return reply;
  }
  if (IsSocket(call.http.path)) {
    if (admitted) return OpenSocket(call);
    HttpReply reply = Fail({Errc::kTooManyRequests, "address: too many requests"}, call.label);
    reply.status = kTooManyRequests;
    return reply;
  }
  if (call.command == nullptr && !is_poll) return FailAsUnknown(call.label);
  HttpReply reply = is_poll ? FailPoll({Errc::kBadRequest, "method: not POST"}, call.label)
                            : FailAsUnknown(call.label);
  reply.status = kOtherMethodStatus;
  reply.headers.emplace_back("Allow", "POST, OPTIONS");
  return reply;
}

std::optional<HttpReply> ChannelRouter::OpenSocket(Call& call) const {
  const std::string& origin = call.http.origin;
  HttpReply reply = WebSocketHandshake(call.http, kSubprotocol);
  if (reply.status == kSwitchingProtocols && !origin.empty() &&
      !cors_.AllowsSocket(origin, call.http.upgrade->host)) {
    reply = Fail({Errc::kBadRequest, "Origin: not one of server.cors_origins"}, call.label);
    reply.status = kForbidden;
    return reply;
  }
  if (reply.status != kSwitchingProtocols) {
    reply.body = FailAsUnknown(call.label).body;
    return reply;
  }
  recorder_.Record({.request_id = call.http.request_id,
                    .peer_address = call.http.peer_address,
                    .begun = call.http.begun},
                   call.label, reply.status);
  // Owned by the connection, and by the tables of those that get pushes.
  const auto socket = std::make_shared<ChannelSocket>(sockets_, call.http.peer_address);
  socket->Open(std::move(reply), call.responder);
  return std::nullopt;
}

std::optional<HttpReply> ChannelRouter::BeginPoll(Call& call) const {
  const Result<nlohmann::ordered_json> body = ReadCommandBody(call.http.body);
  // Owned by the tables of those that get pushes, until it is answered.
  const auto poll = std::make_shared<PushPoll>(sockets_, context_.hold);
  if (const Status read = body ? poll->Read(*body, call.http.peer_address) : body.error(); !read) {
    const Error limit{Errc::kTooManyRequests, "address: too many requests"};
    return FailPoll(AdmitsAddress(call) ? read.error() : limit, call.label);
  }
  if (const Status admitted = AdmitPoll(call, *poll); !admitted) {
    return FailPoll(admitted.error(), call.label);
  }
  poll->Begin([&] {
    // Its requests are done by then.
    return MakePollReply(call, R"({"replies":[],"rooms":[],"pushes":[]})", poll->user_id(),
                         /*may_repeat=*/false);
  });
  return std::nullopt;
}

Status ChannelRouter::AdmitPoll(const Call& call, const PushPoll& poll) const {
  Status admitted =
      AdmitToChannel(context_.costs, poll.user_id(), call.http.peer_address, call.http.body.size());
  // That pays for the first request or room.
  if (admitted && poll.size() > 1) {
    context_.costs.ChargeUser(poll.user_id(), static_cast<std::uint32_t>(poll.size() - 1));
  }
  return admitted;
}

std::optional<HttpReply> ChannelRouter::Run(Call& call) const {
  ChannelRequest request{.query = ParseForm(call.http.query), .address = call.http.peer_address};
  const Status identified = Identify(*call.command, request);
  if (const Status admitted = Admit(call, request, identified); admitted) {
    if (!identified) return Fail(identified.error(), call.label);
  } else if (call.command->poll == nullptr) {
    return Fail(admitted.error(), call.label);
  } else {
    request.is_paused = true;  // after a refusal the client would repeat it at once
  }
  if (const Status read = ReadBody(call, request); !read) return Fail(read.error(), call.label);
  const std::optional<UserId> payer =
      request.IsCallerKnown() ? std::optional(request.caller.account) : std::nullopt;
  if (call.command->poll != nullptr) {
    const Status begun = call.command->poll(request, context_, [&](std::string if_lost) {
      return MakePollReply(call, std::move(if_lost), payer, /*may_repeat=*/true);
    });
    return begun ? std::nullopt : std::optional(Fail(begun.error(), call.label));
  }
  const Result<JsonText> fields = call.command->handler(request, context_);
  if (!fields) return Fail(fields.error(), call.label);
  HttpReply reply = Succeed(*fields);
  if (call.command->takes_token) {
    const std::string& address = call.http.peer_address;
    const RequestCharge charge = payer ? RequestCharge::OfChannel(context_.costs, address, payer)
                                       : RequestCharge(admission_, address, payer);
    charge.ChargeReply(reply.body.size());
  }
  return reply;
}

Status ChannelRouter::Admit(const Call& call, const ChannelRequest& request,
                            const Status& identified) const {
  const ChannelCommand& command = *call.command;
  const bool is_poll = command.poll != nullptr;
  if (!command.takes_token && !is_poll) return {};
  if (request.IsCallerKnown()) {
    return AdmitToChannel(context_.costs, request.caller.account, call.http.peer_address,
                          call.http.body.size());
  }
  // A poll that anyone may begin waits as long as it may.
  if (is_poll && identified) return {};
  if (AdmitsAddress(call)) return {};
  return Error{Errc::kTooManyRequests, "address: too many requests"};
}

Status ChannelRouter::Identify(const ChannelCommand& command, ChannelRequest& request) const {
  const CommandCaller caller = command.caller;
  if (caller != CommandCaller::kAnyone && FirstOrEmpty(request.query, "sdkappid") != sdk_app_id_) {
    return Error{Errc::kUnknownApp, "sdkappid: another"};
  }
  if (caller == CommandCaller::kLogin) return {};
  Result<ChannelInstance> instance = context_.channel.Authenticate(
      FirstOrEmpty(request.query, "tinyid"), FirstOrEmpty(request.query, "a2"));
  if (instance) {
    request.caller = *std::move(instance);
  } else if (caller == CommandCaller::kAccount) {
    return instance.error();
  }
  return {};
}

Status ChannelRouter::ReadBody(const Call& call, ChannelRequest& request) {
  Result<nlohmann::ordered_json> body = ReadCommandBody(call.http.body);
  if (body) {
    request.body = *std::move(body);
  } else if (call.command->caller != CommandCaller::kAnyone) {
    return body.error();
  }
  return {};
}

PollReply ChannelRouter::MakePollReply(Call& call, std::string if_lost, std::optional<UserId> payer,
                                       bool may_repeat) const {
  RequestCharge charge =
      RequestCharge::OfChannel(context_.costs, call.http.peer_address, std::move(payer));
  // Shared by the copies of the function: it answers once, and answers when the last one ends.
  auto poll =
      std::make_shared<WaitingPoll>(std::move(call.responder),
                                    RequestFacts{.request_id = call.http.request_id,
                                                 .peer_address = call.http.peer_address,
                                                 .begun = call.http.begun},
                                    call.label, std::move(call.headers), std::move(if_lost),
                                    recorder_, std::move(charge), may_repeat, context_.node);
  return [poll = std::move(poll)](std::string body) { poll->Answer(std::move(body)); };
}

}  // namespace rtcroom
