// Members judged by their heartbeats and by their real streams (protocol E.5).
#include <chrono>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/media_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kOffGrace{400};
constexpr int kTimeouts = 2;

/// Members are silent from the start: their timeout is short.
class SilentMembers : public MediaTest {
 protected:
  explicit SilentMembers(Settings more = {}) : MediaTest(WithTimeout(std::move(more))) {}

  /// Lets members without a stream come and go: each time a timeout has passed for all.
  void LetTimeoutsPass(const std::string& reason = "heartbeat_timeout") {
    for (int i = 0; i < kTimeouts; ++i) {
      const std::string user = "passer_" + std::to_string(i);
      Join(user);
      ExpectEvicted(user, reason);
    }
  }

 private:
  static Settings WithTimeout(Settings settings) {
    // With the limit for an answer to a poll: after one that fails, streams are in doubt.
    settings.merge(Settings{{"live.poll_period", "3s"},
                            {"room.heartbeat_timeout", "500ms"},
                            {"liveness.grace", std::to_string(kOffGrace.count()) + "ms"}});
    return settings;
  }
};

/// No member is silent during a test.
class BeatingMembers : public MediaTest {
 protected:
  explicit BeatingMembers(Settings more = {}) : MediaTest(WithGrace(std::move(more))) {}

 private:
  static Settings WithGrace(Settings settings) {
    settings.merge(Settings{{"liveness.grace", std::to_string(kOffGrace.count()) + "ms"}});
    return settings;
  }
};

TEST_F(SilentMembers, StayWhileTheirStreamIsOn) {
  PutOnAir("alice");
  Join("alice");
  LetTimeoutsPass();
  EXPECT_TRUE(IsMember("alice"));
  ExpectMedia("alice", "on");
}

class ALongGrace : public SilentMembers {
 protected:
  ALongGrace() : SilentMembers({{"liveness.grace", "2m"}}) {}
};

TEST_F(ALongGrace, KeepsSilentMembersWhoseStreamComesBack) {
  StreamPusher& pusher = PutOnAir("alice");
  Join("alice");
  LetTimeoutsPass();
  pusher.Signal(SIGTERM);
  ExpectMedia("alice", "off");
  LetTimeoutsPass();
  EXPECT_TRUE(IsMember("alice"));
  PutOnAir("alice");
  ExpectMedia("alice", "on");
  EXPECT_TRUE(IsMember("alice"));
}

TEST_F(BeatingMembers, StayWithoutTheirStream) {
  StreamPusher& pusher = PutOnAir("alice");
  Join("alice");
  pusher.Signal(SIGTERM);
  ExpectMedia("alice", "off", 4 * kOffGrace.count());
  EXPECT_TRUE(IsMember("alice"));
}

class EvictOnMediaOff : public BeatingMembers {
 protected:
  EvictOnMediaOff() : BeatingMembers({{"liveness.evict_on_media_off", true}}) {}
};

TEST_F(EvictOnMediaOff, RemovesBeatingMembersWhoseStreamHasBeenOffForTheGrace) {
  StreamPusher& pusher = PutOnAir("alice");
  PutOnAir("bob");
  Join("alice");
  Join("bob");
  Join("without_a_stream");
  const steady_clock::time_point stopped = steady_clock::now();
  pusher.Signal(SIGTERM);
  ExpectEvicted("alice", "stream_interrupted");
  EXPECT_GE(steady_clock::now() - stopped, kOffGrace);
  EXPECT_TRUE(IsMember("bob"));
  EXPECT_TRUE(IsMember("without_a_stream"));
}

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
  LetTimeoutsPass("stream_interrupted");  // theirs has not begun
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
