#include "daemon/signing/signed_stream_urls.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

constexpr char kStream[] = "8888_user_0001";

/// Those of the vectors in protocol D.4: from `kNoon` on they end at 655D2B80.
StreamUrlOptions Options() {
  return {.bizid = "8888", .push_key = Secret("testpushkey0123456789")};
}

std::string NameOf(const std::string& bizid, const UserId& user_id) {
  return SignedStreamUrls({.bizid = bizid}).StreamName(user_id);
}

TEST(SignedStreamUrls, SignsThePublishedPushUrl) {
  const auto url = SignedStreamUrls(Options()).PushUrl(kStream, kNoon);
  ASSERT_OK(url);
  EXPECT_EQ(*url,
            "rtmp://8888.livepush.myqcloud.com/live/8888_user_0001"
            "?bizid=8888&txSecret=5e98c8138018c0eedc060e5962151b24&txTime=655D2B80");
}

TEST(SignedStreamUrls, SignsTheOtherPublishedStreams) {
  const SignedStreamUrls urls(Options());
  EXPECT_EQ(*urls.PushUrl("8888_user_0001_ab12", kNoon),
            "rtmp://8888.livepush.myqcloud.com/live/8888_user_0001_ab12"
            "?bizid=8888&txSecret=299b6114045b3b6506c664ab0af613d7&txTime=655D2B80");
  EXPECT_EQ(urls.AccelerateUrl("8888_testclock_rtmpacc", kNoon),
            "rtmp://8888.liveplay.myqcloud.com/live/8888_testclock_rtmpacc"
            "?bizid=8888&txSecret=972c9057e76742bc6e36a8ccd0338f58&txTime=655D2B80");
}

TEST(SignedStreamUrls, PlaysTheMixedStreamOfTheSameNameUnsigned) {
  EXPECT_EQ(SignedStreamUrls(Options()).MixedPlayUrl(kStream),
            "https://8888.liveplay.myqcloud.com/live/8888_user_0001.flv");
}

TEST(SignedStreamUrls, TakesTheConfiguredHosts) {
  StreamUrlOptions options = Options();
  options.push_host = "push.example.com";
  options.play_host = "play.example.com";
  const SignedStreamUrls urls(options);
  EXPECT_TRUE(urls.PushUrl(kStream, kNoon)->starts_with("rtmp://push.example.com/live/"));
  EXPECT_TRUE(urls.AccelerateUrl(kStream, kNoon).starts_with("rtmp://play.example.com/live/"));
  EXPECT_TRUE(urls.MixedPlayUrl(kStream).starts_with("https://play.example.com/live/"));
}

TEST(SignedStreamUrls, SignsPlayUrlsWithTheirOwnKeyWhenThereIsOne) {
  StreamUrlOptions options = Options();
  options.push_key = Secret("another");
  options.play_key = Secret("testpushkey0123456789");
  const SignedStreamUrls urls(options);
  EXPECT_TRUE(urls.AccelerateUrl(kStream, kNoon)
                  .ends_with("&txSecret=5e98c8138018c0eedc060e5962151b24&txTime=655D2B80"));
  EXPECT_EQ(urls.PushUrl(kStream, kNoon)->find("5e98c8138018c0eedc060e5962151b24"),
            std::string::npos);
}

TEST(SignedStreamUrls, EndAfterTheConfiguredTime) {
  StreamUrlOptions options = Options();
  options.url_ttl = std::chrono::seconds(0);
  const auto url =
      SignedStreamUrls(options).PushUrl(kStream, kNoon + std::chrono::milliseconds(999));
  EXPECT_TRUE(url->ends_with("&txTime=6553F100")) << *url;
}

TEST(SignedStreamUrls, CarryNoSignatureWithoutAKey) {
  StreamUrlOptions options = Options();
  options.push_key = Secret();
  const SignedStreamUrls urls(options);
  EXPECT_EQ(*urls.PushUrl(kStream, kNoon),
            "rtmp://8888.livepush.myqcloud.com/live/8888_user_0001?bizid=8888");
  EXPECT_EQ(urls.AccelerateUrl(kStream, kNoon),
            "rtmp://8888.liveplay.myqcloud.com/live/8888_user_0001?bizid=8888");
}

TEST(SignedStreamUrls, CarryNoBizidWithoutOne) {
  const SignedStreamUrls urls(
      {.push_key = Secret("key"), .push_host = "127.0.0.1", .play_host = "127.0.0.1"});
  EXPECT_TRUE(
      urls.PushUrl("user_0001", kNoon)->starts_with("rtmp://127.0.0.1/live/user_0001?txSecret="));
  EXPECT_EQ(urls.MixedPlayUrl("user_0001"), "https://127.0.0.1/live/user_0001.flv");
}

TEST(SignedStreamUrls, HaveNoQueryWithoutBoth) {
  const SignedStreamUrls urls({.push_host = "127.0.0.1", .play_host = "127.0.0.1"});
  EXPECT_EQ(*urls.PushUrl("user_0001", kNoon), "rtmp://127.0.0.1/live/user_0001");
  EXPECT_EQ(urls.AccelerateUrl("user_0001", kNoon), "rtmp://127.0.0.1/live/user_0001");
}

TEST(SignedStreamUrls, AreNotMadeWithoutAHost) {
  const SignedStreamUrls urls({.push_key = Secret("key")});
  EXPECT_ERROR(kUnavailable, urls.PushUrl(kStream, kNoon));
  EXPECT_EQ(urls.AccelerateUrl(kStream, kNoon), "");
  EXPECT_EQ(urls.MixedPlayUrl(kStream), "");
}

TEST(SignedStreamUrls, NoNameThatAClientGivesBreaksThem) {
  const SignedStreamUrls urls({.push_host = "127.0.0.1", .play_host = "127.0.0.1"});
  EXPECT_EQ(urls.AccelerateUrl("a b&c#d\"e\n", kNoon),
            "rtmp://127.0.0.1/live/a%20b%26c%23d%22e%0A");
  EXPECT_EQ(urls.MixedPlayUrl("a%20b"), "https://127.0.0.1/live/a%20b.flv") << "escaped already";
}

TEST(StreamName, KeepsAnOpenidReadable) {
  EXPECT_EQ(NameOf("8888", UserId{"oAbc-12_Z"}), "8888_oAbc-12_Z");
  EXPECT_EQ(NameOf("", UserId{"oAbc-12_Z"}), "oAbc-12_Z");
}

TEST(StreamName, ReplacesAnIdThatCouldBreakAUrl) {
  // The SHA-256 of "a.b" begins so.
  EXPECT_EQ(NameOf("8888", UserId{"a.b"}), "8888_2e7336dc8eba87ef");
  EXPECT_EQ(NameOf("", UserId{"a.b"}), "2e7336dc8eba87ef");
}

}  // namespace
}  // namespace rtcroom
