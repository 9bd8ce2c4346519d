// Which streams a media server has on air, decided by the room server: with nginx, and with a media
// server that has the callbacks and the API of SRS.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/media_fixture.h"
#include "tests/e2e/signed_stream.h"
#include "tests/e2e/srs_media_server.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::HasSubstr;

struct MadeMediaServer {
  const char* name;
  std::unique_ptr<MediaServer> (*make)();
};

class MediaStreams : public MediaFixture, public testing::WithParamInterface<MadeMediaServer> {
 protected:
  explicit MediaStreams(Settings settings = {})
      : MediaFixture(GetParam().make(), std::move(settings)) {}

  double PublishCallbacks(const std::string& result) {
    return Metric(R"(rtcroomd_media_callbacks_total{call="publish",result=")" + result + R"("})");
  }
  bool IsUp() { return Metric("rtcroomd_media_server_up") == 1; }
  bool IsOneLeft() {
    return std::ranges::count_if(pushers_, [](StreamPusher& one) { return !one.HasEnded(); }) == 1;
  }
  /// How often the media server has asked in vain whether its streams may go on.
  [[nodiscard]] std::size_t CountVainUpdates() const {
    constexpr std::string_view kVain = "POST /update HTTP/1.0";
    const std::string log = media_.Log();
    std::size_t count = 0;
    for (std::size_t at = log.find(kVain); at != std::string::npos; at = log.find(kVain, at + 1)) {
      ++count;
    }
    return count;
  }
};

TEST_P(MediaStreams, AreOnAirAndShownFromTheirPushUrlsOn) {
  Join("alice");
  ExpectMedia("alice", "none");
  StreamPusher& pusher = PutOnAir("alice");
  ExpectMedia("alice", "on");
  EXPECT_EQ(StreamsOn(), 1);
  // A poll may have found it before its callback was answered.
  EXPECT_TRUE(Eventually([&] { return PublishCallbacks("accepted") == 1; }));
  EXPECT_TRUE(Eventually([&] { return IsUp(); }));
  ExpectTwoUpdates();
  EXPECT_EQ(StreamsOn(), 1);

  pusher.Signal(SIGTERM);
  ExpectMedia("alice", "off");
  EXPECT_EQ(StreamsOn(), 0);
  EXPECT_EQ(Metric(R"(rtcroomd_streams{state="off"})"), 1);
}

TEST_P(MediaStreams, AreRefusedWithoutAValidSignature) {
  const std::string signed_url = SignedUrl("alice");
  const std::string query = signed_url.substr(signed_url.find('?'));
  const std::string alice = StreamAddress("alice");
  const std::string push_key = media_.SecretOf("push-key");
  ExpectRefused(
      {alice, alice + query.substr(0, query.find('&')), SignedStreamUrl("another key", alice, 1h),
       SignedStreamUrl(media_.SecretOf("play-key"), alice, 1h),
       SignedStreamUrl(push_key, alice, -1h)},
      "alice");
  ExpectRefused(StreamAddress("bob") + query, "bob");
  // A poll may have found one of them before its callback was answered.
  EXPECT_TRUE(Eventually([&] { return StreamsOn() == 0; }));
  EXPECT_EQ(PublishCallbacks("refused"), 6);
  Push(Known(SignedStreamUrl(push_key, alice, 1h)));
  EXPECT_TRUE(Eventually([&] { return IsOnAir("alice"); }));
}

TEST_P(MediaStreams, OfKickedMembersEndAndTheirUrlsAreDeadAcrossRestarts) {
  Join("alice");
  const std::string url = SignedUrl("alice");
  StreamPusher& pusher = Push(url);
  ASSERT_TRUE(Eventually([&] { return IsOnAir("alice"); })) << pusher.Output();
  Kick("alice");
  EXPECT_TRUE(IsCut(pusher));
  // Else the refusal of its next update may have ended it before.
  if (!media_.SendsUpdates()) ExpectDrop("revoked");
  ExpectRefused(url, "alice");
  server_.Kill9();
  server_.Start();
  ExpectRefused(url, "alice");
  media_.Kill9();
  media_.Start();
  ExpectRefused(url, "alice");
  EXPECT_EQ(StreamsOn(), 0);

  // One of the second of the kick itself may be dead, too.
  StreamPusher& fresh = Push(LaterUrl("alice"));
  EXPECT_TRUE(Eventually([&] { return IsOnAir("alice"); })) << fresh.Output();
  Join("alice");
  ExpectMedia("alice", "on");
}

TEST_P(MediaStreams, PassToTheUsersNextConnectionWhileTheFirstHangs) {
  Join("alice");
  StreamPusher& hanging = PutOnAir("alice");
  const std::string client = media_.PublisherOf("alice").value_or("");
  const std::string later = LaterUrl("alice");
  hanging.Signal(SIGSTOP);
  StreamPusher& next = Push(later);
  EXPECT_TRUE(Eventually([&] {
    const auto publisher = media_.PublisherOf("alice");
    return publisher && *publisher != client;
  }));
  ExpectDrop("taken_over");
  hanging.Signal(SIGCONT);
  EXPECT_TRUE(IsCut(hanging));
  ExpectTwoUpdates();
  EXPECT_FALSE(next.HasEnded()) << next.Output();
  ExpectMedia("alice", "on");
  EXPECT_EQ(StreamsOn(), 1);
}

TEST_P(MediaStreams, AreOnAirOnceHoweverManyConnectionsPushThem) {
  Join("alice");
  const std::string url = SignedUrl("alice");
  constexpr int kConnections = 6;
  for (int i = 0; i < kConnections; ++i) Push(url);
  EXPECT_TRUE(Eventually([&] { return IsOneLeft() && IsOnAir("alice"); }));
  ExpectTwoUpdates();
  EXPECT_TRUE(IsOneLeft());
  ExpectMedia("alice", "on");
  EXPECT_EQ(StreamsOn(), 1);
  for (StreamPusher& pusher : pushers_) pusher.Signal(SIGTERM);
  ExpectMedia("alice", "off");
}

TEST_P(MediaStreams, GoOnWhenAViewerLeaves) {
  Join("alice");
  StreamPusher& pusher = PutOnAir("alice");
  const auto client = media_.PublisherOf("alice");
  StreamViewer viewer(StreamAddress("alice"));
  EXPECT_EQ(viewer.WaitForEnd(), 0) << viewer.Output();
  ExpectTwoUpdates();
  EXPECT_FALSE(pusher.HasEnded());
  EXPECT_EQ(media_.PublisherOf("alice"), client);
  ExpectMedia("alice", "on", 1000);
}

TEST_P(MediaStreams, GoOnWhileTheRoomServerIsAwayAndAreFoundAgain) {
  StreamPusher& pusher = PutOnAir("alice");
  Join("alice");
  const auto client = media_.PublisherOf("alice");
  server_.Kill9();
  if (media_.SendsUpdates()) EXPECT_TRUE(Eventually([&] { return CountVainUpdates() >= 3; }));
  EXPECT_EQ(media_.PublisherOf("alice"), client);
  StreamPusher& refused = Push(StreamAddress("bob"));
  EXPECT_TRUE(IsCut(refused));
  server_.Start();
  ExpectMedia("alice", "on");
  EXPECT_EQ(StreamsOn(), 1);
  EXPECT_TRUE(IsMember("alice"));
  ExpectTwoUpdates();
  EXPECT_EQ(media_.PublisherOf("alice"), client);
  EXPECT_FALSE(pusher.HasEnded()) << pusher.Output();
  ExpectMedia("alice", "on");
}

class StreamsOfSilentMembers : public MediaStreams {
 protected:
  static constexpr auto kGrace = 5s;  // a pusher may stand still on a busy machine

  StreamsOfSilentMembers()
      : MediaStreams({{"live.poll_period", "3s"},  // with the limit for an answer
                      {"room.heartbeat_timeout", "500ms"},
                      {"liveness.grace", std::to_string(kGrace.count()) + "s"}}) {}
};

TEST_P(StreamsOfSilentMembers, EndTheMembershipWhenTheyHaveBeenOffForTheGrace) {
  StreamPusher& pusher = PutOnAir("alice");
  Join("alice");
  for (const char* user : {"first", "second"}) {
    Join(user);
    ExpectEvicted(user, "heartbeat_timeout");
  }
  ASSERT_TRUE(IsMember("alice"));
  const steady_clock::time_point stopped = steady_clock::now();
  pusher.Signal(SIGTERM);
  ExpectEvicted("alice", "stream_interrupted");
  EXPECT_GE(steady_clock::now() - stopped, kGrace);
}

class StreamsInDoubt : public MediaStreams {
 protected:
  StreamsInDoubt() : MediaStreams({{"liveness.grace", "500ms"}, {"live.confirm_ttl", "700ms"}}) {}
};

TEST_P(StreamsInDoubt, DoNotEndTheMembershipOfBeatingMembers) {
  PutOnAir("alice");
  Join("alice");
  media_.Kill9();
  ExpectMedia("alice", "unknown");
  EXPECT_TRUE(Eventually([&] { return !IsUp(); }));
  media_.Start();
  ExpectMedia("alice", "off", 1500);
  EXPECT_TRUE(Eventually([&] { return IsUp(); }));  // a poll may take longer than its period
  EXPECT_TRUE(IsMember("alice"));
  PutOnAir("alice");
  ExpectMedia("alice", "on");
}

class CheckedViewers : public MediaStreams {
 protected:
  CheckedViewers() : MediaStreams({{"live.check_play", true}}) {}
};

TEST_P(CheckedViewers, NeedASignedUrl) {
  Join("alice");
  PutOnAir("alice");
  const ApiReply pushers = Rooms().Call(kMulti, "get_pushers", RoomBody(RoomOf("alice")));
  const std::string url = Known(pushers.json["pushers"][0].value("accelerateURL", ""));
  ASSERT_THAT(url, HasSubstr(StreamAddress("alice") + "?txSecret="));
  StreamViewer viewer(url);
  EXPECT_EQ(viewer.WaitForEnd(), 0) << viewer.Output();
  StreamViewer stranger(StreamAddress("alice"));
  EXPECT_NE(stranger.WaitForEnd(), 0);
  StreamViewer with_push_url(SignedUrl("alice"));
  EXPECT_NE(with_push_url.WaitForEnd(), 0);
  EXPECT_TRUE(IsOnAir("alice"));
}

template <typename Server>
MadeMediaServer Made(const char* name) {
  return {name, [] { return std::unique_ptr<MediaServer>(std::make_unique<Server>()); }};
}
const auto kEachServer =
    testing::Values(Made<NginxMediaServer>("Nginx"), Made<SrsMediaServer>("Srs"));
const auto kItsName = [](const auto& server) { return std::string(server.param.name); };

INSTANTIATE_TEST_SUITE_P(Of, MediaStreams, kEachServer, kItsName);
INSTANTIATE_TEST_SUITE_P(Of, StreamsOfSilentMembers, kEachServer, kItsName);
INSTANTIATE_TEST_SUITE_P(Of, StreamsInDoubt, kEachServer, kItsName);
INSTANTIATE_TEST_SUITE_P(Of, CheckedViewers, kEachServer, kItsName);

}  // namespace
}  // namespace rtcroom
