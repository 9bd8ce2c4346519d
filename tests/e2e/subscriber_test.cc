// Membership events as received by a subscriber in another language (design: Watch).
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/kill_cycle.h"
#include "tests/e2e/node_subscriber.h"
#include "tests/e2e/room_calls.h"
#include "tests/e2e/room_changes.h"
#include "tests/e2e/store_audit.h"
#include "tests/support/cycles.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::ElementsAreArray;
using testing::IsEmpty;

/// The compared parts of an event: type, room, number within the room, user, reason.
using SeenEvent = std::tuple<std::string, std::string, int, std::string, std::string>;

std::vector<SeenEvent> EventsSeenIn(const std::vector<nlohmann::json>& events) {
  std::vector<SeenEvent> seen;
  for (const nlohmann::json& event : events) {
    seen.emplace_back(event.at("type"), event.at("room"), event.at("sequence"), event.at("user"),
                      event.at("reason"));
  }
  return seen;
}

/// A server whose gRPC address outlives it: a socket in the test's own directory.
class SubscriberTest : public testing::Test {
 protected:
  [[nodiscard]] Settings WithGrpc(Settings settings) const {
    settings["grpc.listen"] = address_;
    return settings;
  }

  const TempDirectory directory_;
  const std::string address_ = "unix:" + (directory_.path() / "grpc.sock").string();
};

class EventSubscription : public SubscriberTest {
 protected:
  void Call(const char* endpoint, const nlohmann::json& body) {
    const ApiReply reply = client_.Call("multi_room", endpoint, body);
    ASSERT_EQ(reply.code(), kOk) << endpoint << ": " << reply;
  }

  ServerProcess server_{{.settings = WithGrpc({})}};
  ApiClient client_ = server_.Https();
};

TEST_F(EventSubscription, DeliversEveryChangeInOrderWithItsReason) {
  const NodeSubscriber subscriber(address_, "now");
  ASSERT_TRUE(subscriber.IsFollowing()) << subscriber.ErrorOutput();

  Call("create_room", CreateBody("host", "r1"));
  Call("add_pusher", PusherBody("r1", "guest"));
  Call("add_pusher", PusherBody("r1", "guest"));
  Call("delete_pusher", MemberBody("r1", "guest"));
  Call("add_pusher", PusherBody("r1", "late"));
  Call("destroy_room", MemberBody("r1", "host"));
  Call("create_room", CreateBody("host", "r2"));
  Call("delete_pusher", MemberBody("r2", "host"));

  const std::vector<SeenEvent> expected = {
      {"room_created", "r1", 1, "host", ""},
      {"pusher_added", "r1", 2, "host", ""},
      {"pusher_added", "r1", 3, "guest", ""},
      {"pusher_updated", "r1", 4, "guest", ""},
      {"pusher_deleted", "r1", 5, "guest", "REASON_LEFT"},
      {"pusher_added", "r1", 6, "late", ""},
      {"pusher_deleted", "r1", 7, "host", "REASON_ROOM_DESTROYED"},
      {"pusher_deleted", "r1", 8, "late", "REASON_ROOM_DESTROYED"},
      {"room_destroyed", "r1", 9, "", "REASON_DESTROYED"},
      {"room_created", "r2", 1, "host", ""},
      {"pusher_added", "r2", 2, "host", ""},
      {"pusher_deleted", "r2", 3, "host", "REASON_LEFT"},
      {"room_destroyed", "r2", 4, "", "REASON_CREATOR_LEFT"},
  };
  ASSERT_TRUE(subscriber.HasSeen(expected.size())) << subscriber.ErrorOutput();
  const std::vector<nlohmann::json> events = subscriber.Events();
  EXPECT_THAT(EventsSeenIn(events), ElementsAreArray(expected));
  for (const nlohmann::json& event : events) {
    EXPECT_EQ(event.at("kind"), "ROOM_KIND_MULTI");
    EXPECT_EQ(event.at("epoch"), events.front().at("epoch"));
  }
}

TEST_F(EventSubscription, MissesNothingAfterTheSubscriberResumes) {
  std::vector<SeenEvent> seen;
  std::string cursor = "now";
  for (int life = 0; life < 5; ++life) {
    NodeSubscriber subscriber(address_, cursor);
    ASSERT_TRUE(subscriber.IsFollowing()) << subscriber.ErrorOutput();
    const std::string room = "r" + std::to_string(life);
    Call("create_room", CreateBody("host", room));
    Call("add_pusher", PusherBody(room, "guest"));
    // After the first life: changes made without a subscriber are sent first.
    ASSERT_TRUE(subscriber.HasSeen(life == 0 ? 3 : 6)) << subscriber.ErrorOutput();
    subscriber.Kill9();
    subscriber.child().WaitForExit();
    Call("delete_pusher", MemberBody(room, "guest"));
    Call("destroy_room", MemberBody(room, "host"));
    const std::vector<SeenEvent> now = EventsSeenIn(subscriber.Events());
    seen.insert(seen.end(), now.begin(), now.end());
    cursor = subscriber.LastCursor();
  }
  std::vector<SeenEvent> expected;
  for (int life = 0; life < 5; ++life) {
    const std::string room = "r" + std::to_string(life);
    const std::vector<SeenEvent> whole = {
        {"room_created", room, 1, "host", ""},
        {"pusher_added", room, 2, "host", ""},
        {"pusher_added", room, 3, "guest", ""},
        {"pusher_deleted", room, 4, "guest", "REASON_LEFT"},
        {"pusher_deleted", room, 5, "host", "REASON_ROOM_DESTROYED"},
        {"room_destroyed", room, 6, "", "REASON_DESTROYED"}};
    expected.insert(expected.end(), whole.begin(), life == 4 ? whole.begin() + 3 : whole.end());
  }
  EXPECT_THAT(seen, ElementsAreArray(expected));
}

TEST_F(SubscriberTest, ReceivesAllEventsOfAServerKilledRepeatedly) {
  std::mt19937 random(Seed());
  ServerProcess server(
      {.settings = WithGrpc({{"room.heartbeat_timeout", "1h"}, {"log.level", "info"}})});
  const NodeSubscriber subscriber(address_, "earliest", OnServerGone::kCallsAgain);
  std::deque<RoomRecorder> recorders = RoomRecorders(4, random);
  const std::size_t kills = Cycles(3);
  for (std::size_t kill = 0; kill < kills && !HasFailure(); ++kill) {
    WriteAndKill(server, recorders, random);
    server.Start();
    ApiClient client = server.Https();
    ExpectKept(client, recorders);
  }
  const std::filesystem::path database = server.data_directory() / "rtcroomd.db";
  // While the server runs: the database is only read, and there are no more writes.
  const std::vector<std::string> history = HistoryOf(database);
  EXPECT_TRUE(subscriber.HasSeen(history.size()))
      << subscriber.Events().size() << " of " << history.size() << subscriber.ErrorOutput();
  std::vector<std::string> seen;
  for (const auto& [type, room, sequence, user, reason] : EventsSeenIn(subscriber.Events())) {
    seen.push_back(room + " " + std::to_string(sequence) + " " + type);
  }
  EXPECT_EQ(seen, history);
  EXPECT_GT(history.size(), kills);
  EXPECT_EQ(server.Terminate(), 0);
  EXPECT_THAT(AuditStore(database), IsEmpty());
}

}  // namespace
}  // namespace rtcroom
