#include "handlers/channel/channel_router.h"

#include <memory>
#include <utility>

#include "handlers/channel/channel_codes.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/channel/channel_push_poll.h"
#include "handlers/shared/request_charge.h"

namespace rtcroom {
namespace {

constexpr std::string_view kSubprotocol = "rtcroomd.v1";
constexpr std::string_view kSocketLabel = "channel/ws";
constexpr std::string_view kPollLabel = "channel/poll";

HttpReply FailPoll(const Error& error, RequestLabel& label) {
  (void)FailCommand(error, label);
  JsonText fields;
  WriteError(error, "connect", fields);
  return {.body = fields.AsObject()};
}

}  // namespace

ChannelRouter::ChannelRouter(const SocketContext& sockets, Admission& admission,
                             const PipelineDeps& deps, const std::string& prefix)
    : ChannelDoor(admission, deps),
      sockets_(sockets),
      socket_path_(prefix + "/channel/ws"),
      poll_path_(prefix + "/channel/poll") {}

RequestPlan ChannelRouter::Resolve(HttpRequest& request) {
  const bool is_poll = request.path == poll_path_ && request.method == "POST";
  return {.lane = is_poll ? Lane::kWorker : Lane::kInline};
}

std::string_view ChannelRouter::LabelOf(std::string_view path) const {
  return path == poll_path_ ? kPollLabel : kSocketLabel;
}

HttpReply ChannelRouter::Fail(const Error& error, Call& call) const {
  return call.label.endpoint == kPollLabel ? FailPoll(error, call.label)
                                           : FailCommand(error, call.label);
}

std::optional<HttpReply> ChannelRouter::Run(Call& call) {
  if (call.http.path == poll_path_) {
    if (call.http.method == "POST") return BeginPoll(call);
    // The request takes a token, but a refusal would cost as much as its reply.
    (void)AdmitAddress(admission(), call.http.peer_address, call.http.body.size());
    return OnlyPost(Fail({Errc::kBadRequest, "method: not POST"}, call));
  }
  return OpenSocket(call, kSubprotocol, {}, [&](HttpReply reply) {
    // Owned by the connection, and by the tables of those that get pushes.
    const auto socket = std::make_shared<ChannelSocket>(sockets_, call.http.peer_address);
    socket->Open(std::move(reply), call.responder);
  });
}

std::optional<HttpReply> ChannelRouter::BeginPoll(Call& call) const {
  const HttpRequest& http = call.http;
  const Result<nlohmann::ordered_json> body = ReadCommandBody(http.body);
  // Owned by the tables of those that get pushes, until it is answered.
  const auto poll = std::make_shared<PushPoll>(sockets_);
  if (const Status read = body ? poll->Read(*body, http.peer_address) : body.error(); !read) {
    const Status admitted = AdmitAddress(admission(), http.peer_address, http.body.size());
    return Fail(admitted ? read.error() : admitted.error(), call);
  }
  if (const Status admitted = AdmitPoll(http, *poll); !admitted) {
    return Fail(admitted.error(), call);
  }
  poll->Begin([&] {
    // Its requests are done by then, even where the server has been cut off meanwhile.
    auto pending = std::make_shared<PendingCall>(
        call, recorder(),
        RequestCharge::OfChannel(sockets_.socket.costs, http.peer_address, poll->user_id()),
        PendingCall::Duration::kWaits, [](RequestLabel&) {
          return HttpReply{.body = R"({"replies":[],"rooms":[],"pushes":[]})"};
        });
    return PollReply{std::move(pending), [](std::string text, RequestLabel&) {
                       return HttpReply{.body = std::move(text)};
                     }};
  });
  return std::nullopt;
}

Status ChannelRouter::AdmitPoll(const HttpRequest& http, const PushPoll& poll) const {
  Admission& costs = sockets_.socket.costs;
  Status admitted = AdmitToChannel(costs, poll.user_id(), http.peer_address, http.body.size());
  // That pays for the first request or room.
  if (admitted && poll.size() > 1) {
    costs.ChargeUser(poll.user_id(), static_cast<std::uint32_t>(poll.size() - 1));
  }
  return admitted;
}

}  // namespace rtcroom
