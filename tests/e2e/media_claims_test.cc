// A kick of a member whose stream is named by the address that it shows.
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

  std::string url_;
  std::string stream_;
};

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

}  // namespace
}  // namespace rtcroom
