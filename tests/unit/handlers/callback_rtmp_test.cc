#include "handlers/callbacks/callback_rtmp.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/handlers/callback_reading.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr const char* kRtmpRefused = R"(403 {"code":1} )";

// As nginx-rtmp 1.2.2 sends it.
constexpr std::string_view kRtmpHead =
    "app=live&flashver=FMLE/3.0%20(compatible%3B%20Lavf59.27&swfurl="
    "&tcurl=rtmp://127.0.0.1:19350/live&pageurl=&addr=127.0.0.1&clientid=1&call=";
constexpr std::string_view kRtmpArgs =
    "&bizid=8888&txSecret=5e98c8138018c0eedc060e5962151b24&txTime=655D2B80";

std::string RtmpForm(std::string_view call, std::string_view fields) {
  return std::string(kRtmpHead).append(call).append(fields).append(kRtmpArgs);
}

std::string RtmpPublish(std::string_view more = {}) {
  return RtmpForm("publish", "&name=8888_user_0001&type=live").append(more);
}

std::string RtmpUpdate(std::string_view more = {}) {
  return RtmpForm("update_publish", "&time=5&timestamp=4980&name=8888_user_0001").append(more);
}

StreamCallbackRules RtmpRules() {
  return {.senders = {.secret = Secret("secretpart")}, .check_play = true};
}

CallbackReading<StreamCallback> ReadRtmp(std::string body,
                                         const StreamCallbackRules& rules = RtmpRules()) {
  return ReadRtmpCallback(
      {.method = "POST", .path = "/callback/rtmp/secretpart", .body = std::move(body)}, rules);
}

std::string Replaced(std::string text, std::string_view part, std::string_view other) {
  return text.replace(text.find(part), part.size(), other);
}

TEST(RtmpCallback, ReadsAPublish) {
  const auto callback = Taken(ReadRtmp(RtmpPublish()));
  ASSERT_TRUE(callback);
  EXPECT_EQ(callback->call, CallbackCall::kPublish);
  EXPECT_EQ(callback->client, "1");
  EXPECT_EQ(callback->stream, "8888_user_0001");
  EXPECT_EQ(callback->address, "127.0.0.1");
  EXPECT_THAT(callback->args, ElementsAre(Pair("bizid", "8888"),
                                          Pair("txSecret", "5e98c8138018c0eedc060e5962151b24"),
                                          Pair("txTime", "655D2B80")));
}

TEST(RtmpCallback, ReadsAnUpdateWithThePositionOfTheMedia) {
  const auto callback = Taken(ReadRtmp(RtmpUpdate()));
  ASSERT_TRUE(callback);
  EXPECT_EQ(callback->call, CallbackCall::kUpdate);
  EXPECT_EQ(callback->client, "1");
  EXPECT_EQ(callback->stream, "8888_user_0001");
  EXPECT_EQ(callback->media_ms, 4980);
  EXPECT_EQ(FirstOrEmpty(callback->args, "txTime"), "655D2B80");
  // The server counts with 32 bits and a sign.
  EXPECT_EQ(Taken(ReadRtmp(Replaced(RtmpUpdate(), "4980", "-2147483648")))->media_ms, -2147483648);
  EXPECT_EQ(Taken(ReadRtmp(Replaced(RtmpUpdate(), "4980", "soon")))->media_ms, std::nullopt);
}

TEST(RtmpCallback, ReadsTheEndOfAPublisherWithoutAName) {
  for (const char* name : {"&name=8888_user_0001", "&name=another", "", "&name=..%2F"}) {
    const auto callback = Taken(ReadRtmp(RtmpForm("publish_done", name)));
    ASSERT_TRUE(callback) << name;
    EXPECT_EQ(callback->call, CallbackCall::kPublishEnd);
    EXPECT_EQ(callback->client, "1");
    EXPECT_EQ(callback->stream, "");
    EXPECT_THAT(callback->args, IsEmpty());
  }
}

TEST(RtmpCallback, ReadsTheEndOfAPublisherWhateverItsArguments) {
  const auto callback =
      Taken(ReadRtmp(RtmpForm("publish_done", "&name=a") + "&clientid=2&name=b&call=done"));
  ASSERT_TRUE(callback);
  EXPECT_EQ(callback->client, "1");
}

TEST(RtmpCallback, ReadsARecordedFile) {
  const std::string_view fields =
      "&recorder=&name=8888_user_0001&path=/var/rec/8888_user_0001-1700000000%20a%2Bb.flv";
  const auto callback = Taken(ReadRtmp(RtmpForm("record_done", fields) + "&path=/etc/passwd"));
  ASSERT_TRUE(callback);
  EXPECT_EQ(callback->call, CallbackCall::kRecorded);
  EXPECT_EQ(callback->client, "1");
  EXPECT_EQ(callback->stream, "");
  EXPECT_EQ(callback->file, "/var/rec/8888_user_0001-1700000000 a+b.flv");
}

TEST(RtmpCallback, IgnoresARecordWithoutACompletePath) {
  for (const char* path : {"", "&path=", "&path=rec/a.flv", "&path=/a%00b", "&path=/a%FF"}) {
    EXPECT_EQ(ReplyText(ReadRtmp(RtmpForm("record_done", std::string("&recorder=&name=a") + path))),
              std::string(kCallbackAccepted) + " path: not a file's")
        << path;
  }
}

TEST(RtmpCallback, ReadsAPlayWhereItIsChecked) {
  const std::string body =
      RtmpForm("play", "&name=8888_user_0001&start=4294965296&duration=0&reset=0");
  const auto callback = Taken(ReadRtmp(body));
  ASSERT_TRUE(callback);
  EXPECT_EQ(callback->call, CallbackCall::kPlay);
  EXPECT_EQ(callback->stream, "8888_user_0001");
  EXPECT_EQ(FirstOrEmpty(callback->args, "txTime"), "655D2B80");
  EXPECT_EQ(FirstOrEmpty(callback->args, "start"), "");

  StreamCallbackRules unchecked = RtmpRules();
  unchecked.check_play = false;
  EXPECT_EQ(ReplyText(ReadRtmp(body, unchecked)), kCallbackAccepted);
  EXPECT_EQ(ReplyText(ReadRtmp("call=play", unchecked)), kCallbackAccepted);
}

TEST(RtmpCallback, ReadsAPlayOfAPlaylistWhichNamesNoClient) {
  const auto callback = Taken(ReadRtmp("call=play&app=live&name=a&txSecret=5e98&txTime=655D2B80"));
  ASSERT_TRUE(callback);
  EXPECT_EQ(callback->client, "");
  EXPECT_EQ(callback->stream, "a");
}

TEST(RtmpCallback, AcceptsCallsThatMeanNothingForAPublisher) {
  for (const char* call : {"done", "play_done", "update_play", "update", "connect", "disconnect",
                           "record_started", "PUBLISH"}) {
    EXPECT_EQ(ReplyText(ReadRtmp(RtmpForm(call, "&name=8888_user_0001"))), kCallbackAccepted)
        << call;
  }
  EXPECT_EQ(ReplyText(ReadRtmp("app=live&flashver=&swfurl=&tcurl=&pageurl=&addr=127.0.0.1&epoch=0"
                               "&call=connect&name=x&name=y")),
            kCallbackAccepted);
  // The name is left out when it is empty, and an argument then looks like it.
  EXPECT_EQ(ReplyText(ReadRtmp(RtmpForm("done", "&name=victim"))), kCallbackAccepted);
  // This call repeats a field by itself.
  EXPECT_EQ(ReplyText(ReadRtmp(RtmpForm("disconnect", "&app=live"))), kCallbackAccepted);
}

TEST(RtmpCallback, RefusesPublishAndPlayThatRepeatAFieldOfTheServer) {
  for (const std::string name : {"name", "call", "clientid", "app", "addr", "type", "flashver",
                                 "swfurl", "tcurl", "pageurl"}) {
    EXPECT_EQ(ReplyText(ReadRtmp(RtmpPublish('&' + name + "=x"))),
              kRtmpRefused + name + ": repeated");
  }
  EXPECT_EQ(ReplyText(ReadRtmp(RtmpPublish("&name=8888_user_0001"))),
            std::string(kRtmpRefused) + "name: repeated");
  EXPECT_EQ(ReplyText(ReadRtmp(RtmpPublish("&name"))),
            std::string(kRtmpRefused) + "name: repeated");
  EXPECT_EQ(ReplyText(ReadRtmp(RtmpPublish("&%6Eame=x"))),
            std::string(kRtmpRefused) + "name: repeated");
  EXPECT_EQ(ReplyText(ReadRtmp(RtmpForm("play", "&name=a&start=0&duration=0&reset=0&name=b"))),
            std::string(kRtmpRefused) + "name: repeated");
}

TEST(RtmpCallback, TakesAnUpdateThatRepeatsAFieldForItsClientOnly) {
  for (const char* forged : {"&name=victim", "&clientid=2", "&call=publish_done", "&timestamp=1"}) {
    const auto callback = Taken(ReadRtmp(RtmpUpdate(forged)));
    ASSERT_TRUE(callback) << forged;
    EXPECT_EQ(callback->call, CallbackCall::kUpdate);
    EXPECT_EQ(callback->client, "1");
    EXPECT_EQ(callback->media_ms, 4980);
    EXPECT_EQ(callback->stream, "");
    EXPECT_THAT(callback->args, IsEmpty());
  }
}

TEST(RtmpCallback, TakesAnUpdateOfNoUsableNameForItsClientOnly) {
  for (const char* name : {"&name=", "", "&name=a%20b"}) {
    const auto callback =
        Taken(ReadRtmp(RtmpForm("update_publish", std::string("&time=5&timestamp=1") + name)));
    ASSERT_TRUE(callback) << name;
    EXPECT_EQ(callback->stream, "");
  }
  const auto other_app = Taken(ReadRtmp(Replaced(RtmpUpdate(), "app=live", "app=mix")));
  ASSERT_TRUE(other_app);
  EXPECT_EQ(other_app->stream, "");
}

TEST(RtmpCallback, KeepsTheFirstOfRepeatedArguments) {
  const auto callback = Taken(ReadRtmp(RtmpPublish("&txTime=FFFFFFFF")));
  ASSERT_TRUE(callback);
  EXPECT_EQ(FirstOrEmpty(callback->args, "txTime"), "655D2B80");
}

TEST(RtmpCallback, DecodesWhatTheServerEncodes) {
  for (const auto& [sent, detail] :
       {std::pair("a%26b", "name: not a stream's"), std::pair("a%3Bb", "name: not a stream's"),
        std::pair("a%25b", "name: not a stream's"), std::pair("a%0D%0Ab", "name: not a stream's"),
        std::pair("a+b", "name: not a stream's"), std::pair("", "name: not a stream's")}) {
    EXPECT_EQ(ReplyText(ReadRtmp(Replaced(RtmpPublish(), "8888_user_0001", sent))),
              std::string(kRtmpRefused) + detail)
        << sent;
  }
  // Encoded or not, it is the same name.
  EXPECT_EQ(Taken(ReadRtmp(Replaced(RtmpPublish(), "8888_user_0001", "8888%5Fuser_0001")))->stream,
            "8888_user_0001");
}

TEST(RtmpCallback, TakesLineBreaksInArgumentsForPartsOfThem) {
  const auto callback =
      Taken(ReadRtmp(RtmpPublish("\r\nHost: x\r\n\r\nPOST /callback/rtmp HTTP/1.0\r\n")));
  ASSERT_TRUE(callback);
  EXPECT_EQ(callback->stream, "8888_user_0001");
  EXPECT_EQ(FirstOrEmpty(callback->args, "txTime"),
            "655D2B80\r\nHost: x\r\n\r\nPOST /callback/rtmp HTTP/1.0\r\n");
}

TEST(RtmpCallback, TakesCutArgumentsAsTheyCame) {
  const std::string whole = RtmpPublish();
  for (std::size_t cut = 1; cut <= kRtmpArgs.size(); ++cut) {
    const auto callback = Taken(ReadRtmp(whole.substr(0, whole.size() - cut)));
    ASSERT_TRUE(callback) << cut;
    EXPECT_EQ(callback->stream, "8888_user_0001");
    EXPECT_TRUE(std::string_view("655D2B80").starts_with(FirstOrEmpty(callback->args, "txTime")));
    EXPECT_NE(FirstOrEmpty(callback->args, "txTime"), "655D2B80");
  }
}

TEST(RtmpCallback, TakesNamesUpToTheServersLimit) {
  const std::string longest(255, 'n');
  EXPECT_EQ(Taken(ReadRtmp(Replaced(RtmpPublish(), "8888_user_0001", longest)))->stream, longest);
  EXPECT_EQ(ReplyText(ReadRtmp(Replaced(RtmpPublish(), "8888_user_0001", longest + 'n'))),
            std::string(kRtmpRefused) + "name: not a stream's");
}

TEST(RtmpCallback, RefusesAnotherApplication) {
  for (const char* app : {"", "mix", "live%2Fa", "LIVE"}) {
    EXPECT_EQ(ReplyText(ReadRtmp(Replaced(RtmpPublish(), "app=live", std::string("app=") + app))),
              std::string(kRtmpRefused) + "app: another");
  }
  StreamCallbackRules rules = RtmpRules();
  rules.app = "mix";
  EXPECT_TRUE(Taken(ReadRtmp(Replaced(RtmpPublish(), "app=live", "app=mix"), rules)));
}

TEST(RtmpCallback, RefusesAPublishWithoutAClient) {
  for (const char* client : {"", "%20", "a%0Ab"}) {
    const std::string other = std::string("clientid=") + client;
    EXPECT_EQ(ReplyText(ReadRtmp(Replaced(RtmpPublish(), "clientid=1", other))),
              std::string(kRtmpRefused) + "clientid: missing");
    EXPECT_EQ(ReplyText(ReadRtmp(Replaced(RtmpUpdate(), "clientid=1", other))),
              std::string(kCallbackAccepted) + " clientid: missing");
  }
}

TEST(RtmpCallback, KnowsNoAddressThatIsNone) {
  EXPECT_EQ(Taken(ReadRtmp(Replaced(RtmpPublish(), "addr=127.0.0.1", "addr=unix:")))->address, "");
}

TEST(RtmpCallback, RefusesWhatIsNoCall) {
  for (const char* body : {"", "{}", "call", "call=", "&&&", "app=live"}) {
    EXPECT_EQ(ReplyText(ReadRtmp(body)), std::string(kRtmpRefused) + "call: missing") << body;
  }
}

TEST(RtmpCallback, ChecksTheSenderFirst) {
  const std::string unknown = R"(401 {"code":1} sender: unknown)";
  EXPECT_EQ(ReplyText(ReadRtmpCallback({.method = "POST", .body = RtmpPublish()}, RtmpRules())),
            unknown);
  EXPECT_EQ(ReplyText(ReadRtmpCallback({.method = "POST"}, RtmpRules())), unknown);
  EXPECT_EQ(ReplyText(ReadRtmpCallback({.method = "GET"}, RtmpRules())),
            R"(405 {"code":1} method: not POST)");
  EXPECT_EQ(ReplyText(ReadRtmpCallback({.method = "POST", .body = RtmpPublish()}, {})),
            R"(404 {"code":1} not configured)");
  EXPECT_TRUE(Taken(ReadRtmpCallback(
      {.method = "POST", .authorization = Secret("Bearer secretpart"), .body = RtmpPublish()},
      RtmpRules())));
}

}  // namespace
}  // namespace rtcroom
