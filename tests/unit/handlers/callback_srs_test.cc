#include "handlers/callbacks/callback_srs.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/handlers/callback_reading.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr const char* kSrsRefused = R"(200 {"code":1} )";

// As SRS 7.0.18 sends it.
constexpr const char* kSrsPublish =
    R"({"server_id":"vid-v0158o1","service_id":"4675kf3w","action":"on_publish",)"
    R"("client_id":"a69j0j6g","ip":"127.0.0.1","vhost":"__defaultVhost__","app":"live",)"
    R"("tcUrl":"rtmp://127.0.0.1:19550/live","stream":"8888_user_0001",)"
    R"("param":"?bizid=8888&txSecret=5e98&txTime=655D2B80",)"
    R"("stream_url":"/live/8888_user_0001","stream_id":"vid-3f28218"})";

json SrsBody(std::string_view action = "on_publish") {
  json body = json::parse(kSrsPublish);
  body["action"] = action;
  return body;
}

StreamCallbackRules SrsRules() { return {.senders = {.secret = Secret("S")}, .check_play = true}; }

CallbackReading<StreamCallback> ReadSrs(std::string body,
                                        const StreamCallbackRules& rules = SrsRules()) {
  return ReadSrsCallback({.method = "POST", .path = "/callback/srs/S", .body = std::move(body)},
                         rules);
}

CallbackReading<StreamCallback> ReadSrs(const json& body) { return ReadSrs(body.dump()); }

TEST(SrsCallback, ReadsAPublish) {
  const auto callback = Taken(ReadSrs(std::string(kSrsPublish)));
  ASSERT_TRUE(callback);
  EXPECT_EQ(callback->call, CallbackCall::kPublish);
  EXPECT_EQ(callback->client, "a69j0j6g");
  EXPECT_EQ(callback->stream, "8888_user_0001");
  EXPECT_EQ(callback->address, "127.0.0.1");
  EXPECT_THAT(callback->args, ElementsAre(Pair("bizid", "8888"), Pair("txSecret", "5e98"),
                                          Pair("txTime", "655D2B80")));
}

TEST(SrsCallback, ReadsParametersWithAndWithoutAQuestionMark) {
  json body = SrsBody();
  EXPECT_EQ(Taken(ReadSrs(body))->query, "bizid=8888&txSecret=5e98&txTime=655D2B80");
  body["param"] = "txTime=1&txTime=2&a=%41+b";
  EXPECT_EQ(Taken(ReadSrs(body))->query, "txTime=1&txTime=2&a=%41+b");
  EXPECT_THAT(Taken(ReadSrs(body))->args,
              ElementsAre(Pair("txTime", "1"), Pair("txTime", "2"), Pair("a", "A b")));
  body["param"] = "";
  EXPECT_THAT(Taken(ReadSrs(body))->args, IsEmpty());
  body.erase("param");
  EXPECT_THAT(Taken(ReadSrs(body))->args, IsEmpty());
}

TEST(SrsCallback, ReadsANumberOfAClient) {
  json body = SrsBody();
  body["client_id"] = 1985;
  EXPECT_EQ(Taken(ReadSrs(body))->client, "1985");
}

TEST(SrsCallback, ReadsTheEndOfAPublisherWithoutAName) {
  const auto callback = Taken(ReadSrs(SrsBody("on_unpublish")));
  ASSERT_TRUE(callback);
  EXPECT_EQ(callback->call, CallbackCall::kPublishEnd);
  EXPECT_EQ(callback->client, "a69j0j6g");
  EXPECT_EQ(callback->stream, "");
  EXPECT_THAT(callback->args, IsEmpty());
  json other_app = SrsBody("on_unpublish");
  other_app["app"] = "mix";
  EXPECT_TRUE(Taken(ReadSrs(other_app)));
}

TEST(SrsCallback, ReadsARecordedFileRelativeToTheServersDirectory) {
  json body = SrsBody("on_dvr");
  body["cwd"] = "/usr/local/srs";
  body["file"] = "./objs/nginx/html/live/8888_user_0001.1700000000.flv";
  const auto callback = Taken(ReadSrs(body));
  ASSERT_TRUE(callback);
  EXPECT_EQ(callback->call, CallbackCall::kRecorded);
  EXPECT_EQ(callback->client, "a69j0j6g");
  EXPECT_EQ(callback->stream, "");
  EXPECT_EQ(callback->file, "/usr/local/srs/./objs/nginx/html/live/8888_user_0001.1700000000.flv");
  body["file"] = "/var/rec/a.flv";
  EXPECT_EQ(Taken(ReadSrs(body))->file, "/var/rec/a.flv");
  for (const char* file : {"", "a.flv"}) {
    body["file"] = file;
    body["cwd"] = "objs";
    EXPECT_EQ(ReplyText(ReadSrs(body)), std::string(kSrsRefused) + "file: not a file's");
  }
}

TEST(SrsCallback, ReadsAPlayWhereItIsChecked) {
  const auto callback = Taken(ReadSrs(SrsBody("on_play")));
  ASSERT_TRUE(callback);
  EXPECT_EQ(callback->call, CallbackCall::kPlay);
  EXPECT_EQ(callback->stream, "8888_user_0001");
  StreamCallbackRules unchecked = SrsRules();
  unchecked.check_play = false;
  EXPECT_EQ(ReplyText(ReadSrs(SrsBody("on_play").dump(), unchecked)), kCallbackAccepted);
}

TEST(SrsCallback, AcceptsCallsThatMeanNothingForAPublisher) {
  for (const char* action : {"on_connect", "on_stop", "on_hls", "on_hls_notify", "on_forward"}) {
    EXPECT_EQ(ReplyText(ReadSrs(SrsBody(action))), kCallbackAccepted) << action;
  }
  EXPECT_EQ(ReplyText(ReadSrs(
                std::string(R"({"action":"on_close","client_id":"a69j0j6g","app":"live"})"))),
            kCallbackAccepted);
}

TEST(SrsCallback, RefusesWhatIsNoStreamOfTheApplication) {
  const auto refusal = [](const char* name, const json& value) {
    json body = SrsBody();
    body[name] = value;
    return ReplyText(ReadSrs(body));
  };
  const std::string refused = kSrsRefused;
  EXPECT_EQ(refusal("app", "mix"), refused + "app: another");
  EXPECT_EQ(refusal("app", nullptr), refused + "app: another");
  for (const json& stream : {json("a/b"), json(""), json("a b"), json(std::string(256, 'n')),
                             json(json::array()), json(nullptr), json("a\r\nb")}) {
    EXPECT_EQ(refusal("stream", stream), refused + "name: not a stream's") << stream;
  }
  for (const json& client : {json(""), json(nullptr), json("a b"), json(std::string(65, 'c'))}) {
    EXPECT_EQ(refusal("client_id", client), refused + "client_id: missing") << client;
  }
  EXPECT_EQ(refusal("action", ""), refused + "action: missing");
}

TEST(SrsCallback, RefusesWhatIsNotJson) {
  for (const char* body : {"", "0", "[]", "{", "action=on_publish", "\xFF"}) {
    EXPECT_TRUE(
        ReplyText(ReadSrs(std::string(body))).starts_with(std::string(kSrsRefused) + "body: "))
        << body;
  }
}

TEST(SrsCallback, RefusesMembersThatAClientHasRepeated) {
  const std::string refused = std::string(kSrsRefused) + "body: a member is repeated";
  EXPECT_EQ(ReplyText(ReadSrs(std::string(
                R"({"action":"on_unpublish","client_id":"1","param":"x","client_id":"2"})"))),
            refused);
  EXPECT_EQ(ReplyText(ReadSrs(
                std::string(R"({"action":"on_unpublish","client_id":"1","client\u005fid":"2"})"))),
            refused);
  // With half a surrogate pair the text is not JSON as it stands.
  EXPECT_EQ(ReplyText(ReadSrs(std::string(
                R"({"action":"on_unpublish","a":"\ud800","client_id":"1","client_id":"2"})"))),
            refused);
  EXPECT_TRUE(Taken(ReadSrs(std::string(
      R"({"action":"on_unpublish","client_id":"1","more":{"client_id":"2","action":"x"}})"))));
}

TEST(SrsCallback, ChecksTheSenderFirst) {
  EXPECT_EQ(ReplyText(ReadSrsCallback({.method = "POST", .body = kSrsPublish}, SrsRules())),
            R"(401 {"code":1} sender: unknown)");
  EXPECT_EQ(ReplyText(ReadSrsCallback({.method = "GET"}, SrsRules())),
            R"(405 {"code":1} method: not POST)");
  EXPECT_EQ(ReplyText(ReadSrsCallback({.method = "POST", .body = kSrsPublish}, {})),
            R"(404 {"code":1} not configured)");
}

}  // namespace
}  // namespace rtcroom
