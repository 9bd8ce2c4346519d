// GET get_login_info, through the public API (protocol B.7).
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/e2e/utils_calls.h"

namespace rtcroom {
namespace {

using testing::MatchesRegex;

constexpr const char* kFreshId = "user_[0-9a-f]{8}_[0-9a-f]{4}";

TEST(UtilsLogin, IsServedWithUtilsDisabled) {
  const ServerProcess server{{.settings = {{"im.sdk_app_id", 1400000001},
                                           {"im.secret_key", "a key for tests"},
                                           {"auth.mode", "token"}}}};
  ApiClient client = server.Https();
  std::set<std::string> guests;
  for (int i = 0; i < 5; ++i) {
    const ApiReply reply = Get(client, "get_login_info?userIDPrefix=weixin&userID=somebody");
    ASSERT_EQ(reply.code(), kOk) << reply;
    EXPECT_THAT(reply.Text("userID"), MatchesRegex(kFreshId));
    EXPECT_EQ(reply.json["sdkAppID"], 1400000001);
    EXPECT_EQ(reply.Text("accType"), "0");
    EXPECT_FALSE(reply.Text("userSig").empty());
    guests.insert(reply.Text("userID"));
  }
  EXPECT_EQ(guests.size(), 5U);
}

}  // namespace
}  // namespace rtcroom
