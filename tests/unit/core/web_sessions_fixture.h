// A live room whose members publish and play by sessions of browsers.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/core/web_sessions.h"
#include "tests/support/counting_random.h"
#include "tests/support/failing_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_streams.h"
#include "tests/support/live_rooms.h"
#include "tests/support/matchers.h"
#include "tests/support/plain_signatures.h"
#include "tests/support/recording_web_link.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_store.h"

namespace rtcroom {

/// Counts how often rooms are read, and calls back once, after the viewers of one were read.
class HookedStore : public FailingStore {
 public:
  using FailingStore::FailingStore;
  Result<Room> Load(const RoomKey& key) override {
    ++loads;
    return FailingStore::Load(key);
  }
  Result<std::vector<Audience>> FindAudiences(const RoomKey& key,
                                              std::span<const UserId> users) override {
    Result<std::vector<Audience>> found = FailingStore::FindAudiences(key, users);
    if (after_viewers) std::exchange(after_viewers, nullptr)();
    return found;
  }

  std::function<void()> after_viewers;
  int loads = 0;
};

/// A live room "r1" with the pushers "host" and "guest", whose streams are named as they are.
class WebSessionsTest : public testing::Test {
 protected:
  void SetUp() override {
    Apply(Creating(MakeRoom(RoomKind::kLive, "r1", "host")));
    Apply(Adding(Key(), "guest"));
    relay_.ForwardTo(&sessions_);
    sessions_.Attach(link_, 64, {});
  }
  static RoomKey Key() { return MakeKey(RoomKind::kLive, "r1"); }
  void Apply(const RoomUpdate& update) { ASSERT_OK(rtcroom::Apply(store_, update)); }

  WebSessionOffer Offer(WebDirection direction, const std::string& stream,
                        const std::string& user) {
    return {.direction = direction,
            .name = {.stream = stream, .app = "live"},
            .query = user,
            .address = "192.0.2.1",
            .sdp = "offer"};
  }
  /// @return where the answer goes.
  std::shared_ptr<std::optional<WebAnswer>> Begin(WebDirection direction, const std::string& stream,
                                                  const std::string& user) {
    auto answer = std::make_shared<std::optional<WebAnswer>>();
    sessions_.Open(Offer(direction, stream, user),
                   [answer](const WebAnswer& given) { *answer = given; });
    return answer;
  }
  /// A session that the worker has answered.
  std::string Open(WebDirection direction, const std::string& stream, const std::string& user) {
    const auto answer = Begin(direction, stream, user);
    EXPECT_FALSE(answer->has_value());
    const std::string id = link_->opened.back();
    sessions_.OnOpened(*link_, id, "answer");
    EXPECT_TRUE(answer->has_value() && (*answer)->outcome == WebOpenOutcome::kOpened);
    return id;
  }
  std::string Publish(const std::string& user) { return Open(WebDirection::kPublish, user, user); }
  std::string Play(const std::string& user, const std::string& stream) {
    return Open(WebDirection::kPlay, stream, user);
  }
  WebOpenOutcome Refused(WebDirection direction, const std::string& stream,
                         const std::string& user) {
    const auto answer = Begin(direction, stream, user);
    return answer->has_value() ? (*answer)->outcome : WebOpenOutcome::kOpened;
  }

  FakeClock clock_;
  CountingRandom random_;
  FakeStreams streams_;
  PlainSignatures signatures_;
  std::chrono::nanoseconds connected_{0};  ///< time of the last browser to connect
  WebTallies tallies_;
  Logger logger_{LogFormat::kJson, LogLevel::kError};
  StreamClaims claims_{streams_};
  BanList bans_{clock_, streams_};
  RevocationList revocations_;
  ViewerLeases viewers_{clock_, {}};
  CommitRelay relay_;
  CommitFanOut commits_{{&viewers_, &bans_, &revocations_, &claims_, &relay_}};
  TempStore store_{{}, "00000000000000aa", commits_};
  HookedStore failing_{store_.rooms()};
  std::vector<std::string> owners_;  ///< that were told of an end
  WebSessions sessions_{
      {.rights = {.rooms = failing_, .bans = bans_, .revocations = revocations_, .claims = claims_},
       .signatures = signatures_,
       .tallies = tallies_,
       .clock = clock_,
       .random = random_,
       .logger = logger_,
       .on_end = [this](const WebSession& session,
                        WebEndReason /*reason*/) { owners_.push_back(session.user_id.value); },
       .on_connected = [this](std::chrono::nanoseconds since_offer) { connected_ = since_offer; },
       .viewers = &viewers_},
      {.per_worker = 6, .per_user = 4, .per_address = 5}};
  const std::shared_ptr<RecordingWebLink> link_ = std::make_shared<RecordingWebLink>();
};

}  // namespace rtcroom
