// Calls of members and users whom another server on the store knows already.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "handlers/shared/second_looks.h"
#include "tests/support/other_servers.h"
#include "tests/support/router_fixture.h"

namespace rtcroom {
namespace {

using nlohmann::json;

/// A connection whose tasks wait for a worker.
class WaitingReply : public RecordedReply {
 public:
  bool RunOnWorker(std::uint32_t /*turn*/, std::function<void()> task) override {
    waiting.push_back(std::move(task));
    return true;
  }
  std::vector<std::function<void()>> waiting{};
};

class SharedStore : public testing::Test {
 protected:
  void Create(const std::string& room, const std::string& user) {
    const json made = alone_.Call("multi_room/create_room", {{"roomID", room},
                                                             {"roomName", "name"},
                                                             {"userID", user},
                                                             {"userName", "name"},
                                                             {"userAvatar", "a.png"},
                                                             {"pushURL", "rtmp://push/live/s"}});
    EXPECT_EQ(made.at("code"), 0);
  }
  /// A heartbeat of gen-1.
  std::string Beat(const std::string& kind_and_endpoint, const std::string& room,
                   const std::string& user) {
    return Send(BeatOf(kind_and_endpoint, room, user));
  }
  static HttpRequest BeatOf(const std::string& kind_and_endpoint, const std::string& room,
                            const std::string& user) {
    return {.method = "POST",
            .path = "/weapp/" + kind_and_endpoint,
            .content_type = "application/json",
            .body = json{{"roomID", room}, {"userID", user}}.dump(),
            .peer_address = "192.0.2.1"};
  }
  std::string Send(HttpRequest request) {
    here_ = std::make_shared<RecordedReply>();
    here_->has_workers = has_workers_;
    Handle(router_, std::move(request), here_);
    return here_->reply().value().body;
  }
  HttpRequest CallOf(const std::string& user, const std::string& token) {
    return {.method = "POST",
            .path = "/weapp/multi_room/get_push_url",
            .query = "userID=" + user + "&token=" + token,
            .content_type = "application/json",
            .body = json{{"userID", user}}.dump(),
            .peer_address = "192.0.2.1"};
  }
  static bool IsOk(const std::string& reply) { return json::parse(reply).at("code") == 0; }

  RouterFixture alone_;
  OtherServers others_;
  Router router_{alone_.ServicesWith(others_),
                 {.sdk_app_id = RouterFixture::kSdkAppId, .busy = BusyReply::kTryAnother},
                 alone_.pipeline};
  std::shared_ptr<RecordedReply> here_ = std::make_shared<RecordedReply>();
  bool has_workers_ = true;
};

TEST_F(SharedStore, HeartbeatsOfKnownMembersDoNotWait) {
  Create("r1", "amy");
  EXPECT_TRUE(IsOk(Beat("multi_room/pusher_heartbeat", "r1", "amy")));
  (void)alone_.sessions.LoginTrusted({"bob"});
  EXPECT_TRUE(IsOk(Send(CallOf("bob", FakeSessions::TokenOf("bob")))));
  EXPECT_EQ(here_->tasks_run, 0);
  EXPECT_EQ(others_.asked, 0);
}

TEST_F(SharedStore, AMemberThatAnotherServerHasAddedIsFoundOnAWorker) {
  others_.has_done = [this] { Create("r1", "amy"); };
  EXPECT_TRUE(IsOk(Beat("multi_room/pusher_heartbeat", "r1", "amy")));
  EXPECT_EQ(here_->tasks_run, 1);
  EXPECT_EQ(here_->times_sent(), 1);
}

TEST_F(SharedStore, WhoIsAMemberNowhereIsLookedForOnce) {
  EXPECT_EQ(json::parse(Beat("multi_room/pusher_heartbeat", "r1", "amy")).at("code"), 5);
  EXPECT_EQ(others_.asked, 1);
  EXPECT_EQ(alone_.recorded.count(), 1);
}

TEST_F(SharedStore, ALoginAtAnotherServerIsFoundOnAWorker) {
  others_.has_done = [this] { (void)alone_.sessions.LoginTrusted({"bob"}); };
  EXPECT_TRUE(IsOk(Send(CallOf("bob", FakeSessions::TokenOf("bob")))));
  EXPECT_EQ(here_->tasks_run, 1);
  EXPECT_EQ(json::parse(Send(CallOf("bob", "another"))).at("code"), 7);
}

TEST_F(SharedStore, ALookTakesOneMoreTokenOfTheAddress) {
  (void)Send(CallOf("bob", "another"));
  EXPECT_EQ(alone_.admission.addresses_asked, 1);
  EXPECT_EQ(alone_.admission.charged_to_addresses, 1U);
}

TEST_F(SharedStore, WhoIsUnknownIsNotLookedForWhenTheAddressHasNoTokensLeft) {
  alone_.admission.indebted_addresses.insert("192.0.2.1");
  EXPECT_EQ(json::parse(Send(CallOf("bob", "another"))).at("code"), 6);
  EXPECT_EQ(here_->reply()->status, 503) << "nginx asks another node";
  EXPECT_EQ(json::parse(Beat("multi_room/pusher_heartbeat", "r1", "amy")).at("code"), 6);
  EXPECT_EQ(here_->reply()->status, 503);
  EXPECT_EQ(others_.asked, 0);
  Create("r1", "amy");
  EXPECT_TRUE(IsOk(Beat("multi_room/pusher_heartbeat", "r1", "amy"))) << "who is known";
}

TEST_F(SharedStore, OnlySoManyAreLookedForAtOnce) {
  const HttpRequest beat = BeatOf("multi_room/pusher_heartbeat", "r1", "amy");
  const auto waiting = std::make_shared<WaitingReply>();
  for (std::size_t i = 0; i < SecondLooks::kMost; ++i) Handle(router_, beat, waiting);
  ASSERT_EQ(waiting->waiting.size(), SecondLooks::kMost);
  EXPECT_EQ(json::parse(Send(beat)).at("code"), 6);
  EXPECT_EQ(here_->reply()->status, 503);
  for (const auto& task : std::exchange(waiting->waiting, {})) task();
  EXPECT_EQ(json::parse(Send(beat)).at("code"), 5);
}

TEST_F(SharedStore, NobodyIsUnknownWhileTheOthersCannotBeHeard) {
  others_.busy = true;
  EXPECT_EQ(json::parse(Beat("multi_room/pusher_heartbeat", "r1", "amy")).at("code"), 6);
  EXPECT_EQ(json::parse(Send(CallOf("bob", "another"))).at("code"), 6);
}

TEST_F(SharedStore, WithoutAFreeWorkerTheCallIsRefused) {
  has_workers_ = false;
  (void)Beat("multi_room/pusher_heartbeat", "r1", "amy");
  EXPECT_EQ(here_->reply()->status, 503);
  EXPECT_EQ(others_.asked, 0);
}

}  // namespace
}  // namespace rtcroom
