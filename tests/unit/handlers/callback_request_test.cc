#include "handlers/callbacks/callback_request.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::Pair;

AddressRanges ReadRanges(const std::vector<std::string>& texts) {
  return *AddressRanges::Parse(texts);
}

HttpRequest RequestFrom(std::string address) { return {.peer_address = std::move(address)}; }

HttpRequest RequestWithPath(const std::string& secret) {
  return {.path = "/callback/rtmp/" + secret, .peer_address = "10.0.0.9"};
}

HttpRequest RequestWithHeader(std::string authorization) {
  return {.authorization = Secret(std::move(authorization)), .peer_address = "10.0.0.9"};
}

TEST(CallbackRequest, IsRefusedBeforeItsSenderIsChecked) {
  EXPECT_EQ(RefuseCallbackEarly({.method = "POST"}, true), std::nullopt);
  const auto unset = RefuseCallbackEarly({.method = "GET"}, false);
  ASSERT_TRUE(unset);
  EXPECT_EQ(unset->http.status, 404);
  EXPECT_EQ(unset->http.body, R"({"code":1})");
  for (const char* method : {"GET", "HEAD", "PUT", "OPTIONS", "post", ""}) {
    const auto other = RefuseCallbackEarly({.method = method}, true);
    ASSERT_TRUE(other) << method;
    EXPECT_EQ(other->http.status, 405);
    EXPECT_THAT(other->http.headers, ElementsAre(Pair("Allow", "POST")));
  }
}

TEST(CallbackRequest, MayBe64KibLong) {
  HttpRequest request{.method = "POST", .body = std::string(kMaxCallbackBytes, 'x')};
  EXPECT_EQ(RefuseCallbackEarly(request, true), std::nullopt);
  request.body += 'x';
  const auto refused = RefuseCallbackEarly(request, true);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->http.status, 413);
}

TEST(CallbackSenders, AdmitNoRequestWhileNothingIsSet) {
  EXPECT_FALSE(CallbackSenders().is_set());
  EXPECT_FALSE(AdmitsSender({}, RequestFrom("127.0.0.1")));
  EXPECT_FALSE(AdmitsSender({}, RequestWithHeader("Bearer ")));
}

TEST(CallbackSenders, AcceptTheSecretInThePathOrAsABearerToken) {
  const CallbackSenders senders{.secret = Secret("s3cret/x")};
  EXPECT_TRUE(senders.is_set());
  EXPECT_TRUE(AdmitsSender(senders, RequestWithPath("s3cret/x")));
  EXPECT_TRUE(AdmitsSender(senders, RequestWithHeader("Bearer s3cret/x")));
  HttpRequest both = RequestWithPath("wrong");
  both.authorization = Secret("bearer s3cret/x");
  EXPECT_TRUE(AdmitsSender(senders, both));
  for (const char* wrong : {"", "s3cret", "s3cret/y", "s3cret/x/", "S3cret/x"}) {
    EXPECT_FALSE(AdmitsSender(senders, RequestWithPath(wrong))) << wrong;
    EXPECT_FALSE(AdmitsSender(senders, RequestWithHeader(wrong))) << wrong;
  }
  EXPECT_FALSE(AdmitsSender(senders, RequestWithPath("Bearer s3cret/x")));
  EXPECT_FALSE(AdmitsSender(senders, RequestWithHeader("Bearer s3cret/y")));
  EXPECT_FALSE(AdmitsSender(senders, RequestWithHeader("Basic s3cret/x")));
}

TEST(CallbackSenders, AcceptOnlyAllowedAddresses) {
  const CallbackSenders senders{.allow = ReadRanges({"127.0.0.1", "fd00::/8"})};
  EXPECT_TRUE(senders.is_set());
  for (const char* allowed : {"127.0.0.1", "::ffff:127.0.0.1", "fd00::1"}) {
    EXPECT_TRUE(AdmitsSender(senders, RequestFrom(allowed))) << allowed;
  }
  for (const char* other : {"127.0.0.2", "::1", "", "unix", "127.0.0.1, 10.0.0.1"}) {
    EXPECT_FALSE(AdmitsSender(senders, RequestFrom(other))) << other;
  }
}

TEST(CallbackSenders, DemandBothWhenBothAreSet) {
  const CallbackSenders senders{.secret = Secret("s"), .allow = ReadRanges({"10.0.0.0/8"})};
  EXPECT_TRUE(AdmitsSender(senders, RequestWithPath("s")));
  EXPECT_FALSE(AdmitsSender(senders, RequestWithPath("t")));
  HttpRequest elsewhere = RequestWithPath("s");
  elsewhere.peer_address = "192.168.0.1";
  EXPECT_FALSE(AdmitsSender(senders, elsewhere));
}

TEST(CallbackRequest, NamesAStreamByLettersDigitsUnderscoreAndHyphen) {
  for (const std::string& name : {std::string("8888_user_0001"), std::string("A-z_09"),
                                  std::string("x"), std::string(255, 'x')}) {
    EXPECT_TRUE(IsStreamName(name)) << name;
  }
  for (const std::string& other :
       {std::string(), std::string(256, 'x'), std::string("a b"), std::string("a/b"),
        std::string("a.flv"), std::string("a?b"), std::string("a&b"), std::string("a%20"),
        std::string("a\r\nb"), std::string("a\0b", 3), std::string("ü")}) {
    EXPECT_FALSE(IsStreamName(other)) << other;
  }
}

TEST(CallbackRequest, ReadsMembersThatAreTextsOrWholeNumbers) {
  const nlohmann::json object = nlohmann::json::parse(
      R"({"text":"7","number":7,"float":7.0,"part":7.5,"flag":true,"null":null,"list":[7]})");
  for (const char* name : {"text", "number", "float"}) EXPECT_EQ(MemberText(object, name), "7");
  for (const char* name : {"part", "flag", "null", "list", "absent"}) {
    EXPECT_EQ(MemberText(object, name), "") << name;
  }
  EXPECT_EQ(RoomIdMember(object, "number"), RoomId{"7"});
  EXPECT_EQ(UserIdMember(object, "text"), UserId{"7"});
}

TEST(CallbackRequest, ReadsOnlyIdsThatARoomOrAUserCanHave) {
  const nlohmann::json object{
      {"fit48", std::string(48, 'r')}, {"fit64", std::string(64, 'u')}, {"space", "a b"},
      {"long", std::string(65, 'u')},  {"group", "@TGS#2J4SZEAEL"},     {"empty", ""}};
  EXPECT_TRUE(RoomIdMember(object, "fit48"));
  EXPECT_FALSE(RoomIdMember(object, "fit64"));
  EXPECT_TRUE(UserIdMember(object, "fit64"));
  for (const char* name : {"space", "long", "group", "empty", "absent"}) {
    EXPECT_FALSE(RoomIdMember(object, name)) << name;
    EXPECT_FALSE(UserIdMember(object, name)) << name;
  }
}

TEST(CallbackRequest, ReadsTimesWithoutOverflow) {
  EXPECT_EQ(TimeOf("1700000000", seconds(1)), TimePoint(seconds(1'700'000'000)));
  EXPECT_EQ(TimeOf("1700000000123", milliseconds(1)), TimePoint(milliseconds(1'700'000'000'123)));
  EXPECT_EQ(TimeOf("0", seconds(1)), TimePoint());
  for (const char* other : {"", "-1", "+1", "1.5", "1e9", " 1", "9223372036854775807",
                            "99999999999999999999999", "1700000000000"}) {
    EXPECT_EQ(TimeOf(other, seconds(1)), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace rtcroom
