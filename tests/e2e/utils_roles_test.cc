// What `utils` serves to each caller, in every mode (protocol A.5, B.7, C.2).
#include <string>

#include <gtest/gtest.h>

#include "tests/e2e/expected_reply.h"
#include "tests/e2e/utils_calls.h"
#include "tests/support/gen2_client.h"

namespace rtcroom {
namespace {

class UtilsRoles : public testing::TestWithParam<const char*> {
 protected:
  ServerProcess server_{{.settings = WithLogins(UtilsSettings(
                             {{"auth.mode", GetParam()}, {"auth.trust_userid", true}}))}};
  ApiClient client_ = server_.Https();
  Gen2Client user_ = LoggedIn(server_, "u1", "multi_room");
};

INSTANTIATE_TEST_SUITE_P(Modes, UtilsRoles, testing::Values("open", "mixed", "token"),
                         [](const auto& param_info) { return std::string(param_info.param); });

TEST_P(UtilsRoles, ServeTestStreamsToAllCallers) {
  for (const std::string& query : {std::string(), "?" + user_.Query(), std::string("?token=x")}) {
    for (const char* endpoint : {"get_test_pushurl", "get_test_rtmpaccurl"}) {
      EXPECT_TRUE(IsReply(Get(client_, endpoint + query), sentences::kSuccess))
          << endpoint << query;
    }
    EXPECT_TRUE(IsReply(Get(client_, "get_login_info" + query), sentences::kSuccess)) << query;
  }
}

}  // namespace
}  // namespace rtcroom
