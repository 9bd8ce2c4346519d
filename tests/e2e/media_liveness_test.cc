// Members judged by their heartbeats or by their real streams alone (protocol E.5).
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/media_fixture.h"

namespace rtcroom {
namespace {

/// Members are silent from the start: their timeout is short.
class SilentMembers : public MediaTest {
 protected:
  explicit SilentMembers(Settings more) : MediaTest(WithTimeout(std::move(more))) {}

 private:
  static Settings WithTimeout(Settings settings) {
    // With the limit for an answer to a poll: after one that fails, streams are in doubt. The grace
    // is for pushers that stand still on a busy machine.
    settings.merge(Settings{
        {"live.poll_period", "3s"}, {"room.heartbeat_timeout", "500ms"}, {"liveness.grace", "5s"}});
    return settings;
  }
};

class PolicyHeartbeat : public SilentMembers {
 protected:
  PolicyHeartbeat() : SilentMembers({{"liveness.policy", "heartbeat"}}) {}
};

TEST_F(PolicyHeartbeat, RemovesSilentMembersAndTheirStreamsWhichMayComeBack) {
  const std::string url = SignedUrl("alice");
  StreamPusher& pusher = Push(url);
  ASSERT_TRUE(Eventually([&] { return IsOnAir("alice"); })) << pusher.Output();
  Join("alice");
  ExpectEvicted("alice", "heartbeat_timeout");
  EXPECT_TRUE(IsCut(pusher));
  Push(url);
  EXPECT_TRUE(Eventually([&] { return IsOnAir("alice"); }));
}

class PolicyStream : public SilentMembers {
 protected:
  PolicyStream() : SilentMembers({{"liveness.policy", "stream"}}) {}
};

TEST_F(PolicyStream, KeepsSilentMembersWithTheirStreamOnly) {
  StreamPusher& pusher = PutOnAir("alice");
  Join("alice");
  // Members without a stream come and go: each time a timeout has passed for all.
  for (const char* passer : {"first", "second"}) {
    Join(passer);
    ExpectEvicted(passer, "stream_interrupted");  // theirs has not begun
  }
  EXPECT_TRUE(IsMember("alice"));
  pusher.Signal(SIGTERM);
  EXPECT_TRUE(Eventually([&] {
    (void)Rooms().Call(kMulti, "pusher_heartbeat", MemberBody(RoomOf("alice"), "alice"));
    return IsGone("alice");
  }));
  EXPECT_EQ(ReasonOf("alice"), "stream_interrupted");
}

}  // namespace
}  // namespace rtcroom
