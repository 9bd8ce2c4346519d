// An operator's kick takes the member's stream off the air, and keeps it off.
#include <string>

#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/media_fixture.h"

namespace rtcroom {
namespace {

class KickedMembers : public MediaTest {
 protected:
  using MediaTest::MediaTest;

  /// Puts the member's stream on air.
  /// @param url  set to the URL of that stream.
  StreamPusher& Seat(const std::string& user, std::string& url) {
    Join(user);
    url = SignedUrl(user);
    StreamPusher& pusher = Push(url);
    EXPECT_TRUE(Eventually([&] { return IsOnAir(user); })) << pusher.Output();
    return pusher;
  }
  void Restart() {
    server_.Kill9();
    server_.Start();
  }
};

TEST_F(KickedMembers, LoseTheirStreamAlsoWhenTheServerIsKilledAtOnce) {
  std::string url;
  StreamPusher& pusher = Seat("alice", url);
  Kick("alice");
  Restart();
  EXPECT_TRUE(IsCut(pusher));
  ExpectRefused(url, "alice");
}

TEST_F(KickedMembers, AreBannedFromPushingOnRequest) {
  std::string url;
  StreamPusher& pusher = Seat("alice", url);
  const std::string other = SignedUrl("bob");
  Kick("alice", {{"banSeconds", 3600}});
  EXPECT_TRUE(IsCut(pusher));
  ExpectRefused(url, "alice");
  for (int start = 0; start < 2; ++start) {
    nlohmann::json body = {{"userID", "alice"}, {"roomID", RoomOf("alice")}};
    EXPECT_EQ(Rooms().Call(kMulti, "get_push_url", body).code(), kNotAuthorized);
    EXPECT_EQ(AskForUrl("alice").code(), kNotAuthorized);
    EXPECT_EQ(AskForUrl("bob").code(), kOk);
    if (start == 0) Restart();
  }
  Push(other);
  EXPECT_TRUE(Eventually([&] { return IsOnAir("bob"); }));
}

TEST_F(KickedMembers, KeepTheStreamOfAnotherRoom) {
  std::string url;
  StreamPusher& pusher = Seat("alice", url);
  ASSERT_EQ(Rooms().Call(kMulti, "create_room", CreateBody("bob", "another")).code(), kOk);
  ASSERT_EQ(Rooms().Call(kMulti, "add_pusher", PusherBody("another", "alice")).code(), kOk);
  const auto client = media_.PublisherOf("alice");
  Kick("alice");
  ExpectTwoUpdates();
  EXPECT_EQ(media_.PublisherOf("alice"), client);
  EXPECT_FALSE(pusher.HasEnded());
  StreamPusher& again = Push(url);
  EXPECT_TRUE(IsCut(pusher)) << "taken over";
  EXPECT_TRUE(Eventually([&] { return IsOnAir("alice"); })) << again.Output();
}

TEST_F(KickedMembers, OfADismissedRoomLoseTheirStreams) {
  std::string url;
  StreamPusher& pusher = Seat("alice", url);
  const nlohmann::json room = {{"kind", "multi"}, {"roomID", RoomOf("alice")}};
  EXPECT_EQ(AdminPost("/console/api/dismiss", room).code(), kOk);
  EXPECT_TRUE(IsCut(pusher));
  ExpectRefused(url, "alice");
}

TEST_F(KickedMembers, DifferFromThoseThatLeave) {
  std::string url;
  StreamPusher& pusher = Seat("alice", url);
  ASSERT_EQ(Rooms().Call(kMulti, "delete_pusher", MemberBody(RoomOf("alice"), "alice")).code(),
            kOk);
  pusher.Signal(SIGTERM);
  ASSERT_TRUE(Eventually([&] { return !IsOnAir("alice"); }));
  Push(url);
  EXPECT_TRUE(Eventually([&] { return IsOnAir("alice"); }));
}

class WithoutControl : public KickedMembers {
 protected:
  WithoutControl()
      : KickedMembers({{"live.control_key", "another key"},
                       {"liveness.evict_on_media_off", true},
                       {"liveness.grace", "100ms"}}) {}
};

TEST_F(WithoutControl, AKickedMembersStreamEndsWithItsNextUpdate) {
  std::string url;
  StreamPusher& pusher = Seat("alice", url);
  ExpectMedia("alice", "on");
  EXPECT_EQ(Metric("rtcroomd_media_server_up"), 0);
  Kick("alice");
  EXPECT_TRUE(IsCut(pusher));
  EXPECT_GE(Metric(R"(rtcroomd_media_callbacks_total{call="update",result="refused"})"), 1);
  EXPECT_EQ(Metric(R"(rtcroomd_media_drops_total{reason="revoked",result="dropped"})"), -1);
  ExpectRefused(url, "alice");
}

}  // namespace
}  // namespace rtcroom
