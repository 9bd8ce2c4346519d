// Streams on nginx: those that carry the fields of its callbacks, that stall, or that no member
// has.
#include <string>

#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/media_fixture.h"

namespace rtcroom {
namespace {

using NginxStreams = MediaTest;

TEST_F(NginxStreams, AreRefusedWithTheServersOwnFieldsInTheirArguments) {
  PutOnAir("alice");
  const std::string client = media_.PublisherOf("alice").value_or("");
  const std::string url = SignedUrl("bob");
  ExpectRefused({url + "&name=alice", url + "&call=publish_done", url + "&clientid=" + client,
                 url + "&app=live", url + "&call=publish_done&name=alice&clientid=" + client},
                "bob");
  EXPECT_EQ(media_.PublisherOf("alice"), client);
  EXPECT_EQ(StreamsOn(), 1);
}

TEST_F(NginxStreams, AreOffWhileNoMediaArrives) {
  Join("alice");
  StreamPusher& pusher = PutOnAir("alice");
  ExpectTwoUpdates();
  ExpectMedia("alice", "on");
  pusher.Signal(SIGSTOP);
  ExpectMedia("alice", "off");
  EXPECT_TRUE(IsOnAir("alice")) << "the connection is open";
  pusher.Signal(SIGCONT);
  ExpectMedia("alice", "on");
  EXPECT_FALSE(pusher.HasEnded()) << pusher.Output();
}

class StreamsWithoutMembers : public NginxStreams {
 protected:
  StreamsWithoutMembers() : NginxStreams({{"live.unclaimed_ttl", "1s"}}) {}
};

TEST_F(StreamsWithoutMembers, AreDroppedAndThoseOfMembersGoOn) {
  Join("alice");
  PutOnAir("alice");
  StreamPusher& unclaimed = PutOnAir("bob");
  EXPECT_TRUE(IsCut(unclaimed));
  ExpectDrop("unclaimed");
  EXPECT_TRUE(IsOnAir("alice"));
  ExpectMedia("alice", "on", 1000);
}

}  // namespace
}  // namespace rtcroom
