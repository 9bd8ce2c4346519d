#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/cli_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class HealthCheck : public CliTest {};

TEST_F(HealthCheck, RequestsReadinessFromTheAdminListener) {
  EXPECT_EQ(Run({"health-check"}), 0);
  EXPECT_THAT(http_.asked, ElementsAre("http://127.0.0.1:5758 /readyz"));
  EXPECT_EQ(out(), "ready\n");
}

TEST_F(HealthCheck, FindsTheAdminListenerByTheConfiguration) {
  const std::string file = MakeFile("rtcroomd.toml", "[admin]\nlisten = '0.0.0.0:1234'\n");
  EXPECT_EQ(Run({"health-check", "--config", file}), 0);
  environment_ = {{"RTCROOMD_ADMIN_LISTEN", "[::]:1234"}};
  EXPECT_EQ(Run({"health-check"}), 0);
  environment_ = {{"RTCROOMD_ADMIN_LISTEN", "[fd00::1]:1234"}};
  EXPECT_EQ(Run({"health-check"}), 0);
  EXPECT_THAT(http_.asked, ElementsAre("http://127.0.0.1:1234 /readyz", "http://[::1]:1234 /readyz",
                                       "http://[fd00::1]:1234 /readyz"));
}

TEST_F(HealthCheck, RequestsTheGivenUrl) {
  EXPECT_EQ(Run({"health-check", "--url", "https://host:1/a/b?c"}), 0);
  EXPECT_EQ(Run({"health-check", "--url", "http://host"}), 0);
  EXPECT_THAT(http_.asked, ElementsAre("https://host:1 /a/b?c", "http://host /"));
}

TEST_F(HealthCheck, FailsUnlessTheStatusIs200) {
  http_.answer = OutgoingReply{.status = 503, .body = {}};
  EXPECT_EQ(Run({"health-check"}), 1);
  EXPECT_EQ(err(), "not ready: HTTP status 503\n");
  http_.answer = Error{Errc::kUnavailable, "no answer"};
  EXPECT_EQ(Run({"health-check"}), 1);
  EXPECT_EQ(err(), "not ready: no answer\n");
}

TEST_F(HealthCheck, SaysThatNothingListens) {
  http_.answer = Error{Errc::kUnreachable, "outgoing call: Connection"};
  EXPECT_EQ(Run({"health-check"}), 1);
  EXPECT_EQ(err(), "not ready: nothing listens on http://127.0.0.1:5758\n");
}

TEST_F(HealthCheck, SaysWhatItCannotConnectTo) {
  http_.answer = Error{Errc::kUnreachable, "outgoing call: Connection"};
  EXPECT_EQ(Run({"health-check", "--url", "https://host/readyz"}), 1);
  EXPECT_EQ(err(), "not ready: cannot connect to https://host (outgoing call: Connection)\n");
}

TEST_F(HealthCheck, RejectsAnInvalidUrlOrAddress) {
  EXPECT_EQ(Run({"health-check", "--url", "ftp://host"}), 2);
  EXPECT_EQ(Run({"health-check", "--url", "http:///path"}), 2);
  environment_ = {{"RTCROOMD_ADMIN_LISTEN", "127.0.0.1:0"}};
  EXPECT_EQ(Run({"health-check"}), 2);
  environment_ = {{"RTCROOMD_ADMIN_LISTEN", "nonsense"}};
  EXPECT_EQ(Run({"health-check"}), 2);
  EXPECT_THAT(err(), HasSubstr("admin.listen: must be"));
  EXPECT_THAT(http_.asked, IsEmpty());
}

}  // namespace
}  // namespace rtcroom
