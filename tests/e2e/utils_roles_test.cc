// The replies under `utils` for each role, in every mode (protocol A.5, B.7, C.2, F.8).
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/expected_reply.h"
#include "tests/e2e/utils_calls.h"
#include "tests/support/authorised_client.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

class UtilsRoles : public testing::TestWithParam<const char*> {
 protected:
  const TempDirectory logs_;
  ServerProcess server_{
      {.settings = LoginSettings(
           UtilsSettings({{"auth.mode", GetParam()}, {"utils.log_dir", logs_.path().string()}}))}};
  ApiClient client_ = server_.Https();
  const Account user_ = LogIn(client_, "u1");
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

TEST_P(UtilsRoles, ServeLogsAndChecksOnlyToTheOperator) {
  for (const std::string endpoint : {"logfilelist", "getlogfile?file=a.log", "check_config"}) {
    const std::string as_user = endpoint + (endpoint.find('?') == std::string::npos ? "?" : "&");
    EXPECT_TRUE(IsReply(Get(client_, endpoint), sentences::kNotAuthorised)) << endpoint;
    EXPECT_TRUE(IsReply(Get(client_, as_user + user_.Query()), sentences::kNotAuthorised));
    EXPECT_TRUE(IsReply(Get(client_, as_user + "token=" + kToken), sentences::kNotAuthorised))
        << "the admin token is not accepted in a query";
    for (const std::string& bearer : {user_.token, std::string("x"), std::string(kToken) + "x",
                                      std::string(kToken, 5), std::string(kToken) + "," + kToken}) {
      EXPECT_TRUE(IsReply(Get(client_, endpoint, bearer), sentences::kNotAuthorised))
          << endpoint << " " << bearer;
    }
    const ApiReply served = Get(client_, endpoint, kToken);
    EXPECT_EQ(served.status, 200) << endpoint;
    EXPECT_NE(served.code(), sentences::kNotAuthorised.code) << served;
  }
}

}  // namespace
}  // namespace rtcroom
