// The push URL of a stream, checked by an independent computation (protocol D.4).
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

std::string Md5(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest.at(i));
  return hex;
}

std::int64_t Now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

TEST(Md5TestHelper, AgreesWithTheVectorsOfTheProtocol) {
  const std::string expiry = "655D2B80";
  EXPECT_EQ(Md5(kPushKey + std::string("8888_user_0001") + expiry),
            "5e98c8138018c0eedc060e5962151b24");
  EXPECT_EQ(Md5(kPushKey + std::string("8888_testclock_rtmpacc") + expiry),
            "972c9057e76742bc6e36a8ccd0338f58");
}

TEST(StreamUrls, AreSignedForSevenDays) {
  constexpr std::int64_t kSevenDays = std::chrono::seconds(std::chrono::days(7)).count();
  const ServerProcess server({.settings = {{"live.bizid", "8888"}, {"live.push_key", kPushKey}}});
  const std::int64_t before = Now();
  const ApiReply reply =
      server.Https().Call("live_room", "get_push_url", {{"userID", "user_0001"}});
  ASSERT_EQ(reply.code(), kOk) << reply;
  const std::string url = reply.Text("pushURL");
  EXPECT_TRUE(
      url.starts_with("rtmp://8888.livepush.myqcloud.com/live/8888_user_0001?bizid=8888&txSecret="))
      << url;
  const std::string expiry = QueryParameter(url, "txTime");
  std::int64_t seconds = 0;
  std::from_chars(expiry.data(), expiry.data() + expiry.size(), seconds, 16);
  EXPECT_GE(seconds, before + kSevenDays) << url;
  EXPECT_LE(seconds, Now() + kSevenDays) << url;
  EXPECT_EQ(expiry, fmt::format("{:X}", seconds)) << "upper case";
  EXPECT_EQ(QueryParameter(url, "txSecret"), Md5(kPushKey + std::string("8888_user_0001") + expiry))
      << url;
}

}  // namespace
}  // namespace rtcroom
