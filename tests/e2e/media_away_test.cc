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
  explicit MediaServerAway(Settings more = {}) : MediaTest(WithDoubt(std::move(more))) {}

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
  explicit ShortTimeout(Settings more = {}) : MediaServerAway(WithTimeout(std::move(more))) {}

  /// Not before all this has passed may a silent member leave.
  static steady_clock::time_point FirstEvictionWhileAway(steady_clock::time_point joined) {
    return joined + kTimeoutsWhileAway * kAwayTimeout;
  }

 private:
  static Settings WithTimeout(Settings settings) {
    settings.merge(Settings{{"room.heartbeat_timeout", TomlText(kAwayTimeout)}});
    return settings;
  }
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
  EXPECT_GE(steady_clock::now(), std::min(back + kReturnGrace, FirstEvictionWhileAway(joined)));
}

TEST_F(ShortTimeout, SilentMembersStayForThreeTimeoutsWhileItIsAway) {
  PutOnAir("alice");
  const steady_clock::time_point joined = steady_clock::now();
  Join("alice");
  media_.Kill9();
  ExpectEvicted("alice", "heartbeat_timeout");
  EXPECT_GE(steady_clock::now(), FirstEvictionWhileAway(joined));
}

class ShortestTimeout : public MediaServerAway {
 protected:
  ShortestTimeout()
      : MediaServerAway(
            {{"room.heartbeat_timeout", TomlText(kShortest)}, {"live.poll_period", "300ms"}}) {}

  static constexpr milliseconds kShortest{500};
};

TEST_F(ShortestTimeout, MembersThatWereSilentForLongStayForThreeTimeoutsMore) {
  PutOnAir("alice");
  Join("alice");
  for (const char* user : {"first", "second", "third", "fourth"}) {
    Join(user);
    ExpectEvicted(user, "heartbeat_timeout");
  }
  ASSERT_TRUE(IsMember("alice"));
  const steady_clock::time_point killed = steady_clock::now();
  media_.Kill9();
  ExpectEvicted("alice", "heartbeat_timeout");
  EXPECT_GE(steady_clock::now(), killed + kTimeoutsWhileAway * kShortest);
}

class ALongGraceAway : public ShortTimeout {
 protected:
  // Each poll has a second for its answer: after one that fails, streams are in doubt.
  ALongGraceAway()
      : ShortTimeout({{"liveness.grace", "2m"},
                      {"live.poll_period", "1s"},
                      {"live.confirm_ttl", "1500ms"}}) {}
};

TEST_F(ALongGraceAway, SilentMembersStayWhenTheyReturnInTime) {
  PutOnAir("alice");
  Join("alice");
  Join("passer");
  media_.Kill9();
  media_.Start();
  ExpectEvicted("passer", "heartbeat_timeout");
  ExpectMedia("alice", "off");
  EXPECT_TRUE(IsMember("alice"));
  PutOnAir("alice");
  ExpectMedia("alice", "on");
}

class HangingMediaServer : public MediaServerAway {
 protected:
  HangingMediaServer()
      : MediaServerAway({{"liveness.evict_on_media_off", true}, {"liveness.grace", "100ms"}}) {}
};

TEST_F(HangingMediaServer, EvictsNobody) {
  StreamPusher& pusher = PutOnAir("alice");
  Join("alice");
  media_.Signal(SIGSTOP);
  ExpectMedia("alice", "unknown");
  // Many polls later.
  const std::string polls = "rtcroomd_media_poll_seconds_count";
  const double before = Metric(polls);
  EXPECT_TRUE(Eventually([&] { return Metric(polls) >= before + 5; }));
  EXPECT_FALSE(IsUp());
  EXPECT_TRUE(IsMember("alice"));
  media_.Signal(SIGCONT);
  EXPECT_TRUE(Eventually([&] { return IsUp() && IsMedia("alice", "on"); })) << MediaOf("alice");
  EXPECT_FALSE(pusher.HasEnded()) << pusher.Output();
  EXPECT_TRUE(IsMember("alice"));
}

class RoomServerAway : public MediaTest {
 protected:
  explicit RoomServerAway(Settings settings = {}) : MediaTest(std::move(settings)) {}
};

class RoomServerAwayShortTimeout : public RoomServerAway {
 protected:
  RoomServerAwayShortTimeout()
      : RoomServerAway({{"room.heartbeat_timeout", TomlText(kAwayTimeout)}}) {}
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
