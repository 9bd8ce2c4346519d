// A table of streams, its guard and its clock.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/media/stream_table.h"
#include "tests/support/fake_clock.h"

namespace rtcroom {

/// When the URLs of the tests expire.
inline constexpr TimePoint kUrlEnds = kNoon + std::chrono::days(7);

class FakeStreamGuard : public StreamGuard {
 public:
  [[nodiscard]] bool IsBanned(std::string_view stream, const PushBinding* binding) const override {
    const auto found = bans.find(std::string(stream));
    if (found == bans.end()) return false;
    return binding == nullptr || found->second == binding->room.id.value;
  }
  [[nodiscard]] std::optional<TimePoint> RevokedUntil(std::string_view stream) const override {
    const auto found = revocations.find(std::string(stream));
    return found == revocations.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] bool IsClaimed(std::string_view stream) const override {
    return claims.contains(std::string(stream));
  }
  [[nodiscard]] bool IsClaimedByItsUser(std::string_view stream) const override {
    return own_claims.contains(std::string(stream));
  }

  std::map<std::string, std::string> bans{};  ///< room by stream
  std::map<std::string, TimePoint> revocations{};
  std::set<std::string> claims{};
  std::set<std::string> own_claims{};
};

inline StreamSignature GoodSignature(std::optional<TimePoint> until = kUrlEnds) {
  return {.state = StreamSignatureState::kGood, .signed_until = until};
}

/// With the name of a state, a signature that is not good.
inline StreamSignature BadSignature(StreamSignatureState state = StreamSignatureState::kWrong) {
  return {.state = state};
}

/// A signature for a room.
inline StreamSignature BoundSignature(std::string room) {
  StreamSignature signature = GoodSignature();
  signature.binding = {.room = {.id = {std::move(room)}}, .user_id = {"alice"}};
  return signature;
}

/// Polled, unless the test makes another table.
class StreamTableTest : public testing::Test {
 protected:
  using Seconds = std::chrono::seconds;

  void MakeTable(const StreamTableOptions& options) { table_.emplace(options, guard_, now()); }

  [[nodiscard]] MonotonicTime now() const { return now_; }
  void Advance(std::chrono::milliseconds by) { now_ += by; }

  PublishOutcome Try(std::string_view stream, std::string_view client,
                     const StreamSignature& signature = GoodSignature()) {
    return table_->Publish({.stream = stream, .client = client, .signature = signature}, now_);
  }
  /// @return the IDs of the clients to drop.
  std::vector<std::string> Publish(std::string_view stream, std::string_view client,
                                   const StreamSignature& signature = GoodSignature()) {
    const PublishOutcome outcome = Try(stream, client, signature);
    EXPECT_EQ(outcome.verdict, PublishVerdict::kAccepted);
    std::vector<std::string> dropped;
    for (const StreamDrop& drop : outcome.drops) {
      EXPECT_EQ(drop.client.stream, stream);
      EXPECT_EQ(drop.reason, StreamDropReason::kTakenOver);
      dropped.push_back(drop.client.client);
    }
    return dropped;
  }
  UpdateVerdict Update(std::string_view stream, std::string_view client,
                       const StreamSignature& signature = GoodSignature(),
                       std::optional<std::int64_t> media_ms = std::nullopt) {
    return table_->Update({.stream = stream, .client = client, .signature = signature}, media_ms,
                          now_);
  }
  UpdateVerdict UpdateAt(std::string_view client, std::int64_t media_ms) {
    return Update("", client, BadSignature(), media_ms);
  }
  void End(std::string_view client) { table_->Ended(client, now_); }
  /// The media server's list, read in no time.
  void Poll(std::vector<StreamClient> clients, const std::string& life = "1") {
    table_->Poll({.asked_at = now_, .life = life, .clients = std::move(clients)}, now_);
  }
  /// A list that was on its way for `late`.
  void PollLate(std::vector<StreamClient> clients, std::chrono::milliseconds late) {
    table_->Poll({.asked_at = now_ - late, .life = "1", .clients = std::move(clients)}, now_);
  }
  void FailPoll() { table_->PollFailed(now_); }
  /// Sorted.
  std::vector<StreamDrop> Sweep() {
    std::vector<StreamDrop> drops = table_->Sweep(now_);
    std::ranges::sort(drops, {}, [](const StreamDrop& drop) {
      return std::pair(drop.client.stream, drop.client.client);
    });
    return drops;
  }

  [[nodiscard]] StreamMedia Media(std::string_view stream) const {
    return table_->MediaOf(stream, now_);
  }
  [[nodiscard]] StreamPhase State(std::string_view stream) const { return Media(stream).state; }
  [[nodiscard]] bool IsConfirmed(std::string_view stream) const {
    return Media(stream).is_confirmed;
  }
  /// Since when it is on or off.
  [[nodiscard]] std::chrono::milliseconds Age(std::string_view stream) const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now_ - Media(stream).since);
  }
  [[nodiscard]] std::vector<std::string> Clients(std::string_view stream) const {
    std::vector<std::string> ids;
    for (const StreamClient& client : table_->ClientsOf(stream)) ids.push_back(client.client);
    return ids;
  }

  FakeStreamGuard guard_;
  MonotonicTime now_{std::chrono::hours(1)};
  std::optional<StreamTable> table_{std::in_place, StreamTableOptions{}, guard_, now_};
};

}  // namespace rtcroom
