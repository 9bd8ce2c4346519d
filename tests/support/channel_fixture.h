// The message channel and its router on a store of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/auth/user_buf.h"
#include "daemon/auth/user_sig_v2.h"
#include "daemon/auth/user_sig_verifier.h"
#include "daemon/base/thread_pool.h"
#include "daemon/channel/channel.h"
#include "daemon/channel/former_members.h"
#include "daemon/channel/push_receivers.h"
#include "daemon/core/created_groups.h"
#include "daemon/core/node_lease.h"
#include "daemon/core/removal_clock.h"
#include "daemon/core/seated_users.h"
#include "daemon/core/viewer_leases.h"
#include "handlers/channel/channel_router.h"
#include "handlers/rooms/room_json.h"
#include "handlers/tim/tim_router.h"
#include "handlers/webim/webim_clients.h"
#include "handlers/webim/webim_router.h"
#include "tests/support/counting_random.h"
#include "tests/support/fake_admission.h"
#include "tests/support/fake_boot_clock.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_sessions.h"
#include "tests/support/fake_streams.h"
#include "tests/support/live_rooms.h"
#include "tests/support/other_servers.h"
#include "tests/support/recorded_latencies.h"
#include "tests/support/recorded_reply.h"
#include "tests/support/recording_listener.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_store.h"

namespace rtcroom {

/// The reply of a command that has nothing to say.
inline constexpr std::string_view kDoneReply =
    R"({"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""})";

/// Owns all dependencies of the routers of the channel. What the store commits reaches the channel
/// by `Follow`, and time by `Tick`.
class ChannelFixture {
 public:
  /// The paths of both kinds of clients.
  struct Paths : RequestHandler {
    Paths(WebimRouter& old, ChannelRouter& others, tim::TimRouter& sdks)
        : webim(old), channel(others), tim(sdks) {}
    RequestPlan Resolve(HttpRequest& request) override { return For(request).Resolve(request); }
    void Handle(HttpRequest& request, Responder& responder) override {
      For(request).Handle(request, responder);
    }
    [[nodiscard]] RequestHandler& For(const HttpRequest& request) const {
      if (channel.Serves(request)) return channel;
      if (tim.Serves(request)) return tim;
      return webim;
    }

    WebimRouter& webim;
    ChannelRouter& channel;
    tim::TimRouter& tim;
  };

  static constexpr std::uint32_t kSdkAppId = 1'400'000'001;
  static constexpr std::chrono::seconds kHold{45};

  /// @param kept  the store of another fixture, which outlives this one: it is the same server
  ///              before a restart.
  explicit ChannelFixture(ChannelOptions options = {}, const std::string& prefix = {},
                          std::vector<std::string> cors_origins = {"*"},
                          std::shared_ptr<TempStore> kept = nullptr)
      : stored(kept ? std::move(kept)
                    : std::make_shared<TempStore>(StoreLimits(), "00000000000000aa", listener)),
        receivers({.rooms = store.rooms(),
                   .bans = bans,
                   .clock = clock,
                   .observer = &latencies,
                   .list = {.write = [](const Room& room,
                                        RoomReach reach) { return ListedRoom(room, reach, {}); }},
                   .node = &node,
                   .viewers = &viewers},
                  options.delivery_rate),
        channel({.rooms = store.rooms(),
                 .events = store.rooms(),
                 .messages = store.messages(),
                 .accounts = store.accounts(),
                 .end_store = store.ended_logins(),
                 .ends = ends,
                 .validities = validities,
                 .bans = bans,
                 .clock = clock,
                 .dates = dates,
                 .removal = removal,
                 .random = random,
                 .logger = logger,
                 .node = &node,
                 .may_store_plain = [this] { return may_store_plain.load(); },
                 .reads_json_only =
                     [this](const UserId& account) { return clients.ReadsJsonOnly(account); }},
                ChannelTokens(Secret("0123456789abcdef0123456789abcdef")), options),
        cors(std::move(cors_origins)),
        webim({.channel = channel, .clients = clients, .costs = costs, .verifier = *verifier},
              admission, pipeline, {.prefix = prefix, .sdk_app_id = kSdkAppId}),
        new_clients(sockets(), admission, pipeline, prefix),
        sdks(sdk_context(), admission, pipeline, prefix),
        events_at_(*store.rooms().Newest()),
        messages_at_(*store.messages().NewestMessage()) {
    channel.messages().BeginAfter(messages_at_);
    node.RenewForGood();
    const auto ended = store.ended_logins().LoadEndedLogins(TimePoint());
    for (const EndedLogin& end : *ended) ends.Put(end);
  }
  ~ChannelFixture() {
    workers.Stop();
    calls.Stop();      // their replies are recorded
    receivers.Stop();  // likewise
  }
  ChannelFixture(const ChannelFixture&) = delete;
  ChannelFixture& operator=(const ChannelFixture&) = delete;

  RequestSocketDeps socket_deps() {
    return {.receivers = receivers,
            .costs = costs,
            .workers = workers,
            .recorder = recorder,
            .clock = clock,
            .node = &node};
  }

  /// Dependencies of a router of this fixture.
  SocketContext sockets() {
    return {.socket = socket_deps(),
            .verbs = {.channel = channel, .receivers = receivers},
            .logins = {.verifier = *verifier,
                       .sessions = sessions,
                       .clock = clock,
                       .sdk_app_id = kSdkAppId,
                       .looks = &looks},
            .seated = seated,
            .calls = calls};
  }

  tim::Context sdk_context() {
    return {.socket = socket_deps(),
            .channel = channel,
            .history = store.messages(),
            .accounts = store.accounts(),
            .places = channel.places(),
            .created = created,
            .verifier = *verifier,
            .sdk_app_id = std::to_string(kSdkAppId)};
  }

  /// One login, as a client keeps it.
  struct Client {
    std::string account{};
    std::string tiny_id{};
    std::string a2{};
  };

  static std::string UserSigOf(const std::string& account, TimePoint now = kNoon,
                               std::chrono::seconds life = std::chrono::hours(24)) {
    return SignUserSigV2({kSdkAppId, {account}}, Key(), now, life);
  }
  /// As gen-1 issues it to whoever names that account.
  static std::string AnonymousSigOf(const std::string& account) {
    return SignUserSigV2({kSdkAppId, {account}}, Key(), kNoon, std::chrono::hours(24),
                         kAnonymousUserBuf);
  }
  static std::string QueryOf(const Client& client) {
    return fmt::format(
        "websdkappid=537048168&v=1.7.0&tinyid={}&a2={}&contenttype=json&sdkappid={}"
        "&accounttype=10086&apn=1&reqtime=1700000000&reqSeq=1",
        client.tiny_id, client.a2, kSdkAppId);
  }
  static HttpRequest RequestOf(std::string path, std::string query, std::string body) {
    return {.method = "POST",
            .path = std::move(path),
            .query = std::move(query),
            .content_type = "application/json",
            .body = std::move(body),
            .peer_address = "192.0.2.1"};
  }

  [[nodiscard]] LabelledReply Send(const HttpRequest& request) {
    return AnswerOf(router, recorded, request);
  }
  /// The reply to a login.
  nlohmann::json LogInReply(const std::string& account, const std::string& user_sig) {
    const std::string query =
        fmt::format("sdkappid={}&identifier={}&usersig={}", kSdkAppId, account, user_sig);
    return nlohmann::json::parse(
        Send(RequestOf("/v4/openim/login", query, R"({"State":"Online"})")).body);
  }
  Client LogIn(const std::string& account) { return LogInWith(account, UserSigOf(account)); }
  Client LogInWith(const std::string& account, const std::string& user_sig) {
    const nlohmann::json reply = LogInReply(account, user_sig);
    return {.account = account, .tiny_id = reply.at("TinyId"), .a2 = reply.at("A2Key")};
  }
  LabelledReply Post(const Client& client, const std::string& command, std::string body) {
    return Send(RequestOf("/v4/" + command, QueryOf(client), std::move(body)));
  }
  nlohmann::json Call(const Client& client, const std::string& command,
                      const nlohmann::json& body = nlohmann::json::object()) {
    return nlohmann::json::parse(Post(client, command, body.dump()).body);
  }
  /// Begins a request that is answered later.
  std::shared_ptr<RecordedReply> Begin(const Client& client, const std::string& path,
                                       std::string body) {
    auto sink = std::make_shared<RecordedReply>();  // shared with the router
    Handle(router, RequestOf(path, QueryOf(client), std::move(body)), sink);
    return sink;
  }
  std::shared_ptr<RecordedReply> PollAccount(const Client& client, std::uint64_t cursor = 0) {
    const nlohmann::json cookie = {{"NotifySeq", 0}, {"NoticeSeq", cursor}, {"LongPollingId", "1"}};
    return Begin(client, "/v4/openim/longpolling",
                 nlohmann::json({{"Timeout", 60}, {"Cookie", cookie}}).dump());
  }
  std::shared_ptr<RecordedReply> PollRoom(const Client& client, const std::string& key,
                                          std::uint64_t start = 0) {
    return Begin(client, kRoomPoll,
                 nlohmann::json({{"StartSeq", start}, {"HoldTime", 90}, {"Key", key}}).dump());
  }

  void MakeRoom(RoomKind kind, const std::string& id, Dialect dialect = Dialect::kGen1) {
    (void)store.rooms().Update(Creating(rtcroom::MakeRoom(kind, id, "creator", dialect)));
    clock.Advance(std::chrono::minutes(1));  // not recent for those who join
    Follow();
  }
  void EndRoom(RoomKind kind, const std::string& id) {
    (void)store.rooms().Update(Destroying(MakeKey(kind, id)));
    Follow();
  }
  /// Joins and returns the key of the room's poll.
  std::string Join(const Client& client, const std::string& group) {
    return Call(client, "group_open_http_svc/apply_join_group", {{"GroupId", group}})
        .at("LongPollingKey");
  }
  /// @param number  the sender's, which distinguishes a message from a repetition.
  nlohmann::json SendText(const Client& client, const std::string& group, const std::string& text,
                          std::uint64_t number) {
    nlohmann::json reply = Call(client, "group_open_http_svc/send_group_msg",
                                {{"GroupId", group},
                                 {"Random", number},
                                 {"MsgBody", RoomText(text)},
                                 {"MsgPriority", "COMMON"}});
    Follow();
    return reply;
  }
  nlohmann::json SendDirect(const Client& client, const std::string& to, const std::string& text,
                            std::uint64_t number) {
    nlohmann::json reply = Call(client, "openim/sendmsg",
                                {{"To_Account", to},
                                 {"MsgSeq", number},
                                 {"MsgRandom", number},
                                 {"MsgTimeStamp", 1},
                                 {"MsgBody", {Text(text)}}});
    Follow();
    return reply;
  }
  static nlohmann::json Text(const std::string& text) {
    return {{"MsgType", "TIMTextElem"}, {"MsgContent", {{"Text", text}}}};
  }
  /// A text as the room libraries send it.
  static nlohmann::json RoomText(const std::string& text) {
    const std::string data = R"({"cmd":"CustomTextMsg","data":{"nickName":"A","headPic":"123"}})";
    return {
        {{"MsgType", "TIMCustomElem"}, {"MsgContent", {{"Data", data}, {"Desc", ""}, {"Ext", ""}}}},
        Text(text)};
  }

  /// Gives the channel what was committed since the last call.
  void Follow() {
    const auto messages = store.messages().ReadMessages(messages_at_, 1000);
    auto page = store.rooms().ReadEvents(events_at_, 1000);
    events_at_ = page->next;
    if (channel.options().access == GroupAccess::kMembers) (void)former.OnEvents(page->events);
    seated.OnCommit({.events = page->events});
    viewers.OnCommit({.events = page->events});
    created.OnCommit({.events = page->events});
    if (!messages->empty()) messages_at_ = messages->back().position;
    channel.messages().Advance(messages_at_);
    receivers.Push(page->events, *messages);
  }
  [[nodiscard]] ChannelSizes sizes() const {
    ChannelSizes sizes = channel.sizes();
    ChannelCounts counts;
    clients.AddTo(sizes, counts);
    return sizes;
  }
  /// The server lost the database so long ago.
  void CutOff(std::chrono::milliseconds since) {
    node.Renew(node.Now());
    boot_clock.Advance(node.ttl() + since);
  }
  void Tick(std::chrono::milliseconds by) {
    clock.Advance(by);
    channel.OnTick();
    receivers.OnTick();
    clients.OnTick();
    channel.Save();
    clients.Save();
  }
  /// Waits until the requests of sockets are answered.
  void Settle() {
    bool is_idle = false;
    while (!is_idle) {
      std::promise<bool> run;
      (void)workers.TrySubmit(ThreadPool::Urgency::kNormal,
                              [&] { run.set_value(workers.waiting() == 0); });
      is_idle = run.get_future().get();
    }
  }

  static constexpr const char* kRoomPoll = "/v1/group_open_long_polling_http_noauth_svc/get_msg";

  FakeClock clock;
  RemovalClock removal{clock};  ///< behind the wall clock unless the test begins it
  const DatingClock dates{clock, removal};
  FakeBootClock boot_clock;
  NodeLease node{boot_clock};  ///< cut off once it ends
  CountingRandom random;
  Logger logger{LogFormat::kJson, LogLevel::kError};
  RecordingListener listener;
  std::shared_ptr<TempStore> stored;  // shared with a fixture of the server after a restart
  TempStore& store = *stored;
  const FakeStreams streams{};
  BanList bans{clock, streams};
  EndedLoginList ends;
  AccountValidities validities;
  FakeAdmission admission;
  FakeAdmission costs;
  std::unique_ptr<UserSigVerifier> verifier = *UserSigVerifier::Create(
      {.sdk_app_id = kSdkAppId, .secret_key = Key(), .validities = &validities});
  std::atomic<bool> may_store_plain{true};
  RecordedLatencies latencies;
  PushReceivers receivers;
  Channel channel;
  PendingCalls calls{clock};
  WebimClients clients{channel, receivers, calls};
  FormerMembers former{store.rooms(), receivers};
  FakeSessions sessions;
  SeatedUsers seated;
  ViewerLeases viewers{clock, {}};
  CreatedGroups created{clock, std::chrono::minutes(10)};
  OtherServers others;
  SecondLooks looks{&others, admission, clock};
  ThreadPool workers{1, 1000};  ///< one, so that it is idle when its last task has run
  RequestIds request_ids{"test"};
  LastRequest recorded;
  RequestRecorder recorder{request_ids, recorded, clock, logger};
  Cors cors;
  const PipelineDeps pipeline{&recorder, &cors, &node};
  WebimRouter webim;
  ChannelRouter new_clients;
  tim::TimRouter sdks;
  Paths router{webim, new_clients, sdks};

 private:
  static Secret Key() { return Secret("a key of an application, for tests"); }

  Cursor events_at_;
  std::uint64_t messages_at_ = 0;
};

}  // namespace rtcroom
