// Which streams a media server has on air, decided by the room server.
#include <algorithm>
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/media_fixture.h"
#include "tests/e2e/signed_stream.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class MediaStreams : public MediaTest {
 protected:
  using MediaTest::MediaTest;

  std::string AddressOf(const std::string& stream) {
    return "rtmp://" + media_.rtmp_address() + "/live/" + stream;
  }
  std::string UrlSignedWith(const std::string& key, const std::string& stream,
                            std::chrono::seconds until) {
    return SignedStreamUrl(key, AddressOf(stream), until);
  }
};

TEST_F(MediaStreams, AreOnAirAndShownFromTheirPushUrlsOn) {
  Join("alice");
  ExpectMedia("alice", "none");
  StreamPusher& pusher = PutOnAir("alice");
  ExpectMedia("alice", "on");
  EXPECT_EQ(StreamsOn(), 1);
  EXPECT_EQ(Metric(R"(rtcroomd_media_callbacks_total{call="publish",result="accepted"})"), 1);
  EXPECT_TRUE(Eventually([&] { return Metric("rtcroomd_media_server_up") == 1; }));
  ExpectTwoUpdates();
  EXPECT_EQ(StreamsOn(), 1);

  pusher.Signal(SIGTERM);
  ExpectMedia("alice", "off");
  EXPECT_EQ(StreamsOn(), 0);
  EXPECT_EQ(Metric(R"(rtcroomd_streams{state="off"})"), 1);
}

TEST_F(MediaStreams, AreRefusedWithoutAValidSignature) {
  const std::string signed_url = SignedUrl("alice");
  const std::string query = signed_url.substr(signed_url.find('?'));
  const std::string push_key = media_.SecretOf("push-key");
  ExpectRefused({AddressOf("alice"), AddressOf("alice") + query.substr(0, query.find('&')),
                 UrlSignedWith("another key", "alice", 1h),
                 UrlSignedWith(media_.SecretOf("play-key"), "alice", 1h),
                 UrlSignedWith(push_key, "alice", -1h)},
                "alice");
  ExpectRefused(AddressOf("bob") + query, "bob");
  EXPECT_EQ(StreamsOn(), 0);
  EXPECT_EQ(Metric(R"(rtcroomd_media_callbacks_total{call="publish",result="refused"})"), 6);
  Push(Known(UrlSignedWith(push_key, "alice", 1h)));
  EXPECT_TRUE(Eventually([&] { return IsOnAir("alice"); }));
}

TEST_F(MediaStreams, AreRefusedWithTheServersOwnFieldsInTheirArguments) {
  PutOnAir("alice");
  const std::string client = media_.PublisherOf("alice").value_or("");
  const std::string url = SignedUrl("bob");
  ExpectRefused({url + "&name=alice", url + "&call=publish_done", url + "&clientid=" + client,
                 url + "&app=live", url + "&call=publish_done&name=alice&clientid=" + client},
                "bob");
  EXPECT_EQ(media_.PublisherOf("alice"), client);
  EXPECT_EQ(StreamsOn(), 1);
}

TEST_F(MediaStreams, PassToTheUsersNextConnectionWhileTheFirstHangs) {
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
  EXPECT_FALSE(next.HasEnded()) << next.Output();
  ExpectMedia("alice", "on");
  EXPECT_EQ(StreamsOn(), 1);
}

TEST_F(MediaStreams, AreOnAirOnceHoweverManyConnectionsPushThem) {
  Join("alice");
  const std::string url = SignedUrl("alice");
  constexpr int kConnections = 6;
  for (int i = 0; i < kConnections; ++i) Push(url);
  const auto is_one_left = [&] {
    return std::ranges::count_if(pushers_, [](StreamPusher& one) { return !one.HasEnded(); }) == 1;
  };
  EXPECT_TRUE(Eventually([&] { return is_one_left() && IsOnAir("alice"); }));
  ExpectTwoUpdates();
  EXPECT_TRUE(is_one_left());
  ExpectMedia("alice", "on");
  EXPECT_EQ(StreamsOn(), 1);
  for (StreamPusher& pusher : pushers_) pusher.Signal(SIGTERM);
  ExpectMedia("alice", "off");
}

TEST_F(MediaStreams, AreOffWhileNoMediaArrives) {
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

TEST_F(MediaStreams, GoOnWhenAViewerLeaves) {
  Join("alice");
  StreamPusher& pusher = PutOnAir("alice");
  const auto client = media_.PublisherOf("alice");
  StreamViewer viewer(AddressOf("alice"));
  EXPECT_EQ(viewer.WaitForEnd(), 0) << viewer.Output();
  ExpectTwoUpdates();
  EXPECT_FALSE(pusher.HasEnded());
  EXPECT_EQ(media_.PublisherOf("alice"), client);
  ExpectMedia("alice", "on", 1000);
}

class StreamsWithoutMembers : public MediaStreams {
 protected:
  StreamsWithoutMembers() : MediaStreams({{"live.unclaimed_ttl", "1s"}}) {}
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

class CheckedViewers : public MediaStreams {
 protected:
  CheckedViewers() : MediaStreams({{"live.check_play", true}}) {}
};

TEST_F(CheckedViewers, NeedASignedUrl) {
  Join("alice");
  PutOnAir("alice");
  const ApiReply pushers = Rooms().Call(kMulti, "get_pushers", RoomBody(RoomOf("alice")));
  const std::string url = Known(pushers.json["pushers"][0].value("accelerateURL", ""));
  ASSERT_THAT(url, HasSubstr(AddressOf("alice") + "?txSecret="));
  StreamViewer viewer(url);
  EXPECT_EQ(viewer.WaitForEnd(), 0) << viewer.Output();
  StreamViewer stranger(AddressOf("alice"));
  EXPECT_NE(stranger.WaitForEnd(), 0);
  StreamViewer with_push_url(SignedUrl("alice"));
  EXPECT_NE(with_push_url.WaitForEnd(), 0);
  EXPECT_TRUE(IsOnAir("alice"));
}

}  // namespace
}  // namespace rtcroom
