#include "tests/fuzz/request_property.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/auth/login_service.h"
#include "daemon/base/logger.h"
#include "daemon/core/lease_table.h"
#include "daemon/core/room_service.h"
#include "handlers/form.h"
#include "handlers/router.h"
#include "storage/memory/memory_store.h"
#include "tests/fuzz/request_bytes.h"
#include "tests/support/counting_ids.h"
#include "tests/support/fake_admission.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_groups.h"
#include "tests/support/fake_private_map_keys.h"
#include "tests/support/fake_sessions.h"
#include "tests/support/fake_streams.h"
#include "tests/support/fake_utils.h"
#include "tests/support/recorded_reply.h"

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

class PlainSigner : public LoginSigner {
 public:
  [[nodiscard]] Status CanSign() const override { return {}; }
  Result<std::string> SignUserSig(const UserId& user_id, TimePoint /*now*/) const override {
    return "sig-of-" + user_id.value;
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
  FakeClock clock;
  CountingIds ids;
  FakeGroups groups;
  FakeStreams streams;
  EchoingCodes codes;
  PlainSigner signer;
  Logger logger{LogFormat::kJson, LogLevel::kError};
  LeaseTable leases{clock, std::chrono::seconds(20)};
  MemoryStore store{{.max_rooms = 8}, "00000000000000aa", leases};
  BanList bans{clock, streams};
  RoomService rooms{{.store = store,
                     .ban_store = store,
                     .bans = bans,
                     .leases = leases,
                     .groups = &groups,
                     .streams = streams,
                     .clock = clock,
                     .ids = ids},
                    {},
                    logger};
  FakeAdmission admission;
  LoginService logins{
      codes,
      signer,
      clock,
      ids,
      admission,
      {.trust_imuserid = true, .expose_session_key = true, .administrator = {"administrator"}}};
  FakeSessions sessions;
  FakePrivateMapKeys private_map_keys;
  FakeUtils utils;
  RequestIds request_ids{"fuzz"};
  LastRequest recorded;
  RequestRecorder recorder{request_ids, recorded, clock, logger};
  Router router{{.rooms = rooms,
                 .logins = logins,
                 .sessions = sessions,
                 .webrtc_ticket_signer = signer,
                 .private_map_keys = private_map_keys,
                 .streams = streams,
                 .clock = clock,
                 .ids = ids,
                 .admission = admission,
                 .utils = &utils.services},
                {.gen1_prefix = "/v1",
                 .gen2_prefix = "/v2",
                 .sdk_app_id = 1400000000,
                 .gen1_login = true,
                 .trust_userid = true},
                recorder};
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
  parts_->utils.SwitchOn();  // without a token: endpoints that reply with pages are refused
}

RequestFuzzServer::~RequestFuzzServer() = default;

LabelledReply RequestFuzzServer::Handle(const HttpRequest& request) const {
  return AnswerOf(parts_->router, parts_->recorded, request);
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
