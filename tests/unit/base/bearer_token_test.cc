#include "daemon/base/bearer_token.h"

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(BearerToken, AcceptsOnlyItself) {
  const BearerToken token(Secret("t1"));
  EXPECT_TRUE(token.is_set());
  EXPECT_TRUE(token.Admits(Secret("Bearer t1")));
  EXPECT_TRUE(token.Admits(Secret("bEARER  t1")));
  for (const char* other :
       {"", "Bearer", "Bearer ", "Bearer t", "Bearer t2", "Bearer t11", "Bearer T1", "Bearer t1 ",
        "Bearer t1,Bearer t1", "Bearert1", "Basic t1", "t1", " Bearer t1"}) {
    EXPECT_FALSE(token.Admits(Secret(other))) << other;
  }
}

TEST(BearerToken, RejectsEverythingIfUnset) {
  const BearerToken token{Secret()};
  EXPECT_FALSE(token.is_set());
  for (const char* shown : {"", "Bearer", "Bearer ", "Bearer x"}) {
    EXPECT_FALSE(token.Admits(Secret(shown))) << shown;
  }
}

TEST(BearerToken, CanBeReplaced) {
  BearerToken token(Secret("old"));
  token.Set(Secret("new"));
  EXPECT_FALSE(token.Admits(Secret("Bearer old")));
  EXPECT_TRUE(token.Admits(Secret("Bearer new")));
}

}  // namespace
}  // namespace rtcroom
