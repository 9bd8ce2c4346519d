// The promises about streams with a media server that has the callbacks and the API of SRS.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/media_fixture.h"
#include "tests/e2e/signed_stream.h"
#include "tests/e2e/srs_media_server.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

class SrsStreams : public MediaFixture<SrsMediaServer> {
 protected:
  using MediaFixture<SrsMediaServer>::MediaFixture;

  std::string StreamAddress(const std::string& stream) {
    return "rtmp://" + media_.rtmp_address() + "/live/" + stream;
  }
  double PublishCallbacks(const std::string& result) {
    return Metric(R"(rtcroomd_media_callbacks_total{call="publish",result=")" + result + R"("})");
  }
  /// Waits for lists of streams that were asked for later.
  void ExpectTwoPolls() {
    const std::string polls = "rtcroomd_media_poll_seconds_count";
    const double before = Metric(polls);
    EXPECT_TRUE(Eventually([&] { return Metric(polls) >= before + 2; }));
  }
};

TEST_F(SrsStreams, AreOnAirAndShownFromTheirPushUrlsOn) {
  Join("alice");
  ExpectMedia("alice", "none");
  StreamPusher& pusher = PutOnAir("alice");
  ExpectMedia("alice", "on");
  EXPECT_EQ(PublishCallbacks("accepted"), 1);
  ExpectTwoPolls();
  EXPECT_EQ(StreamsOn(), 1);
  EXPECT_EQ(Metric("rtcroomd_media_server_up"), 1);

  pusher.Signal(SIGTERM);
  ExpectMedia("alice", "off");
  EXPECT_EQ(StreamsOn(), 0);
}

TEST_F(SrsStreams, AreRefusedWithoutAValidSignature) {
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
  EXPECT_EQ(PublishCallbacks("refused"), 6);
  EXPECT_EQ(StreamsOn(), 0);
  Push(Known(SignedStreamUrl(push_key, alice, 1h)));
  EXPECT_TRUE(Eventually([&] { return IsOnAir("alice"); }));
}

TEST_F(SrsStreams, OfKickedMembersEndAndTheirUrlsAreDead) {
  Join("alice");
  const std::string url = SignedUrl("alice");
  StreamPusher& pusher = Push(url);
  ASSERT_TRUE(Eventually([&] { return IsOnAir("alice"); })) << pusher.Output();
  Kick("alice");
  EXPECT_TRUE(IsCut(pusher));
  ExpectDrop("revoked");
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
}

TEST_F(SrsStreams, PassToTheUsersNextConnectionWhileTheFirstHangs) {
  Join("alice");
  StreamPusher& hanging = PutOnAir("alice");
  const std::string client = media_.PublisherOf("alice").value_or("");
  hanging.Signal(SIGSTOP);
  StreamPusher& next = Push(LaterUrl("alice"));
  EXPECT_TRUE(Eventually([&] {
    const auto publisher = media_.PublisherOf("alice");
    return publisher && *publisher != client;
  }));
  ExpectDrop("taken_over");
  hanging.Signal(SIGCONT);
  EXPECT_TRUE(IsCut(hanging));
  ExpectTwoPolls();
  EXPECT_FALSE(next.HasEnded()) << next.Output();
  ExpectMedia("alice", "on");
  EXPECT_EQ(StreamsOn(), 1);
}

TEST_F(SrsStreams, AreOnAirOnceHoweverManyConnectionsPushThem) {
  Join("alice");
  const std::string url = SignedUrl("alice");
  constexpr int kConnections = 6;
  for (int i = 0; i < kConnections; ++i) Push(url);
  const auto is_one_left = [&] {
    return std::ranges::count_if(pushers_, [](StreamPusher& one) { return !one.HasEnded(); }) == 1;
  };
  EXPECT_TRUE(Eventually([&] { return is_one_left() && IsOnAir("alice"); }));
  ExpectTwoPolls();
  EXPECT_TRUE(is_one_left());
  ExpectMedia("alice", "on");
  EXPECT_EQ(StreamsOn(), 1);
}

TEST_F(SrsStreams, AreOffWhenTheMediaServerMissesTheirMedia) {
  Join("alice");
  StreamPusher& pusher = PutOnAir("alice");
  ExpectMedia("alice", "on");
  pusher.Signal(SIGSTOP);
  ExpectMedia("alice", "off");
  EXPECT_FALSE(IsOnAir("alice"));
  pusher.Signal(SIGCONT);
  EXPECT_TRUE(IsCut(pusher));
  PutOnAir("alice");
  ExpectMedia("alice", "on");
}

TEST_F(SrsStreams, GoOnWhenAViewerLeaves) {
  Join("alice");
  StreamPusher& pusher = PutOnAir("alice");
  const auto client = media_.PublisherOf("alice");
  StreamViewer viewer(StreamAddress("alice"));
  EXPECT_EQ(viewer.WaitForEnd(), 0) << viewer.Output();
  ExpectTwoPolls();
  EXPECT_FALSE(pusher.HasEnded());
  EXPECT_EQ(media_.PublisherOf("alice"), client);
  ExpectMedia("alice", "on");
}

TEST_F(SrsStreams, AreListedAsRecordingsOnceTheyHaveEnded) {
  Join("alice");
  StreamPusher& pusher = PutOnAir("alice");
  ExpectTwoPolls();
  pusher.Signal(SIGTERM);
  nlohmann::json found;
  EXPECT_TRUE(Eventually([&] {
    found = AdminGet("/console/api/recordings?kind=multi&userID=alice").json["recordings"];
    return !found.empty();
  }));
  ASSERT_EQ(found.size(), 1U) << found;
  EXPECT_EQ(found[0]["roomID"], RoomOf("alice"));
  EXPECT_EQ(found[0]["stream"], "alice");
  EXPECT_FALSE(found[0]["startedAtMs"].is_null());
  const std::filesystem::path file = media_.recordings() / found[0]["file"].get<std::string>();
  EXPECT_EQ(found[0]["bytes"], std::filesystem::file_size(file));
}

TEST_F(SrsStreams, GoOnWhileTheRoomServerIsAway) {
  Join("alice");
  StreamPusher& pusher = PutOnAir("alice");
  const auto client = media_.PublisherOf("alice");
  server_.Kill9();
  StreamPusher& refused = Push(StreamAddress("bob"));
  EXPECT_TRUE(IsCut(refused));
  server_.Start();
  ExpectMedia("alice", "on");
  EXPECT_TRUE(IsMember("alice"));
  EXPECT_EQ(media_.PublisherOf("alice"), client);
  EXPECT_FALSE(pusher.HasEnded()) << pusher.Output();
}

TEST_F(SrsStreams, NeedTheLoginToBeListedOrEnded) {
  PutOnAir("alice");
  const std::string client = media_.PublisherOf("alice").value_or("");
  EXPECT_EQ(media_.Control().Get("/api/v1/streams/").status, 401);
  EXPECT_EQ(
      media_.Control().Send({.method = "DELETE", .target = "/api/v1/clients/" + client}).status,
      401);
  EXPECT_EQ(media_.PublisherOf("alice"), client);
}

class SilentSrsMembers : public SrsStreams {
 protected:
  SilentSrsMembers()
      : SrsStreams(Settings{{"live.poll_period", "3s"},  // with the limit for an answer
                            {"room.heartbeat_timeout", "500ms"},
                            {"liveness.grace", "400ms"}}) {}
};

TEST_F(SilentSrsMembers, LeaveWhenTheirStreamHasBeenOffForTheGrace) {
  StreamPusher& pusher = PutOnAir("alice");
  Join("alice");
  for (const char* user : {"first", "second"}) {
    Join(user);
    ExpectEvicted(user, "heartbeat_timeout");
  }
  ASSERT_TRUE(IsMember("alice"));
  const auto stopped = std::chrono::steady_clock::now();
  pusher.Signal(SIGTERM);
  ExpectEvicted("alice", "stream_interrupted");
  EXPECT_GE(std::chrono::steady_clock::now() - stopped, 400ms);
}

class SrsAway : public SrsStreams {
 protected:
  SrsAway() : SrsStreams(Settings{{"liveness.grace", "500ms"}, {"live.confirm_ttl", "700ms"}}) {}

  bool IsUp() { return Metric("rtcroomd_media_server_up") == 1; }
};

TEST_F(SrsAway, BeatingMembersStay) {
  PutOnAir("alice");
  Join("alice");
  media_.Kill9();
  ExpectMedia("alice", "unknown");
  EXPECT_TRUE(Eventually([&] { return !IsUp(); }));
  media_.Start();
  ExpectMedia("alice", "off", 1500);
  EXPECT_TRUE(IsUp());
  EXPECT_TRUE(IsMember("alice"));
  PutOnAir("alice");
  ExpectMedia("alice", "on");
}

class CheckedSrsViewers : public SrsStreams {
 protected:
  CheckedSrsViewers() : SrsStreams(Settings{{"live.check_play", true}}) {}
};

TEST_F(CheckedSrsViewers, NeedASignedUrl) {
  Join("alice");
  PutOnAir("alice");
  const ApiReply pushers = Rooms().Call(kMulti, "get_pushers", RoomBody(RoomOf("alice")));
  StreamViewer viewer(Known(pushers.json["pushers"][0].value("accelerateURL", "")));
  EXPECT_EQ(viewer.WaitForEnd(), 0) << viewer.Output();
  StreamViewer stranger(StreamAddress("alice"));
  EXPECT_NE(stranger.WaitForEnd(), 0);
  StreamViewer with_push_url(SignedUrl("alice"));
  EXPECT_NE(with_push_url.WaitForEnd(), 0);
  EXPECT_TRUE(IsOnAir("alice"));
}

}  // namespace
}  // namespace rtcroom
