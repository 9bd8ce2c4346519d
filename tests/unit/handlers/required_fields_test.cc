// Protocol A.3: fields of each endpoint and the treatment of bad values, for every room kind.
#include <ostream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

using nlohmann::json;

enum class FieldType : std::uint8_t { kId, kText, kObject, kInteger };

struct RequiredField {
  std::string_view endpoint;
  std::string_view field;
  FieldType type = FieldType::kText;
  std::size_t max_bytes = 0;
};

constexpr RequiredField kRequiredFields[] = {
    {"get_im_login_info", "userIDPrefix", FieldType::kText, 1024},
    {"get_push_url", "userID", FieldType::kId, 64},
    {"create_room", "userID", FieldType::kId, 64},
    {"create_room", "userName", FieldType::kText, 128},
    {"create_room", "userAvatar", FieldType::kText, 1024},
    {"create_room", "pushURL", FieldType::kText, 1024},
    {"create_room", "roomName", FieldType::kText, 1024},
    {"destroy_room", "roomID", FieldType::kId, 48},
    {"destroy_room", "userID", FieldType::kId, 64},
    {"add_pusher", "roomID", FieldType::kId, 48},
    {"add_pusher", "userID", FieldType::kId, 64},
    {"add_pusher", "userName", FieldType::kText, 128},
    {"add_pusher", "userAvatar", FieldType::kText, 1024},
    {"add_pusher", "pushURL", FieldType::kText, 1024},
    {"delete_pusher", "roomID", FieldType::kId, 48},
    {"delete_pusher", "userID", FieldType::kId, 64},
    {"get_pushers", "roomID", FieldType::kId, 48},
    {"pusher_heartbeat", "roomID", FieldType::kId, 48},
    {"pusher_heartbeat", "userID", FieldType::kId, 64},
    {"get_room_list", "cnt", FieldType::kInteger},
    {"get_room_list", "index", FieldType::kInteger},
    {"merge_stream", "roomID", FieldType::kId, 48},
    {"merge_stream", "userID", FieldType::kId, 64},
    {"merge_stream", "mergeParams", FieldType::kObject, 16384},
};

std::ostream& operator<<(std::ostream& out, const RequiredField& required) {
  return out << required.endpoint << " " << required.field;
}

class RequiredFields : public testing::TestWithParam<RequiredField> {
 protected:
  /// Every field required by any endpoint; endpoints ignore the others.
  static json GoodBody() {
    return {{"userIDPrefix", "weixin"},
            {"roomID", "r1"},
            {"userID", "u1"},
            {"userName", "n"},
            {"userAvatar", "a"},
            {"pushURL", "rtmp://p/1"},
            {"roomName", "name"},
            {"cnt", 20},
            {"index", 0},
            {"mergeParams", json::object()}};
  }
  static json GoodBodyWithout(std::string_view field) {
    json body = GoodBody();
    body.erase(std::string(field));
    return body;
  }
  static json GoodBodyWith(const json& value) {
    json body = GoodBody();
    body[GetParam().field] = value;
    return body;
  }
  /// The replies under every room kind that has the endpoint.
  [[nodiscard]] std::vector<LabelledReply> SendToEveryKind(const std::string& body) const {
    std::vector<LabelledReply> replies;
    for (const std::string_view kind : {"double_room", "multi_room", "live_room"}) {
      if (GetParam().endpoint == "merge_stream" && kind != "live_room") continue;
      replies.push_back(server_.Post(fmt::format("/weapp/{}/{}", kind, GetParam().endpoint), body));
    }
    return replies;
  }
  void ExpectTaken(const json& body) const {
    for (const LabelledReply& reply : SendToEveryKind(body.dump())) EXPECT_NE(reply.label.code, 1);
  }
  void ExpectRefused(const json& body, std::string_view fault) const {
    for (const LabelledReply& reply : SendToEveryKind(body.dump())) {
      EXPECT_EQ(reply.status, 200);
      EXPECT_EQ(reply.body,
                fmt::format(R"({{"code":1,"message":"请求参数错误","detail":"{}: {}"}})",
                            GetParam().field, fault));
    }
  }

  RouterFixture server_;
};

TEST_P(RequiredFields, AreAcceptedWhenValid) { ExpectTaken(GoodBody()); }

TEST_P(RequiredFields, AreReportedByNameWhenMissing) {
  ExpectRefused(GoodBodyWithout(GetParam().field), "missing");
}

TEST_P(RequiredFields, AreMissingWhenFalsy) {
  const bool integer = GetParam().type == FieldType::kInteger;
  for (const json& value : {json(nullptr), json(""), json(false)}) {
    ExpectRefused(GoodBodyWith(value), integer ? "not a whole number" : "missing");
  }
  if (integer) {
    ExpectTaken(GoodBodyWith(0));
  } else {
    ExpectRefused(GoodBodyWith(0), "missing");
  }
}

TEST_P(RequiredFields, AreRefusedWhenIllTyped) {
  std::string_view fault;
  std::vector<json> values = {true, 1.5, json::array({"u1"})};
  switch (GetParam().type) {
    case FieldType::kId:
      fault = "neither a string nor a whole number";
      values.push_back(json::object());
      break;
    case FieldType::kText:
      fault = "not a string";
      values.insert(values.end(), {json::object(), 7});
      break;
    case FieldType::kObject:
      fault = "not an object";
      values.insert(values.end(), {"{}", 7});
      break;
    case FieldType::kInteger:
      fault = "not a whole number";
      values.insert(values.end(), {json::object(), "twenty"});
      break;
  }
  for (const json& value : values) ExpectRefused(GoodBodyWith(value), fault);
}

TEST_P(RequiredFields, AreBounded) {
  const std::size_t max_bytes = GetParam().max_bytes;
  if (max_bytes == 0) return;
  const std::string fault = fmt::format("longer than {} bytes", max_bytes);
  if (GetParam().type == FieldType::kObject) {
    ExpectRefused(GoodBodyWith({{"a", std::string(max_bytes, 'x')}}), fault);
    return;
  }
  ExpectTaken(GoodBodyWith(std::string(max_bytes, 'x')));
  ExpectRefused(GoodBodyWith(std::string(max_bytes + 1, 'x')), fault);
}

TEST_P(RequiredFields, AreRefusedWhenNotUtf8OrWithNul) {
  std::string rest = GoodBodyWithout(GetParam().field).dump();
  rest.pop_back();
  for (const char* value : {"\xC0\xAF", "\xFF", R"(a\u0000)"}) {
    const std::string body = fmt::format(R"({},"{}":"{}"}})", rest, GetParam().field, value);
    for (const LabelledReply& reply : SendToEveryKind(body)) {
      EXPECT_EQ(reply.label.code, 1) << value;
      EXPECT_TRUE(reply.label.failure_detail.starts_with("body: ")) << reply.label.failure_detail;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Protocol, RequiredFields, testing::ValuesIn(kRequiredFields),
                         [](const testing::TestParamInfo<RequiredField>& param_info) {
                           return fmt::format("{}_{}", param_info.param.endpoint,
                                              param_info.param.field);
                         });

}  // namespace
}  // namespace rtcroom
