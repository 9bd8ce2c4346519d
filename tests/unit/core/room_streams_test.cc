// Stream URLs of members in replies, with real signatures (protocol D.4).
#include <string>

#include "daemon/auth/signed_stream_urls.h"
#include "tests/support/service_fixture.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::Not;

class RoomStreams : public ServiceFixture {
 protected:
  /// Creates a room by joining with that push URL; returns its pusher.
  Pusher Come(Dialect dialect, const std::string& user, const std::string& push_url) {
    const RoomKey room = Key("of_" + std::to_string(++rooms_made_));
    if (dialect == Dialect::kGen1) {
      CreateRoomCommand command = Create(room.id.value, user);
      command.profile.push_url = push_url;
      EXPECT_OK(CreateNow(service_, command));
    } else {
      AddPusherCommand command = Add(room, user);
      command.dialect = dialect;
      command.profile.push_url = push_url;
      EXPECT_OK(AddNow(service_, command));
    }
    const Result<Room> stored = service_.LoadRoom(room, dialect);
    EXPECT_OK(stored);
    mixed_play_url_ = stored->mixed_play_url;
    return stored->pushers.front();
  }
  std::string AccelerateUrlOf(const std::string& user, const std::string& stream) {
    return Come(Dialect::kGen2, user, "rtmp://push/live/" + stream + "?bizid=8888").accelerate_url;
  }
  std::string Signed(const std::string& stream) const {
    return signed_.AccelerateUrl(stream, clock_.Now());
  }

  SignedStreamUrls signed_{{.bizid = "8888", .push_key = Secret("key")}};
  RoomServiceDeps WithSigned() {
    return {.store = sqlite_.rooms(),
            .ban_store = sqlite_.bans(),
            .bans = bans_,
            .leases = leases_,
            .groups = &groups_,
            .streams = signed_,
            .clock = clock_,
            .ids = ids_};
  }
  RoomService service_{WithSigned(), {}, logger_};
  std::string mixed_play_url_;
  int rooms_made_ = 0;
};

TEST_F(RoomStreams, UseThePushStreamOfGetPushUrlInGen1) {
  for (const char* user : {"alice", "alice_ab12cd34", "a.b", "2e7336dc8eba87ef"}) {
    const std::string stream = signed_.StreamName({user});
    EXPECT_EQ(Come(Dialect::kGen1, user, "rtmp://elsewhere/live/x").accelerate_url, Signed(stream));
    EXPECT_EQ(mixed_play_url_, "https://8888.liveplay.myqcloud.com/live/" + stream + ".flv");
  }
}

TEST_F(RoomStreams, SignTheOwnStreamsOfAGen2Member) {
  for (const char* user : {"alice", "alice_ab12cd34", "a.b"}) {
    const std::string own = signed_.StreamName({user});
    for (const char* suffix : {"", "_0a1b2c3d", "_ffffffff"}) {
      EXPECT_EQ(AccelerateUrlOf(user, own + suffix), Signed(own + suffix));
    }
  }
}

TEST_F(RoomStreams, DoNotSignStreamsOfOtherUsers) {
  for (const char* stream :
       {"8888_alice", "8888_alice_0a1b2c3d", "8888_bob_alice_0a1b2c3d", "8888_bob_0a1b2c3",
        "8888_bob_0a1b2c3d4", "8888_bob0a1b2c3d", "8888_bob_0a1b2c3d_0a1b2c3d", "8888_bo_0a1b2c3d",
        "bob_0a1b2c3d", "8888_testclock_rtmpacc", "8888_bob%5F0a1b2c3d"}) {
    const std::string url = AccelerateUrlOf("bob", stream);
    EXPECT_EQ(url, "rtmp://8888.liveplay.myqcloud.com/live/" + std::string(stream) + "?bizid=8888");
    EXPECT_THAT(url, Not(HasSubstr("txSecret")));
  }
  EXPECT_EQ(AccelerateUrlOf("bob", ""), "") << "no stream";
}

TEST_F(RoomStreams, DoNotSignStreamsOfAUserWithTheSameDigest) {
  const std::string odd = signed_.StreamName({"a.b"}) + "_0a1b2c3d";
  EXPECT_THAT(AccelerateUrlOf("2e7336dc8eba87ef", odd), Not(HasSubstr("txSecret")));
}

}  // namespace
}  // namespace rtcroom
