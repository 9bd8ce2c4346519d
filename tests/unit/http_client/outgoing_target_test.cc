#include "daemon/http_client/outgoing_target.h"

#include <string>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(OutgoingTarget, HasTheDefaultPortOfTheScheme) {
  const auto plain = ParseOutgoingTarget("http://im.test", "/a");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->host, "im.test");
  EXPECT_EQ(plain->port, 80);
  const auto tls = ParseOutgoingTarget("https://im.test", "/a");
  ASSERT_TRUE(tls);
  EXPECT_TRUE(tls->tls);
  EXPECT_EQ(tls->port, 443);
}

TEST(OutgoingTarget, AcceptsAPortAndAnAddress) {
  const auto target = ParseOutgoingTarget("http://[fd00::1]:5758", "/a");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->host, "fd00::1");
  EXPECT_EQ(target->port, 5758);
}

TEST(OutgoingTarget, AppendsThePathToTheBase) {
  EXPECT_EQ(ParseOutgoingTarget("https://im.test/v1/", "/a?b=%2F")->path, "/v1/a?b=%2F");
  EXPECT_EQ(ParseOutgoingTarget("https://im.test/", "/a")->path, "/a");
  EXPECT_EQ(ParseOutgoingTarget("https://im.test//", "/a")->path, "/a");
}

TEST(OutgoingTarget, RejectsAnInvalidBase) {
  for (const char* base :
       {"", "im.test", "ftp://im.test", "http:/im.test", "https://", "https:///a", "http://:80",
        "http://[::1", "http://[::1]80", "http://[]:80", "http://im.test:", "http://im.test:0",
        "http://im.test:65536", "http://im.test:8x", "http://im.test:-1", "http://a:1:2"}) {
    EXPECT_FALSE(ParseOutgoingTarget(base, "/a")) << base;
  }
}

TEST(OutgoingTarget, HasTheSameOriginForOtherPathsOnly) {
  const auto target = ParseOutgoingTarget("https://im.test/v1", "/a");
  EXPECT_TRUE(target->SameOrigin(*ParseOutgoingTarget("https://im.test:443", "/b")));
  for (const char* other : {"http://im.test:443", "https://im2.test", "https://im.test:444"}) {
    EXPECT_FALSE(target->SameOrigin(*ParseOutgoingTarget(other, "/a"))) << other;
  }
}

}  // namespace
}  // namespace rtcroom
