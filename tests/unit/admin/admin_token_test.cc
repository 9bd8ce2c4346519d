#include "daemon/admin/admin_token.h"

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(AdminToken, AcceptsOnlyItself) {
  const AdminToken token(Secret("t1"));
  EXPECT_TRUE(token.is_set());
  EXPECT_TRUE(token.Admits(Secret("t1")));
  for (const char* other : {"", "t", "t2", "t11", "T1"}) {
    EXPECT_FALSE(token.Admits(Secret(other))) << other;
  }
}

TEST(AdminToken, RejectsEverythingIfUnset) {
  const AdminToken token{Secret()};
  EXPECT_FALSE(token.is_set());
  EXPECT_FALSE(token.Admits(Secret()));
}

TEST(AdminToken, CanBeReplaced) {
  AdminToken token(Secret("old"));
  token.Set(Secret("new"));
  EXPECT_FALSE(token.Admits(Secret("old")));
  EXPECT_TRUE(token.Admits(Secret("new")));
}

}  // namespace
}  // namespace rtcroom
