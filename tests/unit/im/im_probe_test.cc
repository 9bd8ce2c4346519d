#include "daemon/im/im_probe.h"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/system_random.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/support/unexpected_http.h"
#include "tests/support/url.h"
#include "tests/unit/im/counting_signer.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

/// Gives every POST the same answer.
class OneAnswerHttp : public UnexpectedHttp {
 public:
  Result<OutgoingReply> Post(const std::string& base_url, const std::string& path_and_query,
                             const std::string& content_type, const std::string& body,
                             milliseconds timeout) override {
    asked.push_back(base_url + path_and_query);
    EXPECT_EQ(content_type, "application/json");
    EXPECT_EQ(body, R"({"Limit":1,"Next":0})");
    EXPECT_EQ(timeout, milliseconds(5000));
    return answer;
  }

  Result<OutgoingReply> answer =
      OutgoingReply{.status = 200, .body = R"({"ActionStatus":"OK","ErrorCode":0})"};
  std::vector<std::string> asked;
};

class ImProbeTest : public testing::Test {
 protected:
  Result<ImProbeAnswer> Ask() { return probe_.Ask(milliseconds(5000)); }
  Result<ImProbeAnswer> AskAndGet(std::string body, int status = 200) {
    http_.answer = OutgoingReply{.status = status, .body = std::move(body)};
    return Ask();
  }

  FakeClock clock_;
  CountingSigner signer_;
  ImAdminSignature signature_{signer_, {"administrator"}, std::chrono::hours(1), clock_};
  OneAnswerHttp http_;
  SystemRandom random_;
  ImProbe probe_{
      {.base_url = "https://im.example", .sdk_app_id = 1400000001}, http_, signature_, random_};
};

TEST_F(ImProbeTest, SendsOneReadOnlyRequestAsTheAdministrator) {
  const Result<ImProbeAnswer> answer = Ask();
  ASSERT_OK(answer);
  EXPECT_TRUE(answer->answered);
  EXPECT_EQ(answer->error_code, 0);
  ASSERT_EQ(http_.asked.size(), 1U);
  const std::string url = http_.asked.front();
  EXPECT_TRUE(url.starts_with("https://im.example/v4/group_open_http_svc/get_appid_group_list?"));
  EXPECT_EQ(QueryParameter(url, "sdkappid"), "1400000001");
  EXPECT_EQ(QueryParameter(url, "identifier"), "administrator");
  EXPECT_EQ(QueryParameter(url, "usersig"), "administrator-1");
  EXPECT_EQ(QueryParameter(url, "contenttype"), "json");
}

TEST_F(ImProbeTest, ReturnsTheErrorCodeOfTheService) {
  for (const int code : {70009, 60010, 70020, 10002}) {
    const Result<ImProbeAnswer> answer =
        AskAndGet(R"({"ActionStatus":"FAIL","ErrorCode":)" + std::to_string(code) + "}");
    ASSERT_OK(answer);
    EXPECT_TRUE(answer->answered);
    EXPECT_EQ(answer->error_code, code);
  }
}

TEST_F(ImProbeTest, TreatsUndocumentedRepliesAsNoAnswer) {
  for (const char* body : {"", "[]", "{}", "not JSON", R"({"ErrorCode":"0"})",
                           R"({"ActionStatus":"FAIL","ErrorCode":0})", R"({"ErrorCode":0})"}) {
    EXPECT_FALSE(AskAndGet(body)->answered) << body;
  }
  EXPECT_FALSE(AskAndGet(R"({"ActionStatus":"OK","ErrorCode":0})", 500)->answered);
  http_.answer = Error{Errc::kUnreachable, "nobody listens"};
  EXPECT_FALSE(Ask()->answered);
}

TEST_F(ImProbeTest, MakesNoCallWithoutASignature) {
  signer_.Break();
  EXPECT_ERROR(kUnavailable, Ask());
  EXPECT_TRUE(http_.asked.empty());
}

}  // namespace
}  // namespace rtcroom
