// Streams on a media server that has the callbacks and the API of SRS.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/e2e/media_fixture.h"
#include "tests/e2e/srs_media_server.h"

namespace rtcroom {
namespace {

class SrsStreams : public MediaFixture {
 protected:
  explicit SrsStreams(std::chrono::milliseconds patience = kWaitTimeout)
      : MediaFixture(std::make_unique<SrsMediaServer>(patience)) {}
};

class MissedSrsStreams : public SrsStreams {
 protected:
  MissedSrsStreams() : SrsStreams(std::chrono::seconds(5)) {}
};

TEST_F(MissedSrsStreams, AreOffWhenTheMediaServerMissesTheirMedia) {
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

TEST_F(SrsStreams, AreListedAsRecordingsOnceTheyHaveEnded) {
  Join("alice");
  StreamPusher& pusher = PutOnAir("alice");
  ExpectTwoUpdates();
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

TEST_F(SrsStreams, NeedTheLoginToBeListedOrEnded) {
  PutOnAir("alice");
  const std::string client = media_.PublisherOf("alice").value_or("");
  EXPECT_EQ(media_.Control().Get("/api/v1/streams/").status, 401);
  EXPECT_EQ(
      media_.Control().Send({.method = "DELETE", .target = "/api/v1/clients/" + client}).status,
      401);
  EXPECT_EQ(media_.PublisherOf("alice"), client);
}

TEST_F(SrsStreams, AreNotKeptOffAirByBrowsersThatAreRefused) {
  const std::string query = "app=live&stream=alice&txSecret=0123456789abcdef&txTime=7FFFFFFF";
  EXPECT_EQ(media_.Control().Send({.target = "/rtc/v1/whip/?" + query}).status, 0);
  PutOnAir("alice");
  EXPECT_EQ(Metric(R"(rtcroomd_media_drops_total{reason="refused",result="dropped"})"), 1);
}

}  // namespace
}  // namespace rtcroom
