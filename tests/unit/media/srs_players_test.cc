// Browsers that play from SRS, and those of them that it is to disconnect.
#include "daemon/media/srs_players.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/counting_random.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_streams.h"
#include "tests/support/live_rooms.h"
#include "tests/support/matchers.h"
#include "tests/support/plain_signatures.h"
#include "tests/support/recording_web_link.h"
#include "tests/support/rooms.h"
#include "tests/support/scripted_calls.h"
#include "tests/support/tally_lines.h"
#include "tests/support/temp_store.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

/// Calls back once, when an address is read.
class HookedSignatures : public PlainSignatures {
 public:
  [[nodiscard]] std::optional<WebGrant> Read(WebDirection direction, const WebStreamName& name,
                                             std::string_view query) const override {
    if (const auto hook = std::exchange(on_read, nullptr)) hook();
    return PlainSignatures::Read(direction, name, query);
  }

  mutable std::function<void()> on_read;
};

/// A live room "r1" with the pushers "host" and "guest" and the viewer "amy".
class SrsPlayersTest : public testing::Test {
 protected:
  void SetUp() override {
    relay_.ForwardTo(&sessions_);
    sessions_.Attach(players_, SrsPlayers::kMaxPlayers, {});
    Apply(Creating(MakeRoom(RoomKind::kLive, "r1", "host")));
    Apply(Adding(Key(), "guest"));
    Apply(Watching(Key(), "amy"));
  }
  static RoomKey Key() { return MakeKey(RoomKind::kLive, "r1"); }
  void Apply(const RoomUpdate& update) { ASSERT_OK(rtcroom::Apply(store_, update)); }

  /// Whether the client may play the stream of the host with the address of the user.
  bool Plays(const std::string& client, const std::string& user) {
    std::optional<WebOpenOutcome> outcome;
    players_->Play({.direction = WebDirection::kPlay,
                    .name = {.stream = "host", .app = "live"},
                    .query = user,
                    .address = "192.0.2.1",
                    .sdp = client},
                   [&outcome](const WebAnswer& given) { outcome = given.outcome; });
    return outcome.value() == WebOpenOutcome::kOpened;
  }
  std::vector<std::string> ToDrop() const {
    std::vector<std::string> clients;
    for (const StreamDrop& drop : players_->Sweep()) {
      clients.push_back(drop.client.stream + ' ' + drop.client.client);
    }
    return clients;
  }
  /// SRS is asked, and has this client.
  void Poll(const std::string& client) {
    http_.WillReply(fmt::format(R"({{"code":0,"clients":[{{"id":"{}"}}]}})", client));
    EXPECT_OK(players_->Poll(1s));
  }
  std::size_t Playing() const { return sessions_.Count().playing; }

  FakeClock clock_;
  CountingRandom random_;
  FakeStreams streams_;
  HookedSignatures signatures_;
  WebTallies tallies_;
  Logger logger_{LogFormat::kJson, LogLevel::kError};
  StreamClaims claims_{streams_};
  BanList bans_{clock_, streams_};
  RevocationList revocations_;
  CommitRelay relay_;
  CommitFanOut commits_{{&bans_, &revocations_, &claims_, &relay_}};
  TempStore store_{{}, "00000000000000aa", commits_};
  WebSessions sessions_{{.rights = {.rooms = store_.rooms(),
                                    .bans = bans_,
                                    .revocations = revocations_,
                                    .claims = claims_},
                         .signatures = signatures_,
                         .tallies = tallies_,
                         .clock = clock_,
                         .random = random_,
                         .logger = logger_},
                        {.per_worker = 8, .per_user = 4, .per_address = 8}};
  ScriptedCalls http_;
  CommitSignal removals_;
  const std::shared_ptr<SrsPlayers> players_ = std::make_shared<SrsPlayers>(
      StreamServerOptions{.base_url = "http://127.0.0.1:1985"},
      SrsPlayers::Deps{
          .sessions = sessions_, .http = http_, .removals = removals_, .clock = clock_});
};

TEST_F(SrsPlayersTest, AreSessionsOfMembers) {
  EXPECT_TRUE(Plays("c1", "guest"));
  EXPECT_TRUE(Plays("c2", "amy"));
  EXPECT_TRUE(sessions_.Plays(Key(), {"amy"}));
  EXPECT_FALSE(Plays("c3", "stranger"));
  EXPECT_EQ(Playing(), 2U);
  EXPECT_THAT(LinesOf(tallies_.offers), ElementsAre("play opened 2", "play refused_signature 1"));
  EXPECT_THAT(ToDrop(), IsEmpty());
}

TEST_F(SrsPlayersTest, AreToBeDisconnectedWithARemovalUntilTheyAre) {
  Plays("c1", "guest");
  Plays("c2", "amy");
  Apply(Deleting(Key(), "guest"));
  EXPECT_TRUE(removals_.Wait(RealTime())) << "the poller is woken";
  EXPECT_THAT(ToDrop(), ElementsAre("host c1"));
  EXPECT_THAT(ToDrop(), ElementsAre("host c1"));
  EXPECT_FALSE(Plays("c4", "guest"));
  players_->Dropped("c1");
  EXPECT_THAT(ToDrop(), IsEmpty());
  Apply(LeavingAudience(Key(), "amy"));
  EXPECT_THAT(ToDrop(), ElementsAre("host c2"));
}

TEST_F(SrsPlayersTest, EndWhenSrsHasThemNoMore) {
  Plays("c1", "guest");
  Plays("c2", "amy");
  clock_.Advance(SrsPlayers::kStart);
  EXPECT_ERROR(kUnavailable, players_->Poll(1s));
  EXPECT_EQ(Playing(), 2U) << "SRS has not answered";
  Poll("c2");
  EXPECT_EQ(Playing(), 1U);
  EXPECT_TRUE(sessions_.Plays(Key(), {"amy"}));
  EXPECT_THAT(LinesOf(tallies_.ends), ElementsAre("deleted 1"));
  EXPECT_THAT(ToDrop(), IsEmpty());
  Poll("other");
  EXPECT_EQ(Playing(), 0U);
  const std::size_t asked = http_.asked.size();
  EXPECT_OK(players_->Poll(1s));
  EXPECT_EQ(http_.asked.size(), asked) << "there is nothing to ask for";
}

// SRS makes the player after the answer.
TEST_F(SrsPlayersTest, MayBeMissingInSrsWhileTheyBegin) {
  Plays("c1", "guest");
  Plays("c2", "amy");
  Apply(Deleting(Key(), "guest"));
  Poll("other");
  EXPECT_TRUE(sessions_.Plays(Key(), {"amy"}));
  EXPECT_THAT(ToDrop(), ElementsAre("host c1"));
  clock_.Advance(SrsPlayers::kStart);
  Poll("other");
  EXPECT_EQ(Playing(), 0U);
  EXPECT_THAT(ToDrop(), IsEmpty());
}

TEST_F(SrsPlayersTest, AreOneForEachClient) {
  EXPECT_TRUE(Plays("c1", "guest"));
  EXPECT_FALSE(Plays("c1", "amy"));
  EXPECT_EQ(Playing(), 1U);
  Apply(Deleting(Key(), "guest"));
  EXPECT_FALSE(Plays("c1", "amy")) << "it is to be disconnected";
  EXPECT_FALSE(Plays("c2", "stranger"));
  EXPECT_TRUE(Plays("c2", "amy"));
}

TEST_F(SrsPlayersTest, AreOneForEachClientThatIsDecidedAbout) {
  signatures_.on_read = [this] { EXPECT_FALSE(Plays("c1", "amy")); };
  EXPECT_TRUE(Plays("c1", "guest"));
  EXPECT_EQ(Playing(), 1U);
}

// Anybody with direct access to SRS can publish with the connection on which it has offered to
// play.
TEST_F(SrsPlayersTest, AreNotOverWithAPublisherOfTheSameId) {
  Plays("c1", "guest");
  players_->Dropped("c1");
  Apply(Deleting(Key(), "guest"));
  EXPECT_THAT(ToDrop(), ElementsAre("host c1"));
}

TEST_F(SrsPlayersTest, AreBoundedWhileSrsDoesNotAnswer) {
  const WebStreamName name{.stream = "host", .app = "live"};
  for (std::size_t i = 0; i < SrsPlayers::kMaxPlayers; ++i) {
    const std::string id = std::to_string(i);
    players_->Open({.id = id, .direction = WebDirection::kPlay, .name = name, .offer = id});
    players_->Close(id, {});
  }
  EXPECT_FALSE(Plays("c1", "guest"));
}

TEST_F(SrsPlayersTest, AreLimitedForEachUser) {
  for (const char* const client : {"c1", "c2", "c3", "c4"}) EXPECT_TRUE(Plays(client, "guest"));
  EXPECT_FALSE(Plays("c5", "guest"));
  EXPECT_TRUE(Plays("c6", "amy"));
}

}  // namespace
}  // namespace rtcroom
