#include "daemon/auth/signed_stream_urls.h"

#include <iterator>
#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

constexpr char kStream[] = "8888_user_0001";

/// The options of the vectors in protocol D.4: from `kNoon` on they end at 655D2B80.
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

TEST(SignedStreamUrls, UsesTheConfiguredHosts) {
  StreamUrlOptions options = Options();
  options.push_host = "push.example.com";
  options.play_host = "play.example.com";
  const SignedStreamUrls urls(options);
  EXPECT_TRUE(urls.PushUrl(kStream, kNoon)->starts_with("rtmp://push.example.com/live/"));
  EXPECT_TRUE(urls.AccelerateUrl(kStream, kNoon).starts_with("rtmp://play.example.com/live/"));
  EXPECT_TRUE(urls.MixedPlayUrl(kStream).starts_with("https://play.example.com/live/"));
}

TEST(SignedStreamUrls, SignsPlayUrlsWithTheirOwnKeyIfSet) {
  StreamUrlOptions options = Options();
  options.push_key = Secret("another");
  options.play_key = Secret("testpushkey0123456789");
  const SignedStreamUrls urls(options);
  EXPECT_TRUE(urls.AccelerateUrl(kStream, kNoon)
                  .ends_with("&txSecret=5e98c8138018c0eedc060e5962151b24&txTime=655D2B80"));
  EXPECT_EQ(urls.PushUrl(kStream, kNoon)->find("5e98c8138018c0eedc060e5962151b24"),
            std::string::npos);
}

TEST(SignedStreamUrls, OmitTheSignatureOnRequest) {
  EXPECT_EQ(SignedStreamUrls(Options()).UnsignedAccelerateUrl(kStream),
            "rtmp://8888.liveplay.myqcloud.com/live/8888_user_0001?bizid=8888");
  EXPECT_EQ(SignedStreamUrls({.push_key = Secret("key")}).UnsignedAccelerateUrl(kStream), "");
}

TEST(SignedStreamUrls, NamePlaylistsFromTheirTemplateSignedOnlyWhereAskedFor) {
  StreamUrlOptions options = Options();
  EXPECT_EQ(SignedStreamUrls(options).PlaylistUrl(kStream, kNoon), "");
  options.hls_url = "https://tv.example/hls/{stream}.m3u8";
  EXPECT_EQ(SignedStreamUrls(options).PlaylistUrl("a b", kNoon),
            "https://tv.example/hls/a%20b.m3u8");
  options.sign_hls = true;
  EXPECT_EQ(SignedStreamUrls(options).PlaylistUrl(kStream, kNoon),
            "https://tv.example/hls/8888_user_0001.m3u8"
            "?txSecret=5e98c8138018c0eedc060e5962151b24&txTime=655D2B80");
}

TEST(SignedStreamUrls, ExpireAfterTheConfiguredTime) {
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

TEST(SignedStreamUrls, BindPushUrlsOnlyWhereTheyAreChecked) {
  const PushBinding binding{.room = {.kind = RoomKind::kDouble, .id = {"room_7"}},
                            .user_id = {"user_0001"}};
  StreamUrlOptions options = Options();
  EXPECT_EQ(*SignedStreamUrls(options).BoundPushUrl(kStream, binding, kNoon),
            *SignedStreamUrls(options).PushUrl(kStream, kNoon));
  options.bind_push_urls = true;
  const std::string url = *SignedStreamUrls(options).BoundPushUrl(kStream, binding, kNoon);
  EXPECT_EQ(
      url,
      *SignedStreamUrls(options).PushUrl(kStream, kNoon) + '&' +
          StreamSignatureVerifier(options.push_key).BindingArguments(kStream, "655D2B80", binding));
  EXPECT_TRUE(url.find("&rk=d&ru=user_0001&rr=room_7&rs=") != url.npos) << url;
  options.push_key = {};
  EXPECT_EQ(*SignedStreamUrls(options).BoundPushUrl(kStream, binding, kNoon),
            *SignedStreamUrls(options).PushUrl(kStream, kNoon));
}

TEST(SignedStreamUrls, FailWithoutAHost) {
  const SignedStreamUrls urls({.push_key = Secret("key")});
  EXPECT_ERROR(kUnavailable, urls.PushUrl(kStream, kNoon));
  EXPECT_EQ(urls.AccelerateUrl(kStream, kNoon), "");
  EXPECT_EQ(urls.MixedPlayUrl(kStream), "");
}

TEST(SignedStreamUrls, EscapeClientSuppliedNames) {
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
  // The prefix of the SHA-256 of "a.b".
  EXPECT_EQ(NameOf("8888", UserId{"a.b"}), "8888_2e7336dc8eba87ef");
  EXPECT_EQ(NameOf("", UserId{"a.b"}), "2e7336dc8eba87ef");
}

TEST(StreamName, ReplacesAnIdWithTheSuffixOfGen2Streams) {
  EXPECT_EQ(NameOf("8888", UserId{"alice_ab12cd34"}), "8888_6d60a376f4dfda04");
  EXPECT_EQ(NameOf("8888", UserId{"alice_AB12CD34"}).size(), 5U + 16U) << "in any letter case";
  EXPECT_EQ(NameOf("", UserId{"_ab12cd34"}).size(), 16U);
  for (const char* kept : {"alice_ab12cd3", "alice_ab12cd345", "alice_ab12cd3g", "aliceab12cd34",
                           "ab12cd34", "alice-ab12cd34", "user_0a1b2c3d_4e5f"}) {
    EXPECT_EQ(NameOf("8888", UserId{kept}), std::string("8888_") + kept);
  }
}

TEST(StreamName, ReplacesAnIdThatLooksLikeADigest) {
  EXPECT_NE(NameOf("8888", UserId{"2e7336dc8eba87ef"}), NameOf("8888", UserId{"a.b"}));
  EXPECT_NE(NameOf("8888", UserId{"2E7336DC8EBA87EF"}), "8888_2E7336DC8EBA87EF");
  EXPECT_EQ(NameOf("8888", UserId{"2e7336dc8eba87efa"}), "8888_2e7336dc8eba87efa");
}

/// An id built from the parts of stream names.
UserId DrawId(std::mt19937_64& random) {
  constexpr const char* kPieces[] = {"alice", "_", "_",    "ab12cd34",         "AB12CD34", "8888",
                                     "-",     ".", "test", "2e7336dc8eba87ef", "oAbc-12",  "0"};
  UserId id;
  for (std::size_t i = 0; i <= random() % 4; ++i)
    id.value += kPieces[random() % std::size(kPieces)];
  return id;
}

TEST(StreamName, IsUniquePerUserInBothGenerations) {
  std::mt19937_64 random(1);
  for (const char* bizid : {"8888", "", "live_8888", "ab12cd34"}) {
    std::map<std::string, std::string> owners;
    for (int i = 0; i < 5'000; ++i) {
      const UserId user = DrawId(random);
      const std::string gen1 = NameOf(bizid, user);
      const std::string gen2 = gen1 + (random() % 2 == 0 ? "_ab12cd34" : "_0a1b2c3d");
      for (const std::string& name : {gen1, gen2}) {
        EXPECT_EQ(owners.emplace(name, user.value).first->second, user.value) << name;
      }
    }
  }
}

}  // namespace
}  // namespace rtcroom
