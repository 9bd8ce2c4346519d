// The push and play URLs of streams, checked by an independent computation (protocol D.4).
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/server_process.h"
#include "tests/support/url.h"

namespace rtcroom {
namespace {

constexpr const char* kPushKey = "testpushkey0123456789";

std::string HexDigest(const EVP_MD* algorithm, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, algorithm, nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest.at(i));
  return hex;
}

std::string Md5(const std::string& text) { return HexDigest(EVP_md5(), text); }

std::int64_t Now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// @param before  when the request was sent.
void ExpectSigned(const std::string& url, const std::string& stream, std::int64_t before) {
  constexpr std::int64_t kSevenDays = std::chrono::seconds(std::chrono::days(7)).count();
  const std::string expiry = QueryParameter(url, "txTime");
  std::int64_t seconds = 0;
  std::from_chars(expiry.data(), expiry.data() + expiry.size(), seconds, 16);
  EXPECT_GE(seconds, before + kSevenDays) << url;
  EXPECT_LE(seconds, Now() + kSevenDays) << url;
  EXPECT_EQ(expiry, fmt::format("{:X}", seconds)) << "upper case";
  EXPECT_EQ(QueryParameter(url, "txSecret"), Md5(kPushKey + stream + expiry)) << url;
}

class StreamUrls : public testing::Test {
 protected:
  std::string PushUrlOf(const std::string& user) {
    const ApiReply reply = client_.Call("live_room", "get_push_url", {{"userID", user}});
    EXPECT_EQ(reply.code(), kOk) << reply;
    return reply.Text("pushURL");
  }

  ServerProcess server_{{.settings = {{"live.bizid", "8888"}, {"live.push_key", kPushKey}}}};
  ApiClient client_ = server_.Https();
};

TEST(Md5TestHelper, AgreesWithTheVectorsOfTheProtocol) {
  const std::string expiry = "655D2B80";
  EXPECT_EQ(Md5(kPushKey + std::string("8888_user_0001") + expiry),
            "5e98c8138018c0eedc060e5962151b24");
  EXPECT_EQ(Md5(kPushKey + std::string("8888_testclock_rtmpacc") + expiry),
            "972c9057e76742bc6e36a8ccd0338f58");
}

TEST_F(StreamUrls, AreSignedForSevenDays) {
  const std::int64_t before = Now();
  const std::string url = PushUrlOf("user_0001");
  EXPECT_TRUE(
      url.starts_with("rtmp://8888.livepush.myqcloud.com/live/8888_user_0001?bizid=8888&txSecret="))
      << url;
  ExpectSigned(url, "8888_user_0001", before);
}

TEST_F(StreamUrls, NameTheStreamOfAnUnsafeUserIdByADigest) {
  const std::string stream = "8888_" + HexDigest(EVP_sha256(), "a.b:c").substr(0, 16);
  const std::int64_t before = Now();
  const std::string url = PushUrlOf("a.b:c");
  EXPECT_TRUE(url.starts_with("rtmp://8888.livepush.myqcloud.com/live/" + stream + "?")) << url;
  ExpectSigned(url, stream, before);
}

TEST_F(StreamUrls, OfARoomAreThoseOfItsMembers) {
  const std::int64_t before = Now();
  ASSERT_EQ(client_.Call("live_room", "create_room", CreateBody("u1", "r1")).code(), kOk);
  ASSERT_EQ(client_.Call("live_room", "add_pusher", PusherBody("r1", "u2")).code(), kOk);
  const ApiReply reply = client_.Call("live_room", "get_pushers", RoomBody("r1"));
  const std::string first = reply.json["pushers"][0].value("accelerateURL", "");
  const std::string second = reply.json["pushers"][1].value("accelerateURL", "");
  EXPECT_TRUE(first.starts_with("rtmp://8888.liveplay.myqcloud.com/live/8888_u1?bizid=8888&"));
  ExpectSigned(first, "8888_u1", before);
  ExpectSigned(second, "8888_u2", before);
  EXPECT_EQ(reply.Text("mixedPlayURL"), "https://8888.liveplay.myqcloud.com/live/8888_u1.flv");
  EXPECT_EQ(reply.Text("roomCreator"), "u1");
}

TEST(UnsignedStreamUrls, AreReturnedForASelfHostedMediaServer) {
  const ServerProcess server(
      {.settings = {{"live.push_host", "media.example"}, {"live.play_host", "play.example"}}});
  ApiClient client = server.Https();
  const ApiReply reply = client.Call("live_room", "get_push_url", {{"userID", "u1"}});
  EXPECT_EQ(reply.Text("pushURL"), "rtmp://media.example/live/u1") << reply;
}

}  // namespace
}  // namespace rtcroom
