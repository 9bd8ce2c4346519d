// The media server or the room server is killed, hangs or is away, with real streams on air.
#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/media_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kReturnGrace{500};
constexpr milliseconds kAwayTimeout{1500};
/// As `kTimeoutsWithoutAnswer` of the server.
constexpr int kTimeoutsWhileAway = 3;

std::string TomlText(milliseconds time) { return std::to_string(time.count()) + "ms"; }

/// A stream is in doubt soon after the media server stops to answer.
class MediaServerAway : public MediaTest {
 protected:
  explicit MediaServerAway(Settings more) : MediaTest(WithDoubt(std::move(more))) {}

  bool IsUp() { return Metric("rtcroomd_media_server_up") == 1; }

 private:
  static Settings WithDoubt(Settings settings) {
    settings.merge(
        Settings{{"liveness.grace", TomlText(kReturnGrace)}, {"live.confirm_ttl", "700ms"}});
    return settings;
  }
};

class ShortTimeout : public MediaServerAway {
 protected:
  ShortTimeout() : MediaServerAway({{"room.heartbeat_timeout", TomlText(kAwayTimeout)}}) {}
};

TEST_F(ShortTimeout, SilentMembersStayUntilItIsBackAndTheGraceIsOver) {
  PutOnAir("alice");
  const steady_clock::time_point joined = steady_clock::now();
  Join("alice");
  media_.Kill9();
  EXPECT_TRUE(Eventually([&] { return IsMedia("alice", "unknown") || IsGone("alice"); }));
  const steady_clock::time_point back = steady_clock::now();
  media_.Start();
  EXPECT_TRUE(Eventually([&] { return IsGone("alice"); }));
  EXPECT_GE(steady_clock::now(),
            std::min(back + kReturnGrace, joined + kTimeoutsWhileAway * kAwayTimeout));
}

class HangingMediaServer : public MediaServerAway {
 protected:
  HangingMediaServer()
      : MediaServerAway({{"liveness.evict_on_media_off", true}, {"liveness.grace", "100ms"}}) {}
};

TEST_F(HangingMediaServer, EvictsNobody) {
  PutOnAir("alice");
  Join("alice");
  media_.Signal(SIGSTOP);
  ExpectMedia("alice", "unknown");
  // Some polls later.
  const std::string polls = "rtcroomd_media_poll_seconds_count";
  const double before = Metric(polls);
  EXPECT_TRUE(Eventually([&] { return Metric(polls) >= before + 2; }));
  EXPECT_FALSE(IsUp());
  EXPECT_TRUE(IsMember("alice"));
  // Whether the stream goes on depends on how long that took: after a minute nginx ends it.
  media_.Signal(SIGCONT);
  EXPECT_TRUE(Eventually([&] { return IsUp(); }));
}

using RoomServerAway = MediaTest;

class RoomServerAwayShortTimeout : public MediaTest {
 protected:
  RoomServerAwayShortTimeout() : MediaTest({{"room.heartbeat_timeout", TomlText(kAwayTimeout)}}) {}
};

TEST_F(RoomServerAwayShortTimeout, SilentMembersWhoseStreamsGoOnStay) {
  PutOnAir("alice");
  Join("alice");
  server_.Kill9();
  server_.Start();
  // Its time begins after that of the other, which begins again at the start.
  Join("passer");
  ExpectEvicted("passer", "heartbeat_timeout");
  EXPECT_TRUE(IsMember("alice"));
}

TEST_F(RoomServerAway, HandsItsStreamsOverToItsSuccessor) {
  StreamPusher& pusher = PutOnAir("alice");
  Join("alice");
  const auto client = media_.PublisherOf("alice");
  StreamPusher& meanwhile = Push(SignedUrl("bob"));
  server_.HandOver();
  ExpectMedia("alice", "on");
  EXPECT_TRUE(Eventually([&] { return StreamsOn() == 2; }));
  ExpectTwoUpdates();
  EXPECT_EQ(media_.PublisherOf("alice"), client);
  EXPECT_FALSE(pusher.HasEnded()) << pusher.Output();
  EXPECT_FALSE(meanwhile.HasEnded()) << meanwhile.Output();
}

TEST_F(RoomServerAway, LearnsOfStreamsThatEndedMeanwhile) {
  StreamPusher& ended = PutOnAir("alice");
  StreamPusher& pusher = PutOnAir("bob");
  Join("alice");
  Join("bob");
  server_.Kill9();
  ended.Signal(SIGKILL);
  ASSERT_TRUE(Eventually([&] { return !IsOnAir("alice"); }));
  server_.Start();
  ExpectMedia("bob", "on");
  ExpectMedia("alice", "none");
  EXPECT_TRUE(IsMember("alice"));
  EXPECT_FALSE(pusher.HasEnded());
}

}  // namespace
}  // namespace rtcroom
