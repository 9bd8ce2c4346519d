// A conformance check for gen-2 clients (protocol F.10, 6), over TLS.
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/gen2_calls.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Gen2 : public testing::Test {
 protected:
  Gen2Client User(const std::string& user_id, std::string_view kind = "multi_room") {
    return LoggedIn(server_, user_id, kind);
  }

  ServerProcess server_{{.settings = WithLogins({{"room.heartbeat_timeout", "1h"}})}};
};

TEST_F(Gen2, EndsALiveRoomAndItsAudienceWithItsCreator) {
  Gen2Client host = User("host", "live_room");
  Gen2Client guest = User("guest", "live_room");
  Gen2Client viewer = User("viewer", "live_room");
  ASSERT_EQ(host.Call("add_pusher", PusherBody("r1", "host")).code(), kOk);
  ASSERT_EQ(guest.Call("add_pusher", PusherBody("r1", "guest")).code(), kOk);
  ASSERT_EQ(viewer.Call("add_audience", AudienceBody("r1", "viewer")).code(), kOk);
  EXPECT_THAT(AudiencesOf(host, "r1"), ElementsAre("viewer"));
  EXPECT_EQ(host.Call("delete_pusher", MemberBody("r1", "host")).code(), kOk);
  EXPECT_EQ(guest.Call("get_pushers", RoomBody("r1")).code(), kNoSuchRoom);
  EXPECT_EQ(guest.Call("pusher_heartbeat", MemberBody("r1", "guest")).code(), kNoSuchMember);
  EXPECT_THAT(AudiencesOf(host, "r1"), IsEmpty());
  EXPECT_THAT(RoomIds(guest), IsEmpty());
  EXPECT_EQ(guest.Call("add_pusher", PusherBody("r1", "guest")).code(), kOk)
      << "creates a new room";
  EXPECT_THAT(AudiencesOf(host, "r1"), IsEmpty());
}

}  // namespace
}  // namespace rtcroom
