// Events of gen-2 rooms, received by a subscriber in another language (design: Watch; protocol B.4
// to B.6).
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/node_subscriber.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::ElementsAreArray;

/// The compared parts of an event: type, room, number within the room, user, and details: reason,
/// next creator, custom fields, a viewer's information.
using Seen = std::tuple<std::string, std::string, int, std::string, std::string>;

std::vector<Seen> SeenIn(const std::vector<nlohmann::json>& events) {
  std::vector<Seen> seen;
  for (const nlohmann::json& event : events) {
    std::string more = event.at("reason");
    for (const char* field : {"new_creator", "changed", "user_info"}) {
      const auto value = event.at(field).get<std::string>();
      if (!value.empty()) more += (more.empty() ? "" : " ") + value;
    }
    seen.emplace_back(event.at("type"), event.at("room"), event.at("sequence"), event.at("user"),
                      more);
  }
  return seen;
}

class Gen2Subscriber : public testing::Test {
 protected:
  Gen2Client User(const std::string& user_id, std::string_view kind = "live_room") {
    return LoggedIn(server_, user_id, kind);
  }
  static void Do(Gen2Client& client, const char* endpoint, const nlohmann::json& body,
                 int code = kOk) {
    const ApiReply reply = client.Call(endpoint, body);
    ASSERT_EQ(reply.code(), code) << endpoint << " " << body << ": " << reply;
  }

  const TempDirectory directory_;
  const std::string address_ = "unix:" + (directory_.path() / "grpc.sock").string();
  ServerProcess server_{{.settings = WithLogins({{"grpc.listen", address_}})}};
};

TEST_F(Gen2Subscriber, ReceivesALiveRoomFromPreparationToEnd) {
  const NodeSubscriber subscriber(address_, "now");
  ASSERT_TRUE(subscriber.IsFollowing()) << subscriber.ErrorOutput();
  Gen2Client host = User("host");
  Gen2Client viewer = User("viewer");
  Gen2Client second = User("second");

  Do(host, "create_room", PrepareBody("host", "r1"));
  Do(host, "create_room", PrepareBody("host", "r1"));  // a retry changes nothing
  Do(second, "add_pusher", PusherBody("r1", "second"));
  Do(host, "add_pusher", PusherBody("r1", "host"));
  Do(viewer, "add_audience", AudienceBody("r1", "viewer"));
  Do(viewer, "add_audience", AudienceBody("r1", "viewer"));  // nor does this
  nlohmann::json other_info = AudienceBody("r1", "viewer");
  other_info["userInfo"] = "other info";
  Do(viewer, "add_audience", other_info);
  Do(viewer, "set_custom_field", CountBody("r1", "likes"));
  Do(host, "set_custom_field", SetBody("r1", "title", "hello"));
  Do(viewer, "delete_pusher", MemberBody("r1", "viewer"), kNoSuchMember);
  Do(viewer, "delete_audience", MemberBody("r1", "viewer"));
  Do(viewer, "delete_audience", MemberBody("r1", "viewer"));
  Do(viewer, "add_audience", AudienceBody("r1", "viewer"));
  Do(second, "delete_pusher", MemberBody("r1", "second"));

  const std::vector<Seen> expected = {
      {"room_created", "r1", 1, "host", ""},
      {"room_activated", "r1", 2, "second", ""},
      {"pusher_added", "r1", 3, "second", ""},
      {"pusher_added", "r1", 4, "host", ""},
      {"audience_added", "r1", 5, "viewer", "info of viewer"},
      {"audience_added", "r1", 6, "viewer", "other info"},
      {"custom_changed", "r1", 7, "", R"({"likes":1})"},
      {"custom_changed", "r1", 8, "", R"({"title":"hello"})"},
      {"audience_deleted", "r1", 9, "viewer", "REASON_LEFT"},
      {"audience_added", "r1", 10, "viewer", "info of viewer"},
      {"pusher_deleted", "r1", 11, "second", "REASON_LEFT"},
      {"pusher_deleted", "r1", 12, "host", "REASON_ROOM_DESTROYED"},
      {"room_destroyed", "r1", 13, "", "REASON_CREATOR_LEFT"},
  };
  ASSERT_TRUE(subscriber.HasSeen(expected.size())) << subscriber.ErrorOutput();
  EXPECT_THAT(SeenIn(subscriber.Events()), ElementsAreArray(expected));
}

TEST_F(Gen2Subscriber, ReceivesCreatorHandOversAndTheRoomEnd) {
  const NodeSubscriber subscriber(address_, "now");
  ASSERT_TRUE(subscriber.IsFollowing()) << subscriber.ErrorOutput();
  std::vector<Gen2Client> users;
  for (const char* name : {"first", "second", "third"}) users.push_back(User(name, "multi_room"));
  for (Gen2Client& user : users) Do(user, "add_pusher", PusherBody("r1", user.user_id()));
  Do(users[1], "add_pusher", PusherBody("r1", "second"));
  Do(users[0], "delete_pusher", MemberBody("r1", "first"));
  Do(users[2], "delete_pusher", MemberBody("r1", "third"));
  Do(users[1], "delete_pusher", MemberBody("r1", "second"));

  const std::vector<Seen> expected = {
      {"room_created", "r1", 1, "first", ""},
      {"pusher_added", "r1", 2, "first", ""},
      {"pusher_added", "r1", 3, "second", ""},
      {"pusher_added", "r1", 4, "third", ""},
      {"pusher_updated", "r1", 5, "second", ""},
      {"pusher_deleted", "r1", 6, "first", "REASON_LEFT second"},
      {"pusher_deleted", "r1", 7, "third", "REASON_LEFT"},
      {"pusher_deleted", "r1", 8, "second", "REASON_LEFT"},
      {"room_destroyed", "r1", 9, "", "REASON_LAST_LEFT"},
  };
  ASSERT_TRUE(subscriber.HasSeen(expected.size())) << subscriber.ErrorOutput();
  EXPECT_THAT(SeenIn(subscriber.Events()), ElementsAreArray(expected));
}

}  // namespace
}  // namespace rtcroom
