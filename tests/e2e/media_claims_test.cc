// Kicks of members whose streams are also those of others, or who name the streams of others.
#include <string>

#include <gtest/gtest.h>

#include "tests/e2e/media_fixture.h"
#include "tests/support/gen2_client.h"

namespace rtcroom {
namespace {

/// In gen-2 the address that a client shows names its stream.
class ClaimedStreams : public MediaTest {
 protected:
  ClaimedStreams() : MediaTest(WithLogins()) {}

  Gen2Client User(const std::string& user) { return LoggedIn(server_, user, kMulti); }
  static void Enter(Gen2Client& client, const std::string& room, const std::string& push_url) {
    nlohmann::json body = PusherBody(room, client.user_id());
    body["pushURL"] = push_url;
    const ApiReply reply = client.Call("add_pusher", body);
    ASSERT_EQ(reply.code(), kOk) << reply;
  }
  /// Sets `url_` and `stream_` to those of alice, and enters.
  void SeatAlice(const std::string& room) {
    Gen2Client alice = User("alice");
    const ApiReply reply = alice.Call("get_push_url", {{"userID", "alice"}});
    url_ = Known(reply.Text("pushURL"));
    const std::string path = url_.substr(0, url_.find('?'));
    stream_ = path.substr(path.rfind('/') + 1);
    Push(url_);
    ASSERT_TRUE(Eventually([&] { return IsOnAir(stream_); })) << reply;
    Enter(alice, room, url_);
  }
  void SeatMalloryWithHerStream(const std::string& room) {
    Gen2Client mallory = User("mallory");
    Enter(mallory, room, StreamAddress(stream_));
  }
  void KickFrom(const std::string& room, const std::string& user) {
    const ApiReply reply =
        AdminPost("/console/api/kick", {{"kind", "multi"}, {"roomID", room}, {"userID", user}});
    ASSERT_EQ(reply.code(), kOk) << reply;
  }

  std::string url_;
  std::string stream_;
};

TEST_F(ClaimedStreams, OutliveTheKickOfAnotherWhoNamesThem) {
  SeatAlice("r1");
  SeatMalloryWithHerStream("r1");
  const auto client = media_.PublisherOf(stream_);
  KickFrom("r1", "mallory");
  ExpectTwoUpdates();
  EXPECT_EQ(media_.PublisherOf(stream_), client);
  StreamPusher& again = Push(url_);
  EXPECT_TRUE(IsCut(pushers_.front())) << "taken over";
  EXPECT_TRUE(Eventually([&] { return IsOnAir(stream_); })) << again.Output();
}

TEST_F(ClaimedStreams, EndWithTheirOwnersKickAlthoughAnotherNamesThem) {
  SeatAlice("r1");
  SeatMalloryWithHerStream("r2");
  KickFrom("r1", "alice");
  EXPECT_TRUE(IsCut(pushers_.front()));
  ExpectRefused(url_, stream_);
}

TEST_F(ClaimedStreams, OfABannedUserAreRefusedWithEveryUrlFetchedBefore) {
  SeatAlice("r1");
  Gen2Client alice = User("alice");
  const auto fetch = [&](const nlohmann::json& body) {
    return Known(alice.Call("get_push_url", body).Text("pushURL"));
  };
  const std::string spare = fetch({{"userID", "alice"}});
  const std::string of_the_room = fetch({{"userID", "alice"}, {"roomID", "r1"}});
  const std::string of_another = fetch({{"userID", "alice"}, {"roomID", "r2"}});
  const nlohmann::json ban = {
      {"kind", "multi"}, {"roomID", "r1"}, {"userID", "alice"}, {"banSeconds", 3600}};
  ASSERT_EQ(AdminPost("/console/api/kick", ban).code(), kOk);
  EXPECT_TRUE(IsCut(pushers_.front()));
  ExpectRefused({url_, spare, of_the_room}, stream_);
  EXPECT_TRUE(Eventually([&] { return StreamsOn() == 0; }));
  StreamPusher& elsewhere = Push(of_another);
  EXPECT_TRUE(Eventually([&] { return StreamsOn() == 1; })) << elsewhere.Output();
}

using StreamsOfALiveRoom = MediaTest;

TEST_F(StreamsOfALiveRoom, EndWithItsKickedCreatorAndMayComeBack) {
  ApiClient rooms = Rooms();
  ASSERT_EQ(rooms.Call("live_room", "create_room", CreateBody("host", "r1")).code(), kOk);
  ASSERT_EQ(rooms.Call("live_room", "add_pusher", PusherBody("r1", "guest")).code(), kOk);
  const std::string url = SignedUrl("guest");
  StreamPusher& pusher = Push(url);
  ASSERT_TRUE(Eventually([&] { return IsOnAir("guest"); })) << pusher.Output();
  const nlohmann::json host = {{"kind", "live"}, {"roomID", "r1"}, {"userID", "host"}};
  ASSERT_EQ(AdminPost("/console/api/kick", host).code(), kOk);
  EXPECT_TRUE(IsCut(pusher));
  Push(url);
  EXPECT_TRUE(Eventually([&] { return IsOnAir("guest"); }));
}

}  // namespace
}  // namespace rtcroom
