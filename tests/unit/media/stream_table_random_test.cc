// Random calls: against a naive model, and in the name of clients that try to reach other streams.
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/cycles.h"
#include "tests/unit/media/stream_fixture.h"
#include "tests/unit/media/stream_model.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

std::size_t Steps() { return Cycles(6'000); }

constexpr const char* kNames[] = {"a", "b", "c", "d", "e", "f", "g", "bad name"};
constexpr const char* kIds[] = {"1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",  "9",
                                "10", "11", "12", "13", "14", "15", "16", "17", ""};

/// A table and its model under the same calls.
class TableAndModel {
 public:
  TableAndModel(std::uint32_t seed, const StreamTableOptions& options)
      : random_(seed),
        is_polled_(options.is_polled),
        table_(options, guard_, now_),
        model_(options, guard_) {}

  void Step() {
    ++steps_;
    switch (random_() % 20) {
      case 0:
      case 1:
      case 2:
      case 3:
        return Publish();
      case 4:
      case 5:
      case 6:
        return Update();
      case 7:
      case 8:
        return End();
      case 9:
      case 10:
        return Poll();
      case 11:
        return FailPoll();
      case 12:
      case 13:
        return Sweep();
      case 14:
        return ChangeGuard();
      default:
        return Pass();
    }
  }

  void Compare() const {
    for (const std::string name : kNames) {
      const StreamMedia media = table_.MediaOf(name, now_);
      const StreamModel::Media expected = model_.MediaOf(name);
      ASSERT_EQ(media.state, expected.state) << name << " after " << steps_;
      ASSERT_EQ(media.is_confirmed, expected.is_confirmed) << name << " after " << steps_;
      if (media.state != StreamPhase::kNone) {
        ASSERT_EQ((now_ - media.since) / 1ms, expected.age / 1ms) << name << " after " << steps_;
      }
      ASSERT_EQ(ClientIds(name), model_.ClientsOf(name)) << name << " after " << steps_;
    }
  }

  [[nodiscard]] const std::set<PublishVerdict>& verdicts() const { return verdicts_; }
  [[nodiscard]] const std::set<StreamDropReason>& reasons() const { return reasons_; }
  [[nodiscard]] std::size_t cuts() const { return cuts_; }

 private:
  /// Names and IDs at the ends of the lists are rare.
  template <std::size_t kCount>
  std::string AnyUsual(const char* const (&values)[kCount]) {
    return random_() % 50 == 0 ? values[kCount - 1] : values[random_() % (kCount - 1)];
  }
  StreamSignature AnySignature() {
    StreamSignature signature = GoodSignature(kUrlEnds + std::chrono::hours(random_() % 3));
    if (random_() % 4 == 0) {
      signature.binding = {.room = {.id = {random_() % 2 == 0 ? "r1" : "r2"}}, .user_id = {"u"}};
    }
    if (random_() % 8 == 0) signature.signed_until.reset();
    if (random_() % 8 == 0) signature.state = StreamSignatureState::kExpired;
    if (random_() % 6 == 0) signature = BadSignature();
    return signature;
  }
  [[nodiscard]] std::vector<std::string> ClientIds(const std::string& stream) const {
    std::vector<std::string> ids;
    for (const StreamClient& client : table_.ClientsOf(stream)) ids.push_back(client.client);
    return ids;
  }

  void Publish() {
    const std::string name = AnyUsual(kNames);
    const std::string id = AnyUsual(kIds);
    const StreamCall call{.stream = name, .client = id, .signature = AnySignature()};
    const PublishOutcome outcome = table_.Publish(call, now_);
    StreamModel::Published seen{.verdict = outcome.verdict};
    for (const StreamDrop& drop : outcome.drops) {
      EXPECT_EQ(drop.client.stream, name);
      seen.drops.push_back(drop.client.client);
    }
    const StreamModel::Published expected = model_.Publish(call);
    ASSERT_EQ(seen.verdict, expected.verdict) << name << " by " << id << " after " << steps_;
    ASSERT_EQ(seen.drops, expected.drops);
    verdicts_.insert(outcome.verdict);
  }
  void Update() {
    const std::string name = AnyUsual(kNames);
    const std::string id = AnyUsual(kIds);
    const StreamCall call{.stream = name, .client = id, .signature = AnySignature()};
    std::optional<std::int64_t> media_ms;
    if (random_() % 2 == 0) media_ms = static_cast<std::int64_t>(random_() % 2);
    const UpdateVerdict verdict = table_.Update(call, media_ms, now_);
    ASSERT_EQ(verdict, model_.Update(call, media_ms))
        << name << " by " << id << " after " << steps_;
    if (verdict == UpdateVerdict::kCut) ++cuts_;
  }
  void End() {
    const std::string id = AnyUsual(kIds);
    table_.Ended(id, now_);
    model_.Ended(id);
  }
  void Poll() {
    if (!is_polled_) return;
    std::vector<StreamClient> listed;
    // Mostly the truth, with some clients missing or elsewhere.
    for (const char* const name : kNames) {
      for (const std::string& id : ClientIds(name)) {
        if (random_() % 8 != 0) listed.push_back({name, id});
      }
    }
    const std::size_t others = random_() % 3;
    for (std::size_t i = 0; i < others; ++i) {
      const std::size_t name = random_() % (std::size(kNames) - 1);
      const std::size_t id = random_() % (std::size(kIds) - 1);
      listed.push_back({kNames[name], kIds[id]});
    }
    constexpr std::chrono::milliseconds kDelays[] = {0ms, 100ms, 1100ms, 3s};
    const std::chrono::milliseconds late = kDelays[random_() % std::size(kDelays)];
    const bool is_new_life = random_() % 12 == 0;
    if (is_new_life) ++life_;
    table_.Poll({.asked_at = now_ - late, .life = std::to_string(life_), .clients = listed}, now_);
    model_.Poll(listed, late, is_new_life && was_polled_);
    was_polled_ = true;
  }
  void FailPoll() {
    if (!is_polled_) return;
    table_.PollFailed(now_);
    model_.PollFailed();
  }
  void Sweep() {
    std::map<std::string, StreamDropReason> drops;
    for (const StreamDrop& drop : table_.Sweep(now_)) {
      EXPECT_TRUE(drops.emplace(drop.client.client, drop.reason).second);
      reasons_.insert(drop.reason);
    }
    ASSERT_EQ(drops, model_.Sweep()) << "after " << steps_;
  }
  void ChangeGuard() {
    const std::string name = AnyUsual(kNames);
    switch (random_() % 3) {
      case 0:
        if (guard_.bans.erase(name) == 0 && random_() % 3 == 0) guard_.bans[name] = "r1";
        return;
      case 1:
        if (guard_.revocations.erase(name) == 0 && random_() % 3 == 0) {
          guard_.revocations[name] = kUrlEnds + std::chrono::hours(random_() % 3);
        }
        return;
      default:
        if (guard_.claims.erase(name) == 0) guard_.claims.insert(name);
    }
  }
  void Pass() {
    constexpr std::chrono::milliseconds kPauses[] = {1ms, 100ms, 900ms, 1s, 5s, 5s, 16s};
    std::chrono::milliseconds pause = kPauses[random_() % std::size(kPauses)];
    if (random_() % 40 == 0) pause = 60s;
    now_ += pause;
    model_.Pass(pause);
  }

  std::mt19937 random_;
  const bool is_polled_;
  FakeStreamGuard guard_;
  MonotonicTime now_{std::chrono::hours(1)};
  StreamTable table_;
  StreamModel model_;
  std::size_t steps_ = 0;
  int life_ = 0;
  bool was_polled_ = false;
  std::set<PublishVerdict> verdicts_;
  std::set<StreamDropReason> reasons_;
  std::size_t cuts_ = 0;
};

class StreamRandomTest : public testing::TestWithParam<std::uint32_t> {
 protected:
  static void Play(const StreamTableOptions& options) {
    TableAndModel both(GetParam(), options);
    for (std::size_t i = 0; i < Steps(); ++i) {
      both.Step();
      if (!HasFatalFailure()) both.Compare();
      if (HasFatalFailure()) return;
    }
    EXPECT_EQ(both.verdicts().size(), 6U) << "some outcome was never reached";
    EXPECT_EQ(both.reasons().size(), 3U);
    EXPECT_GT(both.cuts(), 0U);
  }
};

TEST_P(StreamRandomTest, APolledTableDoesAsItsModel) { Play({.max_streams = 5}); }

TEST_P(StreamRandomTest, AnUnpolledTableDoesAsItsModel) {
  Play({.is_polled = false, .confirm_ttl = 20s, .unclaimed_ttl = 30s, .max_streams = 5});
}

TEST_P(StreamRandomTest, CallsOfAClientNeverChangeTheStreamsOfOthers) {
  std::mt19937 random(GetParam());
  FakeStreamGuard guard;
  MonotonicTime now{std::chrono::hours(1)};
  StreamTable table(StreamTableOptions{.max_streams = 6}, guard, now);
  const std::vector<StreamClient> victims = {{"v1", "1"}, {"v2", "2"}, {"v3", "3"}};
  const std::vector<std::string> streams = {"v1", "v2", "v3", "own", "own_ab12cd34"};
  guard.claims = {"v1", "v2", "v3"};
  const auto begin = [&](const StreamClient& victim) {
    const auto outcome = table.Publish(
        {.stream = victim.stream, .client = victim.client, .signature = GoodSignature()}, now);
    ASSERT_EQ(outcome.verdict, PublishVerdict::kAccepted);
  };
  for (const StreamClient& victim : victims) begin(victim);
  const MonotonicTime began = now;
  for (std::size_t i = 0; i < Steps(); ++i) {
    // The connections of the attacker have IDs of their own; names are as it likes. Only for its
    // own streams it has URLs.
    const std::string id = std::to_string(4 + random() % 12);
    const std::string& name = streams[random() % streams.size()];
    const bool is_own = name.starts_with("own");
    const StreamCall call{
        .stream = name,
        .client = id,
        .signature = is_own && random() % 4 != 0 ? GoodSignature() : BadSignature()};
    switch (random() % 4) {
      case 0:
        for (const StreamDrop& drop : table.Publish(call, now).drops) {
          ASSERT_TRUE(drop.client.stream.starts_with("own"));
        }
        break;
      case 1:
        ASSERT_EQ(table.Update(call, std::nullopt, now), UpdateVerdict::kGoOn);
        break;
      case 2:
        table.Ended(id, now);
        break;
      default:
        now += std::chrono::milliseconds(random() % 1'000);
        table.Poll({.asked_at = now, .life = "1", .clients = victims}, now);
        for (const StreamDrop& drop : table.Sweep(now)) {
          ASSERT_TRUE(drop.client.stream.starts_with("own"));
        }
    }
    for (const StreamClient& victim : victims) {
      const StreamMedia media = table.MediaOf(victim.stream, now);
      ASSERT_EQ(media.state, StreamPhase::kOn);
      ASSERT_EQ(media.since, began);
      ASSERT_EQ(table.ClientsOf(victim.stream), std::vector{victim});
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, StreamRandomTest, testing::Range(1U, 4U));

}  // namespace
}  // namespace rtcroom
