// check_config, seen from outside (protocol A.5).
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/e2e/utils_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/im_stand_in.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(UtilsCheck, NamesWhatIsNotConfigured) {
  const ServerProcess server{{.settings = {{"utils.enabled", true}}}};
  ApiClient client = server.Https();
  const ApiReply reply = Get(client, "check_config");
  EXPECT_EQ(reply.code(), kInternalFailure);
  EXPECT_EQ(reply.Text("result"), "检查失败");
  EXPECT_TRUE(reply.json["live"].contains("appID")) << reply;
  EXPECT_TRUE(reply.json["im"].contains("sdkAppID")) << reply;
  EXPECT_TRUE(reply.json["im"].contains("privateKey")) << reply;
  EXPECT_FALSE(reply.Text("doc").empty());
}

class CheckOfIm : public testing::Test {
 protected:
  ApiReply Check() { return Get(client_, "check_config", kToken); }

  ImStandIn im_;
  ServerProcess server_{
      {.settings = UtilsSettings({{"im.enabled", true}, {"im.base_url", im_.base_url()}})}};
  ApiClient client_ = server_.Https();
};

TEST_F(CheckOfIm, AsksOneQuestionThatLeavesNothingBehind) {
  const ApiReply reply = Check();
  EXPECT_EQ(reply.text, R"({"code":0,"message":"请求成功","result":"检查正确"})");
  EXPECT_EQ(im_.questions(), 1U);
  EXPECT_TRUE(im_.calls().empty());
  EXPECT_EQ(im_.bad_requests(), 0U);
}

TEST_F(CheckOfIm, HintsAtTheCulpritAndTellsNoSecret) {
  struct Row {
    int error_code;
    const char* culprit;
  };
  for (const Row& row :
       {Row{70020, "sdkAppID"}, Row{60010, "administrator"}, Row{70009, "privateKey"}}) {
    im_.BehaveForQuestions(ImConduct::ErrorCode(row.error_code));
    const ApiReply reply = Check();
    EXPECT_EQ(reply.code(), kInternalFailure);
    EXPECT_EQ(reply.Text("result"), "检查失败");
    EXPECT_EQ(reply.json["im"].size(), 1U) << reply;
    EXPECT_TRUE(reply.json["im"].contains(row.culprit)) << reply;
    EXPECT_THAT(reply.text, Not(HasSubstr("a key for tests")));
    EXPECT_THAT(reply.text, Not(HasSubstr("testpushkey")));
  }
}

TEST_F(CheckOfIm, SaysThatTheServiceIsNotThere) {
  im_.GoDown();
  const ApiReply reply = Check();
  EXPECT_EQ(reply.code(), kInternalFailure);
  EXPECT_TRUE(reply.json["im"].contains("service")) << reply;
}

TEST_F(CheckOfIm, HoldsNobodyElseUpWhileTheServiceHangs) {
  im_.BehaveForQuestions(ImConduct::Saying(ImConduct::Reply::kHang));
  std::vector<std::jthread> waiting;
  constexpr int kMoreThanThereAreWorkers = 80;
  waiting.reserve(kMoreThanThereAreWorkers);
  for (int i = 0; i < kMoreThanThereAreWorkers; ++i) {
    waiting.emplace_back([client = server_.Https()]() mutable {
      EXPECT_EQ(Get(client, "check_config", kToken).code(), kOk);
    });
  }
  ASSERT_TRUE(Eventually([this] { return im_.questions() == 1; }));
  EXPECT_EQ(client_.Call("double_room", "create_room", CreateBody("u1", "r1")).code(), kOk);
  im_.BehaveForQuestions(ImConduct::Well());
  im_.Release();
}

}  // namespace
}  // namespace rtcroom
