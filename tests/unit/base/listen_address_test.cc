#include "daemon/base/listen_address.h"

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(ListenAddress, IsAHostAndAPort) {
  EXPECT_EQ(ParseListenAddress("0.0.0.0:5757"), (ListenAddress{"0.0.0.0", 5757}));
  EXPECT_EQ(ParseListenAddress("[::1]:0"), (ListenAddress{"::1", 0}));
  EXPECT_EQ(ParseListenAddress("localhost:65535"), (ListenAddress{"127.0.0.1", 65535}));
  EXPECT_EQ(ParseListenAddress("[0:0:0:0:0:0:0:1]:1"), (ListenAddress{"::1", 1}));
}

TEST(ListenAddress, RejectsOtherText) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, ":5757"sv, "127.0.0.1"sv, "127.0.0.1:"sv, "127.0.0.1:65536"sv, "127.0.0.1:-1"sv,
        "::1:5757"sv, "[::1]"sv, "[]:1"sv, "[127.0.0.1]:1"sv, "[::ffff:127.0.0.1]:1"sv,
        "[localhost]:1"sv, "example.com:1"sv, "127.0.0.1:1 "sv, "127.0.0.1\0:1"sv, "1.2.3:1"sv}) {
    EXPECT_EQ(ParseListenAddress(text), std::nullopt) << text;
  }
}

TEST(ListenAddress, RecognizesLoopback) {
  EXPECT_TRUE(ParseListenAddress("127.8.0.1:1")->IsLoopback());
  EXPECT_TRUE(ParseListenAddress("[::1]:1")->IsLoopback());
  EXPECT_FALSE(ParseListenAddress("0.0.0.0:1")->IsLoopback());
  EXPECT_TRUE(IsLoopbackHost("localhost"));
  EXPECT_FALSE(IsLoopbackHost("127.example.com"));
}

TEST(ListenAddress, CollidesOnTheSamePortOfTheSameAddress) {
  const ListenAddress local = {"127.0.0.1", 5757};
  EXPECT_TRUE(Collide(local, local));
  EXPECT_TRUE(Collide(local, {"0.0.0.0", 5757}));
  EXPECT_TRUE(Collide({"::", 5757}, {"::1", 5757}));
  EXPECT_FALSE(Collide(local, {"127.0.0.1", 5758}));
  EXPECT_FALSE(Collide(local, {"127.0.0.2", 5757}));
  EXPECT_FALSE(Collide({"127.0.0.1", 0}, {"127.0.0.1", 0}));
}

TEST(ListenAddress, MayBeOneOfSeveral) {
  EXPECT_EQ(ParseListenAddresses("127.0.0.1:1,[::1]:2"),
            (std::vector<ListenAddress>{{"127.0.0.1", 1}, {"::1", 2}}));
  EXPECT_EQ(ReachableFromHere("0.0.0.0:1,[::1]:2"), "127.0.0.1:1");
  EXPECT_EQ(SplitListen("unix:/a,b"), std::vector<std::string>{"unix:/a,b"});
  EXPECT_TRUE(SplitListen("").empty());
}

TEST(ListenAddress, DoesNotConflictWithTheOtherFamily) {
  EXPECT_FALSE(Collide({"::", 5757}, {"0.0.0.0", 5757}));
  EXPECT_FALSE(Collide({"::", 5757}, {"127.0.0.1", 5757}));
  EXPECT_FALSE(Collide({"0.0.0.0", 5757}, {"::1", 5757}));
}

}  // namespace
}  // namespace rtcroom
