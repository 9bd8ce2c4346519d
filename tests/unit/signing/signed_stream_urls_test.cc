#include "daemon/signing/signed_stream_urls.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

const UserId kUser{"user_0001"};

/// Those of the vectors in protocol D.4: from `kNoon` on they end at 655D2B80.
StreamUrlOptions Options() {
  return {.bizid = "8888", .push_key = Secret("testpushkey0123456789")};
}

TEST(SignedStreamUrls, SignsThePublishedPushUrl) {
  const auto url = SignedStreamUrls(Options()).PushUrl(kUser, kNoon);
  ASSERT_OK(url);
  EXPECT_EQ(*url,
            "rtmp://8888.livepush.myqcloud.com/live/8888_user_0001"
            "?bizid=8888&txSecret=5e98c8138018c0eedc060e5962151b24&txTime=655D2B80");
}

TEST(SignedStreamUrls, SignsTheOtherPublishedStreams) {
  const SignedStreamUrls urls(Options());
  EXPECT_EQ(*urls.PushUrl(UserId{"user_0001_ab12"}, kNoon),
            "rtmp://8888.livepush.myqcloud.com/live/8888_user_0001_ab12"
            "?bizid=8888&txSecret=299b6114045b3b6506c664ab0af613d7&txTime=655D2B80");
  EXPECT_EQ(urls.AccelerateUrl(UserId{"testclock_rtmpacc"}, kNoon),
            "rtmp://8888.liveplay.myqcloud.com/live/8888_testclock_rtmpacc"
            "?bizid=8888&txSecret=972c9057e76742bc6e36a8ccd0338f58&txTime=655D2B80");
}

TEST(SignedStreamUrls, PlaysTheMixedStreamOfTheSameNameUnsigned) {
  EXPECT_EQ(SignedStreamUrls(Options()).MixedPlayUrl(kUser),
            "https://8888.liveplay.myqcloud.com/live/8888_user_0001.flv");
}

TEST(SignedStreamUrls, TakesTheConfiguredHosts) {
  StreamUrlOptions options = Options();
  options.push_host = "push.example.com";
  options.play_host = "play.example.com";
  const SignedStreamUrls urls(options);
  EXPECT_TRUE(urls.PushUrl(kUser, kNoon)->starts_with("rtmp://push.example.com/live/"));
  EXPECT_TRUE(urls.AccelerateUrl(kUser, kNoon).starts_with("rtmp://play.example.com/live/"));
  EXPECT_TRUE(urls.MixedPlayUrl(kUser).starts_with("https://play.example.com/live/"));
}

TEST(SignedStreamUrls, SignsPlayUrlsWithTheirOwnKeyWhenThereIsOne) {
  StreamUrlOptions options = Options();
  options.push_key = Secret("another");
  options.play_key = Secret("testpushkey0123456789");
  const SignedStreamUrls urls(options);
  EXPECT_TRUE(urls.AccelerateUrl(kUser, kNoon)
                  .ends_with("&txSecret=5e98c8138018c0eedc060e5962151b24&txTime=655D2B80"));
  EXPECT_EQ(urls.PushUrl(kUser, kNoon)->find("5e98c8138018c0eedc060e5962151b24"),
            std::string::npos);
}

TEST(SignedStreamUrls, EndAfterTheConfiguredTime) {
  StreamUrlOptions options = Options();
  options.url_ttl = std::chrono::seconds(0);
  const auto url = SignedStreamUrls(options).PushUrl(kUser, kNoon + std::chrono::milliseconds(999));
  EXPECT_TRUE(url->ends_with("&txTime=6553F100")) << *url;
}

TEST(SignedStreamUrls, CarryNoSignatureWithoutAKey) {
  StreamUrlOptions options = Options();
  options.push_key = Secret();
  const SignedStreamUrls urls(options);
  EXPECT_EQ(*urls.PushUrl(kUser, kNoon),
            "rtmp://8888.livepush.myqcloud.com/live/8888_user_0001?bizid=8888");
  EXPECT_EQ(urls.AccelerateUrl(kUser, kNoon),
            "rtmp://8888.liveplay.myqcloud.com/live/8888_user_0001?bizid=8888");
}

TEST(SignedStreamUrls, CarryNoBizidWithoutOne) {
  const SignedStreamUrls urls(
      {.push_key = Secret("key"), .push_host = "127.0.0.1", .play_host = "127.0.0.1"});
  EXPECT_TRUE(urls.PushUrl(kUser, kNoon)->starts_with("rtmp://127.0.0.1/live/user_0001?txSecret="));
  EXPECT_EQ(urls.MixedPlayUrl(kUser), "https://127.0.0.1/live/user_0001.flv");
}

TEST(SignedStreamUrls, HaveNoQueryWithoutBoth) {
  const SignedStreamUrls urls({.push_host = "127.0.0.1", .play_host = "127.0.0.1"});
  EXPECT_EQ(*urls.PushUrl(kUser, kNoon), "rtmp://127.0.0.1/live/user_0001");
  EXPECT_EQ(urls.AccelerateUrl(kUser, kNoon), "rtmp://127.0.0.1/live/user_0001");
}

TEST(SignedStreamUrls, AreNotMadeWithoutAHost) {
  const SignedStreamUrls urls({.push_key = Secret("key")});
  EXPECT_ERROR(kUnavailable, urls.PushUrl(kUser, kNoon));
  EXPECT_EQ(urls.AccelerateUrl(kUser, kNoon), "");
  EXPECT_EQ(urls.MixedPlayUrl(kUser), "");
}

TEST(StreamName, KeepsAnOpenidReadable) {
  EXPECT_EQ(StreamName("8888", UserId{"oAbc-12_Z"}), "8888_oAbc-12_Z");
  EXPECT_EQ(StreamName("", UserId{"oAbc-12_Z"}), "oAbc-12_Z");
}

TEST(StreamName, ReplacesAnIdThatCouldBreakAUrl) {
  // The SHA-256 of "a.b" begins so.
  EXPECT_EQ(StreamName("8888", UserId{"a.b"}), "8888_2e7336dc8eba87ef");
  EXPECT_EQ(StreamName("", UserId{"a.b"}), "2e7336dc8eba87ef");
}

}  // namespace
}  // namespace rtcroom
