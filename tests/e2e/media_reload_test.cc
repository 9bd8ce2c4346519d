// nginx is reloaded: its streams go on in the old worker process, which the control API of the new
// one does not show.
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/media_fixture.h"

namespace rtcroom {
namespace {

class ReloadedMediaServer : public MediaTest {
 protected:
  // The grace is for pushers that stand still on a busy machine.
  ReloadedMediaServer()
      : MediaTest({{"room.heartbeat_timeout", "500ms"}, {"liveness.grace", "5s"}}, {},
                  NginxProcesses::kMasterAndWorker) {}

  /// @return its pusher, whose stream is in the old worker.
  StreamPusher& SeatAndReload(const std::string& user) {
    StreamPusher& pusher = PutOnAir(user);
    Join(user);
    nginx().Reload();
    EXPECT_FALSE(IsOnAir(user)) << "the new worker does not have it";
    return pusher;
  }
};

TEST_F(ReloadedMediaServer, KeepsSilentMembersWhoseStreamsGoOn) {
  StreamPusher& pusher = SeatAndReload("alice");
  Join("passer");
  ExpectEvicted("passer", "heartbeat_timeout");
  ExpectTwoUpdates();
  EXPECT_TRUE(IsMember("alice"));
  ExpectMedia("alice", "on");
  EXPECT_FALSE(pusher.HasEnded()) << pusher.Output();

  pusher.Signal(SIGTERM);
  ExpectEvicted("alice", "stream_interrupted");
}

TEST_F(ReloadedMediaServer, EndsTheStreamOfAKickedMemberWithItsNextUpdate) {
  const std::string url = SignedUrl("alice");
  StreamPusher& pusher = SeatAndReload("alice");
  Kick("alice");
  EXPECT_TRUE(IsCut(pusher));
  ExpectRefused(url, "alice");
}

}  // namespace
}  // namespace rtcroom
