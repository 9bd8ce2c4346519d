// check_config, through the public API (protocol A.5).
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/e2e/utils_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/im_stand_in.h"

namespace rtcroom {
namespace {

using std::chrono::steady_clock;

class ImConfigCheck : public testing::Test {
 protected:
  ApiReply Check() { return Get(client_, "check_config", kToken); }

  ImStandIn im_;
  ServerProcess server_{
      {.settings = UtilsSettings({{"im.enabled", true}, {"im.base_url", im_.base_url()}})}};
  ApiClient client_ = server_.Https();
};

TEST_F(ImConfigCheck, SendsOneRequestWithoutSideEffects) {
  const ApiReply reply = Check();
  EXPECT_EQ(reply.text, R"({"code":0,"message":"请求成功","result":"检查正确"})");
  EXPECT_EQ(im_.questions(), 1U);
  EXPECT_TRUE(im_.calls().empty());
  EXPECT_EQ(im_.bad_requests(), 0U);
}

TEST_F(ImConfigCheck, DelaysNoOtherRequestsWhileTheServiceHangs) {
  constexpr int kMoreThanThereAreWorkers = 80;
  // After this time the query is abandoned, and its waiting callers get a reply.
  constexpr std::chrono::seconds kMostOfAQuestion{5};
  const auto create = [this] {
    return client_.Call("double_room", "create_room", CreateBody("u1", "r1")).code();
  };
  // Connected in advance, to keep the time between query and answer short.
  ASSERT_EQ(create(), kOk);
  std::vector<ApiClient> clients;
  for (int i = 0; i < kMoreThanThereAreWorkers; ++i) {
    clients.push_back(server_.Https());
    ASSERT_EQ(PushersOf(clients.back(), "double_room", "r1").size(), 1U);
  }
  for (bool is_seen = false; !is_seen && !HasFailure();) {
    im_.BehaveForQuestions(ImConduct::Replying(ImConduct::Reply::kHang));
    const std::size_t before = im_.questions();
    std::atomic<int> failed{0};
    steady_clock::time_point not_before = steady_clock::now();
    std::vector<std::jthread> waiting;
    waiting.reserve(clients.size());
    for (ApiClient& client : clients) {
      waiting.emplace_back([&failed, &client] {
        if (Get(client, "check_config", kToken).code() != kOk) ++failed;
      });
    }
    ASSERT_TRUE(Eventually([&] {
      const steady_clock::time_point now = steady_clock::now();
      if (im_.questions() > before) return true;
      not_before = now;
      return false;
    }));
    EXPECT_EQ(create(), kOk);
    const std::size_t asked = im_.questions() - before;
    im_.BehaveForQuestions(ImConduct::Well());
    im_.Release();
    waiting.clear();
    is_seen = steady_clock::now() - not_before < kMostOfAQuestion;
    if (!is_seen) continue;  // on a busy machine: try again
    EXPECT_EQ(asked, 1U);
    EXPECT_EQ(failed, 0);
  }
}

}  // namespace
}  // namespace rtcroom
