// Rooms whose members push real streams.
#pragma once

#include <list>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/media_server.h"
#include "tests/e2e/nginx_media_server.h"
#include "tests/e2e/stream_pusher.h"
#include "tests/support/eventually.h"
#include "tests/support/server_process.h"
#include "tests/support/url.h"

namespace rtcroom {

/// The room server and a media server. Each member has a room of its own, `room_` and its user ID,
/// and the stream of its user ID. After each test no secret is in a log.
class MediaFixture : public testing::Test {
 private:
  const std::unique_ptr<MediaServer> owned_media_;

 protected:
  static constexpr const char* kMulti = "multi_room";

  /// @param settings  in addition to the fixture's own: polls and sweeps at short intervals, a
  /// timeout that outlives the test.
  explicit MediaFixture(std::unique_ptr<MediaServer> media, Settings settings = {})
      : owned_media_(std::move(media)),
        media_(*owned_media_),
        server_({.settings = media_.RoomSettings(WithShortPeriods(std::move(settings)))}) {}

  void TearDown() override { ExpectNoSecretInLogs(); }

  /// The reply of get_push_url.
  ApiReply AskForUrl(const std::string& user) {
    return Rooms().Call(kMulti, "get_push_url", {{"userID", user}});
  }
  std::string SignedUrl(const std::string& user) {
    const ApiReply reply = AskForUrl(user);
    EXPECT_EQ(reply.code(), kOk) << reply;
    return Known(reply.Text("pushURL"));
  }
  /// An URL that was signed in a later second than the previous ones.
  std::string LaterUrl(const std::string& user) {
    const std::string before = QueryParameter(SignedUrl(user), "txTime");
    std::string later;
    EXPECT_TRUE(Eventually([&] {
      later = SignedUrl(user);
      return QueryParameter(later, "txTime") != before;
    }));
    return later;
  }
  /// Its signature has to stay out of the logs.
  const std::string& Known(const std::string& url) {
    const std::string signature = QueryParameter(url, "txSecret");
    if (!signature.empty()) signatures_.insert(signature);
    return url;
  }

  StreamPusher& Push(const std::string& url) { return pushers_.emplace_back(url); }
  /// A new stream of the user, on air.
  StreamPusher& PutOnAir(const std::string& user) {
    StreamPusher& pusher = Push(SignedUrl(user));
    EXPECT_TRUE(Eventually([&] { return IsOnAir(user) || pusher.HasEnded(); }));
    EXPECT_FALSE(pusher.HasEnded()) << pusher.Output();
    return pusher;
  }
  [[nodiscard]] bool IsOnAir(const std::string& user) const {
    return media_.PublisherOf(user).has_value();
  }
  /// Fails unless the media server disconnects the pusher of each URL, and then does not have the
  /// stream.
  void ExpectRefused(const std::vector<std::string>& urls, const std::string& user) {
    std::list<StreamPusher> refused;  // all at the same time
    for (const std::string& url : urls) refused.emplace_back(Known(url));
    for (StreamPusher& pusher : refused) EXPECT_TRUE(IsCut(pusher));
    EXPECT_FALSE(IsOnAir(user));
  }
  void ExpectRefused(const std::string& url, const std::string& user) {
    ExpectRefused(std::vector<std::string>{url}, user);
  }
  /// Waits until the media server has disconnected the pusher.
  static testing::AssertionResult IsCut(StreamPusher& pusher) {
    const std::optional<int> result = pusher.WaitForEnd();
    if (!result) return testing::AssertionFailure() << "it goes on";
    if (*result == 0) return testing::AssertionFailure() << "it has sent all";
    return testing::AssertionSuccess();
  }

  static std::string RoomOf(const std::string& user) { return "room_" + user; }
  void Join(const std::string& user) {
    const ApiReply reply = Rooms().Call(kMulti, "create_room", CreateBody(user, RoomOf(user)));
    ASSERT_EQ(reply.code(), kOk) << reply;
  }
  bool IsMember(const std::string& user) {
    ApiClient rooms = Rooms();
    return PushersOf(rooms, kMulti, RoomOf(user)) == std::vector<std::string>{user};
  }
  bool IsGone(const std::string& user) {
    return Rooms().Call(kMulti, "get_pushers", RoomBody(RoomOf(user))).code() == kNoSuchRoom;
  }
  void Beat(const std::string& user) {
    const ApiReply reply = Rooms().Call(kMulti, "pusher_heartbeat", MemberBody(RoomOf(user), user));
    EXPECT_EQ(reply.code(), kOk) << user << ": " << reply;
  }
  /// Why the user's last membership ended; empty when none did.
  std::string ReasonOf(const std::string& user) {
    const ApiReply reply = AdminGet("/console/api/events?kind=multi&roomID=" + RoomOf(user));
    for (const nlohmann::json& event : reply.json.value("events", nlohmann::json::array())) {
      if (event.value("type", "") == "pusher_deleted") return event.value("reason", "");
    }
    return "";
  }
  /// Waits until the member is gone, and expects that reason.
  void ExpectEvicted(const std::string& user, const std::string& reason) {
    EXPECT_TRUE(Eventually([&] { return IsGone(user); })) << user;
    EXPECT_EQ(ReasonOf(user), reason) << user;
  }

  /// What the console shows of a member's media: an object with `state` and `lastingMs`, or null.
  nlohmann::json MediaOf(const std::string& user) {
    const ApiReply reply = AdminGet("/console/api/room?kind=multi&roomID=" + RoomOf(user));
    if (reply.status != 200) return nullptr;
    return reply.json["room"]["pushers"][0]["media"];
  }
  /// @param for_ms  the least time for which it has been so.
  bool IsMedia(const std::string& user, const std::string& state, std::int64_t for_ms = 0) {
    const nlohmann::json media = MediaOf(user);
    if (media.is_null() || media["state"] != state) return false;
    return media["lastingMs"].is_null() || media["lastingMs"].get<std::int64_t>() >= for_ms;
  }
  void ExpectMedia(const std::string& user, const std::string& state, std::int64_t for_ms = 0) {
    EXPECT_TRUE(Eventually([&] { return IsMedia(user, state, for_ms); }))
        << user << ": " << MediaOf(user);
  }
  double Metric(const std::string& name) { return MetricOf(server_, name); }
  /// Waits until the media server has reported two more times that a stream goes on: in its calls,
  /// or where it makes none, in its lists.
  void ExpectTwoUpdates() {
    const std::string name =
        media_.SendsUpdates() ? R"(rtcroomd_media_callbacks_total{call="update",result="accepted"})"
                              : "rtcroomd_media_poll_seconds_count";
    const double before = Metric(name);
    EXPECT_TRUE(Eventually([&] { return Metric(name) >= before + 2; }));
  }
  /// Waits until the media server was asked to drop a connection for this reason. Its answer may be
  /// later than the end of the connection, or too late to count as one where it is busy.
  void ExpectDrop(const std::string& reason) {
    const auto drops = [&](const std::string& result) {
      const std::string name = R"(rtcroomd_media_drops_total{reason=")" + reason;
      return Metric(name + R"(",result=")" + result + R"("})");
    };
    EXPECT_TRUE(Eventually([&] { return drops("dropped") >= 1 || drops("not_dropped") >= 1; }));
  }
  double StreamsOn() { return Metric(R"(rtcroomd_streams{state="on"})"); }

  ApiReply AdminGet(const std::string& target) {
    return server_.Admin().Send({.method = "GET", .target = target, .headers = Operator()});
  }
  ApiReply AdminPost(const std::string& target, const nlohmann::json& body) {
    return server_.Admin().Send({.target = target, .body = body.dump(), .headers = Operator()});
  }
  /// @param more  further members of the body.
  void Kick(const std::string& user, const nlohmann::json& more = nlohmann::json::object()) {
    nlohmann::json body = {{"kind", "multi"}, {"roomID", RoomOf(user)}, {"userID", user}};
    body.update(more);
    const ApiReply reply = AdminPost("/console/api/kick", body);
    EXPECT_EQ(reply.code(), kOk) << reply;
  }

  [[nodiscard]] ApiClient Rooms() const { return server_.Http(); }
  std::string StreamAddress(const std::string& stream) {
    return "rtmp://" + media_.rtmp_address() + "/live/" + stream;
  }

  MediaServer& media_;
  ServerProcess server_;
  std::list<StreamPusher> pushers_;

 private:
  static constexpr const char* kToken = "a token of the operator";

  static Settings WithShortPeriods(Settings settings) {
    settings.merge(Settings{
        {"admin.token", kToken}, {"live.poll_period", "200ms"}, {"room.sweep_period", "200ms"}});
    return settings;
  }
  static std::map<std::string, std::string> Operator() {
    return {{"Authorization", std::string("Bearer ") + kToken}};
  }

  void ExpectNoSecretInLogs() {
    const std::string logs = server_.Log() + media_.WrittenText();
    for (const char* name : {"callback-secret", "control-key", "push-key", "play-key"}) {
      EXPECT_EQ(logs.find(media_.SecretOf(name)), std::string::npos) << name << " is in a log";
    }
    for (const std::string& signature : signatures_) {
      EXPECT_EQ(logs.find(signature), std::string::npos) << "a signature is in a log";
    }
  }

  std::set<std::string> signatures_;
};

/// With nginx.
class MediaTest : public MediaFixture {
 protected:
  /// @param options  of deploy/media/prepare.
  explicit MediaTest(Settings settings = {}, const std::vector<std::string>& options = {},
                     NginxProcesses processes = NginxProcesses::kOne)
      : MediaFixture(std::make_unique<NginxMediaServer>(options, processes), std::move(settings)) {}

  NginxMediaServer& nginx() { return dynamic_cast<NginxMediaServer&>(media_); }
};

}  // namespace rtcroom
