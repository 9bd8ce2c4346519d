#include "tests/fuzz/request_property.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/auth/login_service.h"
#include "handlers/rooms/router.h"
#include "handlers/shared/request_text.h"
#include "tests/fuzz/parser_properties.h"
#include "tests/fuzz/request_bytes.h"
#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

using nlohmann::json;

/// A platform whose openids equal the codes, except for the code "bad".
class EchoingCodes : public CodeExchange {
 public:
  void Exchange(const std::string& code, std::function<void(CodeExchangeResult)> done) override {
    if (code == "bad") return done({.outcome = CodeExchangeOutcome::kBadCode});
    done({.outcome = CodeExchangeOutcome::kOk, .openid = code, .session_key = Secret("key")});
  }
};

bool HasLineBreak(const std::string& text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos;
}

std::optional<std::string> FaultOfBody(const LabelledReply& reply) {
  const json body = json::parse(reply.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) return "the body is not a JSON object: " + reply.body;
  const auto code = body.find("code");
  if (code == body.end() || !code->is_number_integer()) return "no integer code: " + reply.body;
  const auto message = body.find("message");
  if (message == body.end() || !message->is_string()) return "no string message: " + reply.body;
  if (code->get<int>() != reply.label.code) return "the label has another code: " + reply.body;
  const bool succeeded = code->get<int>() == 0;
  if (succeeded == reply.label.failure.has_value()) return "code and failure differ: " + reply.body;
  if (succeeded && reply.status != 200) return fmt::format("code 0 with status {}", reply.status);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> FaultOf(const LabelledReply& reply) {
  // The router turns an exception into this failure: acceptable for the client, but still a bug.
  if (reply.label.failure == Errc::kInternal) return "internal: " + reply.label.failure_detail;
  for (const auto& [name, value] : reply.headers) {
    if (HasLineBreak(name) || HasLineBreak(value)) return "a line break in the header " + name;
  }
  if (reply.status == 204) {
    return reply.body.empty() ? std::nullopt : std::optional<std::string>("204 with a body");
  }
  constexpr int kStatuses[] = {200, 404, 405};
  if (std::ranges::find(kStatuses, reply.status) == std::end(kStatuses)) {
    return fmt::format("status {}", reply.status);
  }
  return FaultOfBody(reply);
}

struct RequestFuzzServer::Parts {
  RouterFixture fixture{{}, {}, {.max_rooms = 8}};
  EchoingCodes codes;
  LoginService logins{
      codes,
      fixture.signer,
      fixture.clock,
      fixture.ids,
      fixture.admission,
      {.trust_imuserid = true, .expose_session_key = true, .administrator = {"administrator"}}};
  Router router{fixture.ServicesWith(logins),
                {.gen1_prefix = "/v1",
                 .gen2_prefix = "/v2",
                 .sdk_app_id = 1400000000,
                 .gen1_login = true,
                 .trust_userid = true},
                fixture.pipeline};
};

std::optional<std::string> FaultOf(const LabelledReply& reply, const HttpRequest& request) {
  if (std::optional<std::string> fault = FaultOf(reply)) return fault;
  const RequestLabel& label = reply.label;
  const bool served = reply.status == 200 && label.code == 0;
  const bool open_to_all = label.endpoint == "login" || label.endpoint == "get_login_info";
  if (!served || label.protocol != Protocol::kGen2 || open_to_all) return std::nullopt;
  const FormPairs query = ParseForm(request.query);
  const std::string* const user_id = FindFirst(query, "userID");
  const std::string* const token = FindFirst(query, "token");
  if (user_id == nullptr || token == nullptr || user_id->empty() ||
      *token != FakeSessions::TokenOf(*user_id)) {
    return "served without the token of its user";
  }
  return std::nullopt;
}

RequestFuzzServer::RequestFuzzServer() : parts_(std::make_unique<Parts>()) {
  parts_->fixture.utils.SwitchOn();  // without a token: endpoints that reply with pages are refused
}

RequestFuzzServer::~RequestFuzzServer() = default;

LabelledReply RequestFuzzServer::Handle(const HttpRequest& request) const {
  return AnswerOf(parts_->router, parts_->fixture.recorded, request);
}

RequestPlan RequestFuzzServer::Plan(const HttpRequest& request) const {
  HttpRequest resolved = request;
  return parts_->router.Resolve(resolved);
}

std::optional<std::string> FaultOfRequests(std::string_view bytes) {
  const RequestFuzzServer server;
  for (const HttpRequest& request : RequestsFromBytes(bytes)) {
    const LabelledReply reply = server.Handle(request);
    std::optional<std::string> fault = FaultOf(reply, request);
    if (!fault && reply.status != 200 && server.Plan(request).lane != Lane::kInline) {
      fault = "refused on a worker";
    }
    if (fault) return fmt::format("{} {}: {}", request.method, request.path, *fault);
  }
  return std::nullopt;
}

}  // namespace rtcroom
