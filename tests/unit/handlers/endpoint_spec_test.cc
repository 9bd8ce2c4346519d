// Every endpoint enforces the fields of its row in handlers/rooms/endpoint_spec.cc, and reads no
// others (protocol A.3, A.5, B.4, B.5, B.8).
#include "handlers/rooms/endpoint_spec.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/endpoint_fields.h"
#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

using nlohmann::json;

/// The reply to a field that is refused, word for word.
std::string FailureBody(Protocol protocol, Errc code, std::string_view detail) {
  const bool is_webrtc = protocol == Protocol::kWebrtc;
  switch (code) {
    case Errc::kInfoTooLong:
      return is_webrtc ? R"({"code":11,"message":"roomInfo 字符串长度不能超过1024字节"})"
                       : R"({"code":10,"message":"roomInfo 字符串字节长度不能超过1024字节"})";
    case Errc::kNotJson:
      return R"({"code":10,"message":"mergeParams 不是合法的JSON格式的字符串"})";
    case Errc::kBadIdentity:
      return R"({"code":7,"message":"请求失败，userID含有非法字符或者不符合规范"})";
    default:
      break;
  }
  const std::string_view message = is_webrtc                     ? "请求失败，缺少参数"
                                   : protocol == Protocol::kGen1 ? "请求参数错误"
                                                                 : "参数不全";
  return fmt::format(R"({{"code":{},"message":"{}","detail":"{}"}})", is_webrtc ? 2 : 1, message,
                     detail);
}

class EndpointFields : public testing::TestWithParam<EndpointCall> {
 protected:
  EndpointFields() { server_.utils.SwitchOn(); }

  /// The replies under every kind that has the endpoint.
  [[nodiscard]] std::vector<LabelledReply> Send(const std::string& body) const {
    std::vector<LabelledReply> replies;
    for (const std::string_view area : GetParam().areas) {
      replies.push_back(
          server_.Send({.method = std::string(GetParam().method),
                        .path = fmt::format("/weapp/{}/{}", area, GetParam().endpoint),
                        .query = GetParam().protocol == Protocol::kGen2 ? "userID=" : "",
                        .content_type = "application/json",
                        .body = body,
                        .peer_address = "192.0.2.1"}));
    }
    return replies;
  }
  void ExpectTaken(const json& body) const {
    for (const LabelledReply& reply : Send(body.dump())) {
      for (const Errc refused :
           {Errc::kBadRequest, Errc::kInfoTooLong, Errc::kNotJson, Errc::kBadIdentity}) {
        EXPECT_NE(reply.label.failure, refused) << body << ": " << reply.body;
      }
      EXPECT_EQ(reply.status, 200);
    }
  }
  void ExpectRefused(const json& body, Errc code, std::string_view detail) {
    for (const LabelledReply& reply : Send(body.dump())) {
      EXPECT_EQ(reply.status, 200);
      EXPECT_EQ(reply.body, FailureBody(GetParam().protocol, code, detail)) << body;
      EXPECT_EQ(reply.label.failure_detail, detail) << body;
    }
    EXPECT_EQ(server_.sqlite.rooms().Newest()->position, 0U) << "nothing was stored: " << body;
  }

  const json good_ = GoodBody(GetParam());
  // Without tokens, so that only the fields are checked; the caller's token is in caller_test.cc.
  RouterFixture server_{{.auth_mode = AuthMode::kOpen, .trust_userid = true}};
};

INSTANTIATE_TEST_SUITE_P(Protocol, EndpointFields, testing::ValuesIn(CallsWithBody()),
                         [](const auto& param_info) { return param_info.param.name(); });

TEST_P(EndpointFields, AreReportedInTheirOrderWhenMissing) {
  json body = json::object();
  for (const FieldSpec& field : GetParam().fields) {
    if (!field.is_required) continue;
    ExpectRefused(body, Errc::kBadRequest, fmt::format("{}: missing", field.name));
    body[field.name] = good_[field.name];
  }
  ExpectTaken(body);
}

TEST_P(EndpointFields, AreRefusedWhenMissingIllTypedTooLongOrMalformed) {
  for (const FieldSpec& field : GetParam().fields) {
    for (const BadValue& bad : BadValues(field, GetParam().protocol)) {
      ExpectRefused(BodyWith(good_, field, bad), bad.code, bad.detail);
    }
  }
}

TEST_P(EndpointFields, AreAcceptedAtTheirLimits) {
  json longest = good_;
  for (const FieldSpec& field : GetParam().fields) {
    const std::optional<json> value = LongestValue(field);
    if (value) longest[field.name] = *value;
  }
  ExpectTaken(longest);
}

TEST_P(EndpointFields, AreAcceptedWhenEmptyOrIllTypedWhereTheProtocolAllowsIt) {
  for (const FieldSpec& field : GetParam().fields) {
    for (const json& value : UnusualValues(field, GetParam().protocol)) {
      json body = good_;
      body[field.name] = value;
      ExpectTaken(body);
    }
  }
}

TEST_P(EndpointFields, AreReadUnderTheirSecondName) {
  json body = json::object();
  for (const FieldSpec& field : GetParam().fields) {
    if (!field.is_required) continue;
    body[field.alias.empty() ? field.name : field.alias] = good_[field.name];
  }
  ExpectTaken(body);
}

TEST_P(EndpointFields, AreTheOnlyOnesThatAreRead) {
  // Each is too long. By name: the most bytes that any endpoint takes.
  std::map<std::string_view, std::size_t> others = {{"unknown", 0}, {"__proto__", 0}};
  for (const EndpointCall& call : AllCalls()) {
    for (const FieldSpec& field : call.fields) {
      for (const std::string_view name : {field.name, field.alias}) {
        others[name] = std::max(others[name], field.max_bytes);
      }
    }
  }
  for (const FieldSpec& field : GetParam().fields) {
    others.erase(field.name);
    others.erase(field.alias);
  }
  json body = good_;
  for (const auto& [name, most] : others) body[name] = std::string(most + 1, ' ');
  ExpectTaken(body);
}

TEST_P(EndpointFields, AreRefusedWhenNotUtf8OrWithNul) {
  for (const FieldSpec& field : GetParam().fields) {
    for (const std::string& body : BodiesOfNoText(good_, field)) {
      for (const LabelledReply& reply : Send(body)) {
        EXPECT_EQ(reply.label.failure, Errc::kBadRequest) << field.name;
        EXPECT_TRUE(reply.label.failure_detail.starts_with("body: ")) << reply.label.failure_detail;
      }
    }
  }
}

TEST(QueryFields, AreReportedWhenMissingOrTooLong) {
  RouterFixture server{{.gen1_login = true}};
  server.utils.SwitchOn();
  server.utils.token.Set(Secret("secret"));
  for (const EndpointCall& call : AllCalls()) {
    // The verifier of tickets reports what a gen-2 login lacks: login_test.cc.
    if (call.endpoint == "login" && call.protocol == Protocol::kGen2) continue;
    for (const FieldSpec& field : call.fields) {
      if (field.place != FieldPlace::kQuery) continue;
      const auto send = [&](std::string query) {
        return server
            .Send({.method = std::string(call.method),
                   .path = fmt::format("/weapp/{}/{}", call.areas.front(), call.endpoint),
                   .query = std::move(query),
                   .authorization = Secret("Bearer secret")})
            .label;
      };
      const RequestLabel missing = send("");
      if (field.is_required) {
        EXPECT_EQ(missing.failure_detail, fmt::format("{}: missing", field.name)) << call;
      } else {
        EXPECT_EQ(missing.failure, std::nullopt) << call;
      }
      if (field.max_bytes == 0) continue;
      const std::string longest =
          fmt::format("{}={}", field.name, std::string(field.max_bytes, 'x'));
      EXPECT_EQ(send(longest).failure, std::nullopt) << call;
      EXPECT_EQ(send(longest + "x").failure, Errc::kBadRequest) << call;
    }
  }
}

TEST(EndpointSpecs, NameEachFieldOnce) {
  for (const EndpointCall& call : AllCalls()) {
    std::set<std::string_view> names;
    for (const FieldSpec& field : call.fields) {
      EXPECT_TRUE(names.insert(field.name).second) << call << " " << field.name;
    }
  }
}

}  // namespace
}  // namespace rtcroom
