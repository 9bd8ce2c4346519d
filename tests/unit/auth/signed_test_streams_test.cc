#include "daemon/auth/signed_test_streams.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/system_random.h"
#include "tests/support/constant_random.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

StreamUrlOptions TestStreamOptions() {
  return {.bizid = "8888", .push_key = Secret("testpushkey0123456789")};
}

TEST(SignedTestStreams, PlayThePushedStream) {
  const SignedStreamUrls urls(TestStreamOptions());
  ConstantRandom random;
  const Result<TestStream> stream = SignedTestStreams(urls, random).NewStream(kNoon);
  ASSERT_OK(stream);
  const std::string name = "8888_test_a5a5a5a5a5a5a5a5";
  EXPECT_EQ(stream->push_url, *urls.PushUrl(name, kNoon));
  EXPECT_EQ(stream->accelerate_url, urls.AccelerateUrl(name, kNoon));
  const std::string place = "8888.liveplay.myqcloud.com/live/8888_test_a5a5a5a5a5a5a5a5";
  EXPECT_EQ(stream->flv_url, "https://" + place + ".flv");
  EXPECT_EQ(stream->rtmp_url, "rtmp://" + place);
  EXPECT_EQ(stream->hls_url, "https://" + place + ".m3u8");
}

TEST(SignedTestStreams, HaveUniqueNames) {
  const SignedStreamUrls urls(TestStreamOptions());
  SystemRandom random;
  SignedTestStreams streams(urls, random);
  std::set<std::string> pushed;
  for (int i = 0; i < 100; ++i) pushed.insert(streams.NewStream(kNoon)->push_url);
  EXPECT_EQ(pushed.size(), 100U);
}

TEST(SignedTestStreams, ReturnThePublishedUrlOfTheClockStream) {
  const SignedStreamUrls urls(TestStreamOptions());
  ConstantRandom random;
  EXPECT_EQ(*SignedTestStreams(urls, random).ClockUrl(kNoon),
            "rtmp://8888.liveplay.myqcloud.com/live/8888_testclock_rtmpacc"
            "?bizid=8888&txSecret=972c9057e76742bc6e36a8ccd0338f58&txTime=655D2B80");
}

TEST(SignedTestStreams, NeedHosts) {
  const SignedStreamUrls nowhere{{}};
  ConstantRandom random;
  EXPECT_ERROR(kUnavailable, SignedTestStreams(nowhere, random).NewStream(kNoon));
  EXPECT_ERROR(kUnavailable, SignedTestStreams(nowhere, random).ClockUrl(kNoon));
  const SignedStreamUrls push_only{{.push_host = "push.example.com"}};
  const Result<TestStream> stream = SignedTestStreams(push_only, random).NewStream(kNoon);
  ASSERT_OK(stream);
  EXPECT_EQ(stream->flv_url + stream->rtmp_url + stream->hls_url + stream->accelerate_url, "");
}

}  // namespace
}  // namespace rtcroom
