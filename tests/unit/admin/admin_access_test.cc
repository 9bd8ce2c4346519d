#include "daemon/admin/admin_access.h"

#include <string>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

HttpRequest Showing(const std::string& authorization) {
  HttpRequest request;
  request.authorization = Secret(authorization);
  return request;
}

TEST(AdminAccess, AcceptsTheTokenAndTheKey) {
  const AdminAccess access(Secret("the token"), Secret("the key"));
  EXPECT_TRUE(access.Admits(Showing("Bearer the token")));
  EXPECT_TRUE(access.Admits(Showing("bearer  the key")));
}

TEST(AdminAccess, RejectsOtherCredentials) {
  const AdminAccess access(Secret("the token"), Secret("the key"));
  for (const char* shown : {"", "Bearer", "Bearer ", "Bearer the",
                            "Bearer the token, Bearer the token", "the token", "Basic the token"}) {
    EXPECT_FALSE(access.Admits(Showing(shown))) << shown;
  }
}

TEST(AdminAccess, RejectsAllCredentialsWithoutTokenAndKey) {
  const AdminAccess access{Secret(), Secret()};
  EXPECT_FALSE(access.has_token());
  EXPECT_FALSE(access.Admits(Showing("")));
  EXPECT_FALSE(access.Admits(Showing("Bearer ")));
}

TEST(AdminAccess, AcceptsAReplacedToken) {
  AdminAccess access(Secret("before"), Secret());
  access.SetToken(Secret("after"));
  EXPECT_FALSE(access.Admits(Showing("Bearer before")));
  EXPECT_TRUE(access.Admits(Showing("Bearer after")));
  access.SetToken(Secret());
  EXPECT_FALSE(access.has_token());
}

}  // namespace
}  // namespace rtcroom
