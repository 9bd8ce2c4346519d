// A router of callbacks, as tests call it in a media server's place.
#pragma once

#include <chrono>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "daemon/auth/signed_stream_urls.h"
#include "handlers/callbacks/callback_router.h"
#include "tests/support/captured_log.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/support/recorded_reply.h"
#include "tests/support/tally_lines.h"

namespace rtcroom {

/// The streams that phones began to send.
class RecordedPhones : public OnAirListener {
 public:
  void OnAir(std::string_view /*stream*/, bool /*is_on*/) noexcept override {}
  void OnPhone(std::string_view stream) noexcept override { heard.emplace_back(stream); }

  std::vector<std::string> heard;
};

/// Reading it fails while `is_broken`.
class FaultyClock : public Clock {
 public:
  explicit FaultyClock(const Clock& clock) : clock_(clock) {}

  [[nodiscard]] TimePoint Now() const override {
    if (is_broken) throw std::bad_alloc();
    return clock_.Now();
  }
  [[nodiscard]] MonotonicTime Monotonic() const override {
    if (is_broken) throw std::bad_alloc();
    return clock_.Monotonic();
  }

  bool is_broken = false;

 private:
  const Clock& clock_;
};

/// Push URLs are valid for an hour, and no media server can be asked.
class CallbackRouterTest : public testing::Test {
 protected:
  static inline const Secret kPushKey{"push key"};
  static inline const Secret kPlayKey{"play key"};

  /// The arguments of a push URL that is signed now.
  std::string PushArguments(const std::string& stream) {
    const std::string url = *urls_.PushUrl(stream, clock_.Now());
    return url.substr(url.find('?') + 1);
  }
  /// The same for a room; without an ID for any of multi_room.
  std::string BoundArguments(const std::string& stream, const UserId& user_id,
                             const std::string& room_id) {
    const PushBinding binding{.room = MultiRoom(room_id), .user_id = user_id};
    const std::string url = *urls_.BoundPushUrl(stream, binding, clock_.Now());
    return url.substr(url.find('?') + 1);
  }
  static RoomKey MultiRoom(const std::string& id) { return {.kind = RoomKind::kMulti, .id = {id}}; }
  void Ban(const UserId& user_id, const RoomKey& room) {
    const TimePoint until = clock_.Now() + std::chrono::hours(1);
    ASSERT_OK(bans_.Put({.room = room, .user_id = user_id, .until = until}));
  }
  std::string PlayArguments(const std::string& stream) {
    const std::string url = urls_.AccelerateUrl(stream, clock_.Now());
    return url.substr(url.find('?') + 1);
  }
  HttpReply Send(const std::string& path, const std::string& body, CallbackRouter& router) {
    const auto sink = std::make_shared<RecordedReply>();
    Handle(router,
           {.method = "POST",
            .path = path,
            .content_type = "application/x-www-form-urlencoded",
            .body = body,
            .peer_address = "127.0.0.1"},
           sink);
    return sink->reply().value_or(HttpReply{.status = 0});
  }
  int Nginx(const std::string& call, const std::string& name, const std::string& arguments,
            const std::string& client = "1") {
    return Send("/callback/rtmp/secret",
                fmt::format("app=live&flashver=&swfurl=&tcurl=&pageurl=&addr=192.0.2.7&clientid={}&"
                            "call={}&name={}&{}",
                            client, call, name, arguments),
                router_)
        .status;
  }
  std::string Srs(const std::string& action, const std::string& stream, const std::string& param) {
    return Send("/callback/srs/secret",
                fmt::format(R"({{"action":"{}","client_id":"c1","ip":"192.0.2.7","app":"live",)"
                            R"("stream":"{}","param":"?{}"}})",
                            action, stream, param),
                router_)
        .body;
  }
  bool IsOn(const std::string& stream) {
    return monitor_.StateOf(stream).kind == MediaState::Kind::kOn;
  }
  CallbackRouter RouterWith(StreamCallbackRules rules) {
    return {std::move(rules),
            {.monitor = monitor_,
             .poller = poller_,
             .counted = counted_,
             .clock = clock_,
             .logger = logger_}};
  }

  FakeClock clock_;
  FaultyClock reading_{clock_};
  const SignedStreamUrls urls_{{.push_key = kPushKey,
                                .play_key = kPlayKey,
                                .push_host = "push",
                                .play_host = "play",
                                .url_ttl = std::chrono::hours(1),
                                .bind_push_urls = true}};
  StreamClaims claims_{urls_};
  BanList bans_{clock_, urls_};
  RevocationList revocations_;
  const StreamSignatureVerifier pushers_{kPushKey};
  const StreamSignatureVerifier players_{kPlayKey};
  RecordedPhones phones_;
  StreamMonitor monitor_{{.is_polled = false},
                         {.claims = claims_,
                          .bans = bans_,
                          .revocations = revocations_,
                          .pushers = pushers_,
                          .players = players_,
                          .on_air = &phones_,
                          .clock = reading_}};
  CapturedLog log_;
  Logger logger_{LogFormat::kJson, LogLevel::kInfo, log_.file()};
  Tally counted_;
  Tally drops_;
  MediaPoller poller_{{},
                      {.monitor = monitor_,
                       .removals = claims_.removals(),
                       .drops = drops_,
                       .clock = clock_,
                       .logger = logger_}};
  CallbackRouter router_{RouterWith({.senders = {.secret = Secret("secret")}, .check_play = true})};
};

}  // namespace rtcroom
