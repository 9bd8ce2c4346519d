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

/// "alice" is on air in her room, where "bob" is, too, and plays her by SRS's own WHEP.
class SrsBrowsers : public MediaFixture {
 protected:
  SrsBrowsers()
      : MediaFixture(std::make_unique<SrsMediaServer>(),
                     {{"live.check_play", true}, {"web.srs_base_url", kBase}}) {}
  void SetUp() override {
    Join("alice");
    PutOnAir("alice");
    const ApiReply joined = Rooms().Call(kMulti, "add_pusher", PusherBody(RoomOf("alice"), "bob"));
    ASSERT_EQ(joined.code(), kOk) << joined;
    const ApiReply reply = Rooms().Call(
        kMulti, "get_whep_url", {{"userID", "bob"}, {"roomID", RoomOf("alice")}, {"of", "alice"}});
    const std::string url = Known(reply.Text("whepURL"));
    ASSERT_TRUE(url.starts_with(kBase)) << reply;
    path_ = url.substr(std::string(kBase).size());
  }
  int Offer(const std::string& path) { return media_.Control().Send({.target = path}).status; }
  [[nodiscard]] std::set<std::string> Players() const { return srs().Players(); }
  [[nodiscard]] const SrsMediaServer& srs() const {
    return dynamic_cast<const SrsMediaServer&>(media_);
  }
  double Playing() { return Metric(R"(rtcroomd_web_sessions{direction="play"})"); }

  static constexpr const char* kBase = "https://media.example.com";
  std::string path_;  ///< of Bob's address
};

TEST_F(SrsBrowsers, LoseWhatTheyPlayWithTheirMembership) {
  EXPECT_EQ(Offer(path_ + "0"), 0) << "forged";
  EXPECT_EQ(Offer(path_), 201);
  EXPECT_EQ(Players().size(), 1U);
  EXPECT_EQ(Playing(), 1);
  const ApiReply kicked = AdminPost(
      "/console/api/kick", {{"kind", "multi"}, {"roomID", RoomOf("alice")}, {"userID", "bob"}});
  EXPECT_EQ(kicked.code(), kOk) << kicked;
  EXPECT_TRUE(Eventually([&] { return Players().empty(); }));
  EXPECT_EQ(Offer(path_), 0);
  EXPECT_TRUE(IsOnAir("alice"));
  EXPECT_EQ(Metric(R"(rtcroomd_web_ended_total{reason="kicked"})"), 1);
}

TEST_F(SrsBrowsers, AreCountedUntilSrsHasThemNoMore) {
  EXPECT_EQ(Offer(path_), 201);
  EXPECT_EQ(Playing(), 1);
  for (const std::string& client : Players()) srs().Drop(client);
  EXPECT_TRUE(Eventually([&] { return Playing() == 0; }));
}

}  // namespace
}  // namespace rtcroom
