// A router on a store of its own, with all external services faked.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/auth/login_service.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/lease_table.h"
#include "daemon/core/room_service.h"
#include "handlers/rooms/router.h"
#include "tests/support/counting_ids.h"
#include "tests/support/failing_store.h"
#include "tests/support/fake_admission.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_groups.h"
#include "tests/support/fake_logins.h"
#include "tests/support/fake_private_map_keys.h"
#include "tests/support/fake_sessions.h"
#include "tests/support/fake_streams.h"
#include "tests/support/fake_utils.h"
#include "tests/support/recorded_reply.h"
#include "tests/support/temp_store.h"

namespace rtcroom {

/// Owns all dependencies of a `Router`; independent of GoogleTest, so that fuzzers and benchmarks
/// can use it. Its accounts belong to sdkAppID 1400000001.
class RouterFixture {
 public:
  static constexpr std::uint32_t kSdkAppId = 1'400'000'001;

  explicit RouterFixture(RouterOptions options = {}, LoginPolicy policy = {},
                         StoreLimits limits = {}, std::vector<std::string> cors_origins = {"*"})
      : sqlite(limits, "00000000000000aa", commits),
        logins(codes, signer, clock, ids, admission, std::move(policy)),
        cors(std::move(cors_origins)),
        router(ServicesWith(logins), WithAccount(std::move(options)), pipeline) {}

  [[nodiscard]] LabelledReply Send(const HttpRequest& request) const {
    return AnswerOf(router, recorded, request);
  }
  /// Sends a request whose reply may come later.
  std::shared_ptr<RecordedReply> Begin(HttpRequest request) {
    auto sink = std::make_shared<RecordedReply>();
    Handle(router, std::move(request), sink);
    return sink;
  }
  /// A gen-1 call as the mini-program makes it.
  LabelledReply Post(std::string path, std::string body,
                     std::string content_type = "application/json") const {
    return Send({.method = "POST",
                 .path = std::move(path),
                 .content_type = std::move(content_type),
                 .body = std::move(body),
                 .peer_address = "192.0.2.1"});
  }
  /// The same, under `/weapp`, with the reply parsed.
  nlohmann::json Call(std::string_view kind_and_endpoint, const nlohmann::json& body) const {
    return nlohmann::json::parse(
        Post(std::string("/weapp/").append(kind_and_endpoint), body.dump()).body);
  }

  /// A call of a logged-in user, as gen-2 clients make it.
  LabelledReply PostAs(const std::string& user, std::string path, std::string body,
                       std::string content_type = "application/json") {
    static_cast<void>(sessions.LoginTrusted({user}));
    return Send({.method = "POST",
                 .path = std::move(path),
                 .query = "userID=" + user + "&token=" + FakeSessions::TokenOf(user),
                 .content_type = std::move(content_type),
                 .body = std::move(body),
                 .peer_address = "192.0.2.1"});
  }
  /// The same, under `/weapp`, with the reply parsed.
  nlohmann::json CallAs(const std::string& user, std::string_view kind_and_endpoint,
                        const nlohmann::json& body) {
    return nlohmann::json::parse(
        PostAs(user, std::string("/weapp/").append(kind_and_endpoint), body.dump()).body);
  }
  /// The services for another router, with one dependency replaced.
  Services ServicesWith(const StreamUrlSigner& other) { return ServicesWith(logins, other); }
  Services ServicesWith(LoginService& other) { return ServicesWith(other, streams); }
  /// Other servers use the store.
  Services ServicesWith(CommitFollower& follower) {
    Services services = ServicesWith(logins, streams);
    services.looks = &looks.emplace(&follower, admission, clock);
    return services;
  }

  FakeClock clock;
  CountingIds ids;
  FakeGroups groups;
  FakeStreams streams;
  FakeLoginSigner signer;
  FakeLoginSigner webrtc_ticket_signer;
  FakePrivateMapKeys private_map_keys;
  FakeSessions sessions;
  FakeCodeExchange codes;
  FakeAdmission admission;
  FakeUtils utils;
  Logger logger{LogFormat::kJson, LogLevel::kError};
  LeaseTable leases{clock, std::chrono::seconds(20)};
  ViewerLeases viewers{clock, {}};
  CommitFanOut commits{{&leases, &viewers}};
  TempStore sqlite;
  FailingStore store{sqlite.rooms()};
  BanList bans{clock, streams};
  RoomService rooms{{.store = store,
                     .ban_store = sqlite.bans(),
                     .bans = bans,
                     .leases = leases,
                     .groups = &groups,
                     .streams = streams,
                     .clock = clock,
                     .ids = ids,
                     .events = &store},
                    {},
                    logger};
  LoginService logins;
  SecondLooks own_looks{nullptr, admission, clock};
  std::optional<SecondLooks> looks;
  RequestIds request_ids{"test"};
  LastRequest recorded;
  RequestRecorder recorder{request_ids, recorded, clock, logger};
  Cors cors;
  const PipelineDeps pipeline{&recorder, &cors};
  mutable Router router;  ///< answers, which changes nothing of the fixture itself

 private:
  Services ServicesWith(LoginService& other_logins, const StreamUrlSigner& other_streams) {
    return {.rooms = rooms,
            .logins = other_logins,
            .sessions = sessions,
            .webrtc_ticket_signer = webrtc_ticket_signer,
            .private_map_keys = private_map_keys,
            .streams = other_streams,
            .clock = clock,
            .ids = ids,
            .admission = admission,
            .looks = &own_looks,
            .utils = &utils.services,
            .viewers = &viewers};
  }
  static RouterOptions WithAccount(RouterOptions options) {
    options.sdk_app_id = kSdkAppId;
    return options;
  }
};

}  // namespace rtcroom
