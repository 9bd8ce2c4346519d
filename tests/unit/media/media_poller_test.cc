#include "daemon/media/media_poller.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/mutex.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_streams.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_store.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

/// A media server that keeps a list of streams.
///
/// @threads safe from any thread.
class FakeStreamServer : public StreamServer {
 public:
  Result<StreamList> List(std::chrono::milliseconds /*timeout*/) override {
    const MutexLock lock(mutex_);
    ++asked_;
    if (is_away_) return Error{Errc::kUnreachable, "away"};
    return list_;
  }
  Result<DropOutcome> Drop(const std::string& stream, const std::string& client,
                           std::chrono::milliseconds /*timeout*/) override {
    const MutexLock lock(mutex_);
    dropped_.push_back(stream + " " + client);
    if (client == broken_) return Error{Errc::kUnavailable, "broken"};
    if (is_away_) return Error{Errc::kUnreachable, "away"};
    return std::erase_if(list_.streams, [&](const auto& one) { return one.client == client; }) > 0
               ? DropOutcome::kDropped
               : DropOutcome::kNotThere;
  }

  void Add(const std::string& stream, const std::string& client, StreamParts parts = {}) {
    const MutexLock lock(mutex_);
    list_.streams.push_back({.name = stream, .client = client, .parts = parts});
  }
  void SetAway(bool is_away) {
    const MutexLock lock(mutex_);
    is_away_ = is_away;
  }
  /// Drops of that client fail.
  void Break(const std::string& client) {
    const MutexLock lock(mutex_);
    broken_ = client;
  }
  [[nodiscard]] int asked() const {
    const MutexLock lock(mutex_);
    return asked_;
  }
  [[nodiscard]] std::vector<std::string> dropped() const {
    const MutexLock lock(mutex_);
    return dropped_;
  }

 private:
  mutable Mutex mutex_;
  StreamList list_ GUARDED_BY(mutex_){.life = "1"};
  bool is_away_ GUARDED_BY(mutex_) = false;
  std::string broken_ GUARDED_BY(mutex_);
  int asked_ GUARDED_BY(mutex_) = 0;
  std::vector<std::string> dropped_ GUARDED_BY(mutex_);
};

/// The streams that arrive in part, each with "video" or "audio".
///
/// @threads safe from any thread.
class RecordedParts : public OnAirListener {
 public:
  void OnAir(std::string_view /*stream*/, bool /*is_on*/) noexcept override {}
  void OnPartial(std::span<const PartialStream> streams) noexcept override {
    const MutexLock lock(mutex_);
    newest_.clear();
    for (const auto& [name, parts] : streams) {
      newest_.push_back(std::string(name) + (parts.video ? " video" : " audio"));
    }
  }
  [[nodiscard]] std::vector<std::string> newest() const {
    const MutexLock lock(mutex_);
    return newest_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> newest_ GUARDED_BY(mutex_);
};

/// Gen-1 streams are named as their users, and URLs are not signed.
class MediaPollerTest : public testing::Test {
 protected:
  void SetUp() override {
    (void)store_.rooms().Update(Creating(MakeRoom(RoomKind::kMulti, "r1", "host")));
  }
  void Start(StreamServer* server, std::chrono::milliseconds period = 5ms) {
    poller_ = std::make_unique<MediaPoller>(MediaPollerOptions{.period = period},
                                            MediaPollerDeps{.monitor = monitor_,
                                                            .server = server,
                                                            .removals = claims_.removals(),
                                                            .drops = drops_,
                                                            .clock = clock_,
                                                            .logger = logger_});
    poller_->Start();
  }
  MediaState::Kind KindOf(const std::string& stream) { return monitor_.StateOf(stream).kind; }

  FakeClock clock_;
  FakeStreams names_;
  StreamClaims claims_{names_};
  TempStore store_{{}, "00000000000000aa", claims_};
  BanList bans_{clock_, names_};
  RevocationList revocations_;
  const StreamSignatureVerifier unsigned_{Secret()};
  RecordedParts parts_;
  StreamMonitor monitor_{{.unclaimed_ttl = 60s},
                         {.claims = claims_,
                          .bans = bans_,
                          .revocations = revocations_,
                          .pushers = unsigned_,
                          .players = unsigned_,
                          .on_air = &parts_,
                          .clock = clock_}};
  Tally drops_;
  Logger logger_{LogFormat::kJson, LogLevel::kError};
  FakeStreamServer server_;
  std::unique_ptr<MediaPoller> poller_;
};

TEST_F(MediaPollerTest, LearnsWhichStreamsAreOn) {
  EXPECT_EQ(KindOf("host"), MediaState::Kind::kUnknown);
  server_.Add("host", "7");
  Start(&server_);
  EXPECT_TRUE(Eventually([&] { return KindOf("host") == MediaState::Kind::kOn; }));
  EXPECT_EQ(KindOf("guest"), MediaState::Kind::kNone);
}

TEST_F(MediaPollerTest, TellsWhichStreamsArriveInPart) {
  server_.Add("host", "7");
  server_.Add("dark", "8", {.video = false});
  server_.Add("silent", "9", {.audio = false});
  Start(&server_);
  EXPECT_TRUE(Eventually(
      [&] { return parts_.newest() == std::vector<std::string>{"dark audio", "silent video"}; }));
}

TEST_F(MediaPollerTest, KnowsNothingWhileTheServerIsAway) {
  server_.SetAway(true);
  Start(&server_);
  EXPECT_TRUE(Eventually([&] { return server_.asked() > 2; }));
  clock_.Advance(5s);
  const MediaState state = monitor_.StateOf("host");
  EXPECT_EQ(state.kind, MediaState::Kind::kUnknown);
  EXPECT_EQ(state.lasting, 5s);
  server_.SetAway(false);
  EXPECT_TRUE(Eventually([&] { return KindOf("host") == MediaState::Kind::kNone; }));
}

TEST_F(MediaPollerTest, DropsTheStreamOfAnEvictedMemberAtOnce) {
  server_.Add("host", "7");
  Start(&server_, 1h);
  ASSERT_TRUE(Eventually([&] { return KindOf("host") == MediaState::Kind::kOn; }));
  (void)store_.rooms().Update(
      Deleting(MakeKey(RoomKind::kMulti, "r1"), "host", clock_.Now(), LeaveReason::kKicked));
  EXPECT_TRUE(Eventually([&] { return KindOf("host") == MediaState::Kind::kOff; }))
      << "without a callback or a poll";
  EXPECT_THAT(server_.dropped(), ElementsAre("host 7"));
}

TEST_F(MediaPollerTest, RepeatsADropThatFailedUnlessTheMemberIsBack) {
  server_.Add("host", "7");
  Start(&server_);
  ASSERT_TRUE(Eventually([&] { return KindOf("host") == MediaState::Kind::kOn; }));
  server_.SetAway(true);
  (void)store_.rooms().Update(
      Deleting(MakeKey(RoomKind::kMulti, "r1"), "host", clock_.Now(), LeaveReason::kKicked));
  EXPECT_TRUE(Eventually([&] { return server_.dropped().size() > 2; }));
  (void)store_.rooms().Update(Creating(MakeRoom(RoomKind::kMulti, "r2", "host")));
  EXPECT_TRUE(Eventually([&] { return monitor_.Sweep().empty(); }));
}

TEST_F(MediaPollerTest, DropsTheOthersWhenADropFails) {
  // They are dropped in no order.
  for (const char* const client : {"1", "2", "3", "4", "5", "6"}) server_.Add(client, client);
  server_.Break("1");
  Start(&server_);
  ASSERT_TRUE(Eventually([&] { return KindOf("6") == MediaState::Kind::kOn; }));
  clock_.Advance(61s);
  EXPECT_TRUE(Eventually([&] {
    const std::vector<std::string> dropped = server_.dropped();
    return std::set<std::string>(dropped.begin(), dropped.end()).size() == 6;
  }));
}

TEST_F(MediaPollerTest, DropsAStreamThatNobodyClaims) {
  server_.Add("stranger", "8");
  Start(&server_);
  ASSERT_TRUE(Eventually([&] { return KindOf("stranger") == MediaState::Kind::kOn; }));
  EXPECT_THAT(server_.dropped(), IsEmpty());
  clock_.Advance(61s);
  EXPECT_TRUE(Eventually([&] { return !server_.dropped().empty(); }));
  EXPECT_THAT(server_.dropped(), Contains("stranger 8"));
}

TEST_F(MediaPollerTest, ATakeoverGoesOnWhenTheOldClientIsDropped) {
  server_.Add("host", "7");
  Start(&server_);
  std::vector<std::string> dropped_before;
  std::atomic<bool> is_done = false;
  poller_->DropThen({{.client = {"host", "7"}, .reason = StreamDropReason::kTakenOver}}, [&] {
    dropped_before = server_.dropped();
    is_done = true;
  });
  ASSERT_TRUE(Eventually([&] { return is_done.load(); }));
  EXPECT_THAT(dropped_before, ElementsAre("host 7"));
}

TEST_F(MediaPollerTest, ATakeoverGoesOnWithoutAServerToAsk) {
  Start(nullptr);
  bool is_done = false;
  poller_->DropThen({{.client = {"host", "7"}, .reason = StreamDropReason::kTakenOver}},
                    [&] { is_done = true; });
  EXPECT_TRUE(is_done);
}

}  // namespace
}  // namespace rtcroom
