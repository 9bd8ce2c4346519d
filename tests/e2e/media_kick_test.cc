// An operator's kick takes the member's stream off the air, and keeps it off.
#include <string>

#include <gtest/gtest.h>

#include "tests/e2e/media_fixture.h"

namespace rtcroom {
namespace {

class KickedMembers : public MediaTest {
 protected:
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

}  // namespace
}  // namespace rtcroom
