// Each metric changes on its cause, and every metric has a test that changes it.
#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/e2e/channel_caller.h"
#include "tests/e2e/followers.h"
#include "tests/e2e/room_calls.h"
#include "tests/e2e/web_socket_client.h"
#include "tests/support/answering_service.h"
#include "tests/support/foreign_connection.h"
#include "tests/support/gen2_client.h"
#include "tests/support/im_stand_in.h"
#include "tests/support/metrics_text.h"
#include "tests/support/mix_reader.h"
#include "tests/support/node_metrics.h"
#include "tests/support/raw_client.h"
#include "tests/support/server_process.h"
#include "tests/support/test_certificate.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

/// More than the maximum number of a server (WatchOptions).
constexpr std::size_t kOneFollowerTooMany = 4097;
/// Thousands of streams are the slowest step for a sanitized server.
constexpr auto kManyFollowersTimeout = 120s;

/// Long enough for the server to detect the stall.
constexpr auto kStandstill = 400ms;

MetricsText Scrape(const ServerProcess& server) {
  return MetricsText::Read(server.Admin().Get("/metrics").text);
}

Settings QuietSettings(const ImStandIn& im) {
  Settings settings = WithLogins();
  settings["im.enabled"] = true;
  settings["channel.enabled"] = true;
  settings["im.base_url"] = im.base_url();
  settings["room.heartbeat_timeout"] = "1h";
  settings["store.max_events"] = 200;
  settings["server.workers"] = 1;
  return settings;
}

/// Short timeouts: members are evicted, and a stall is detected, quickly.
Settings RestlessSettings() {
  return {{"room.heartbeat_timeout", "300ms"},
          {"room.sweep_period", "50ms"},
          {"room.max_rooms", 4711},
          {"auth.max_tokens", 4711},
          {"store.max_events", 4711},
          {"server.max_connections", 47}};
}

/// With the message channel, and nearly without memory and rates of it.
Settings TalkingSettings() {
  return {{"channel.enabled", true},
          {"channel.max_group_log", 1},
          {"channel.account_rate", "1000/s"},
          {"channel.group_rate", "1000/s"}};
}

constexpr const char* kMediaToken = "a token of the operator";

/// Beside an nginx, and a TRTC that does not answer as it does.
Settings MediaSettings(const AnsweringService& media) {
  return WithLogins({{"live.api", "nginx-rtmp"},
                     {"live.api_base_url", media.Url()},
                     {"live.poll_period", "100ms"},
                     {"live.unclaimed_ttl", "1ms"},
                     {"mix.max", 1},
                     {"live.rtmp_callback_secret", "key"},
                     {"trtc.enabled", true},
                     {"trtc.base_url", media.Url()},
                     {"trtc.region", "ap-guangzhou"},
                     {"trtc.secret_id", "id"},
                     {"trtc.secret_key", "key"},
                     {"admin.token", kMediaToken}});
}

/// Beside a live service that mixes, and has no stream.
Settings CloudSettings(const AnsweringService& cloud) {
  return {
      {"live.api", "v1"},      {"live.api_base_url", cloud.Url()}, {"live.app_id", "1"},
      {"live.api_key", "key"}, {"room.heartbeat_timeout", "1s"},   {"room.sweep_period", "50ms"}};
}

class ServerMetrics : public testing::Test {
 protected:
  using Cause = std::function<void()>;

  /// Checks that the metrics change on the cause, and records that they are covered.
  void Check(const std::vector<std::string>& metrics, const Cause& cause,
             const ServerProcess* server = nullptr) {
    if (server == nullptr) server = &quiet_;
    const MetricsText before = Scrape(*server);
    cause();
    ExpectMoved(metrics, before, *server);
  }

  void ExpectMoved(const std::vector<std::string>& metrics, const MetricsText& before,
                   const ServerProcess& server) {
    for (const std::string& metric : metrics) {
      EXPECT_TRUE(Eventually([&] { return Scrape(server).Differs(metric, before); }))
          << metric << " does not change";
      moved_.insert(metric);
    }
  }

  void Create(ServerProcess& server, const std::string& room, const std::string& user = "u1") {
    const ApiReply reply = server.Https().Call("multi_room", "create_room", CreateBody(user, room));
    ASSERT_EQ(reply.code(), kOk) << reply;
  }

  [[nodiscard]] static std::filesystem::path Database(const ServerProcess& server) {
    return server.data_directory() / "rtcroomd.db";
  }

  void CheckConnections() {
    // Several, since disconnected clients may still be counted at first.
    constexpr std::size_t kPhones = 10;
    std::list<ApiClient> phones;
    Check({"rtcroomd_connections", "rtcroomd_connections_total", "rtcroomd_tls_handshakes_total",
           "rtcroomd_requests_total", "rtcroomd_request_duration_seconds",
           "rtcroomd_request_failures_total", "process_open_fds"},
          [&] {
            while (phones.size() < kPhones) {
              phones.push_back(quiet_.Https());
              EXPECT_EQ(phones.back().Call("multi_room", "get_pushers", RoomBody("nowhere")).code(),
                        kNoSuchRoom);
            }
          });
    Check({"rtcroomd_refusals_total"}, [&] {
      RawClient raw(quiet_.AddressOf("http"));
      raw.Send("nonsense\r\n\r\n");
      EXPECT_EQ(raw.Receive().status, 400);
    });
  }

  void CheckRooms() {
    Check({"rtcroomd_rooms", "rtcroomd_members", "rtcroomd_leases", "rtcroomd_rooms_created_total",
           "rtcroomd_store_commit_group_size", "rtcroomd_store_commit_duration_seconds",
           "rtcroomd_events_retained", "rtcroomd_im_calls_total"},
          [&] { Create(quiet_, "r1"); });
    Check({"rtcroomd_rooms_ended_total", "rtcroomd_store_log_bytes"}, [&] {
      EXPECT_EQ(quiet_.Https().Call("multi_room", "destroy_room", MemberBody("r1", "u1")).code(),
                kOk);
    });
    Check({"rtcroomd_sessions"}, [&] { (void)LoggedIn(quiet_, "u1", "live_room"); });
    Check({"rtcroomd_logins_refused_total"}, [&] {
      ApiClient api = quiet_.Https();
      (void)LogIn(api, {.user_id = "u1", .user_sig = "none"});
    });
    Check({"rtcroomd_evictions_total"}, [&] { Create(restless_, "silent"); }, &restless_);
  }

  void CheckProcess() {
    // A process that has not needed the memory before.
    EXPECT_EQ(quiet_.Terminate(), 0);
    quiet_.Start();
    Check({"process_cpu_seconds_total", "process_resident_memory_bytes",
           "process_virtual_memory_bytes"},
          [&] {
            // New threads of gRPC, and their memory.
            const Followers followers(quiet_.AddressOf("grpc"), 50, Reading::kReads);
            for (int i = 0; i < 100; ++i) {
              (void)quiet_.Http().Call("multi_room", "get_room_list", {{"index", 0}, {"cnt", 1}});
            }
          });
    Check(
        {"process_max_fds"},
        [&] {
          const rlimit lower{.rlim_cur = 512, .rlim_max = 512};
          EXPECT_EQ(prlimit(restless_.child().pid(), RLIMIT_NOFILE, &lower, nullptr), 0);
        },
        &restless_);
    Check({"rtcroomd_data_directory_free_bytes"}, [&] {
      std::ofstream(quiet_.data_directory() / "ballast") << std::string(64UL << 20U, 'x');
    });
    Check({"rtcroomd_tls_certificate_expiry_timestamp_seconds"}, [&] {
      const MetricsText before = Scrape(quiet_);
      // The expiry is a fixed time after its creation: in the next second at the latest it differs.
      EXPECT_TRUE(Eventually([&] {
        WriteTestCertificate(quiet_.certificate(), quiet_.certificate_key());
        quiet_.Signal(SIGHUP);
        return Scrape(quiet_).Differs("rtcroomd_tls_certificate_expiry_timestamp_seconds", before);
      }));
    });
    Check(
        {"rtcroomd_stalls_total"},
        [&] {
          const auto until = std::chrono::steady_clock::now() + kStandstill;
          restless_.Signal(SIGSTOP);
          EXPECT_TRUE(Eventually([&] { return std::chrono::steady_clock::now() >= until; }));
          restless_.Signal(SIGCONT);
        },
        &restless_);
  }

  /// Metrics that never change, and differ between two servers.
  void CheckConstants() {
    ExpectMoved({"rtcroomd_connections_limit", "rtcroomd_rooms_limit", "rtcroomd_sessions_limit",
                 "rtcroomd_events_limit", "process_start_time_seconds"},
                Scrape(quiet_), restless_);
    for (const auto& [series, value] : Scrape(quiet_).series) {
      if (series.starts_with("rtcroomd_build_info{version=")) moved_.insert("rtcroomd_build_info");
    }
    moved_.merge(MetricsOfNodes());  // those of a server that is alone; tests/cluster changes them
  }

  void CheckATroubledStore() {
    ForeignConnection other(Database(restless_));
    // A lease expires while writes fail. If the eviction was too early, another follows.
    ASSERT_TRUE(Eventually([&] {
      Create(restless_, "doomed");
      other.Execute("BEGIN IMMEDIATE");
      const bool is_there =
          restless_.Https().Call("multi_room", "get_pushers", RoomBody("doomed")).code() == kOk;
      if (!is_there) other.Execute("COMMIT");
      return is_there;
    }));
    Check(
        {"rtcroomd_store_errors_total", "rtcroomd_ready", "rtcroomd_reaper_lag_seconds"}, [] {},
        &restless_);
    other.Execute("COMMIT");
    EXPECT_TRUE(Eventually([&] { return Scrape(restless_).Of("rtcroomd_ready") == 1; }));

    ForeignConnection third(Database(quiet_));
    third.Execute("BEGIN IMMEDIATE");
    std::vector<std::jthread> phones;  // more than there are workers
    Check({"rtcroomd_waiting_requests"}, [&] {
      for (int i = 0; i < 4; ++i) {
        phones.emplace_back([&, user = "waiting-" + std::to_string(i)] {
          (void)quiet_.Http().Call("live_room", "delete_pusher", MemberBody("r1", user));
        });
      }
    });
    third.Execute("COMMIT");
  }

  void CheckFollowers() {
    {
      const MetricsText unwatched = Scrape(quiet_);
      const Followers followers(quiet_.AddressOf("grpc"), 1, Reading::kReads);
      ExpectMoved({"rtcroomd_watchers"}, unwatched, quiet_);
      Check({"rtcroomd_watch_events_total"}, [&] { Create(quiet_, "watched"); });
      // Checked while the events cannot be read: there is no lag after recovery.
      ForeignConnection other(Database(quiet_));
      const MetricsText in_time = Scrape(quiet_);
      other.Execute("ALTER TABLE events RENAME TO hidden");
      ExpectMoved({"rtcroomd_watch_lag_seconds"}, in_time, quiet_);
      other.Execute("ALTER TABLE hidden RENAME TO events");
    }
    Check({"rtcroomd_watch_refused_total"}, [&] {
      const Followers followers(quiet_.AddressOf("grpc"), kOneFollowerTooMany, Reading::kReads);
      EXPECT_TRUE(Eventually([&] { return Scrape(quiet_).Of("rtcroomd_watch_refused_total") > 0; },
                             kManyFollowersTimeout));
    });
  }

  void CheckTheImService() {
    im_.Behave(GroupCommand::kSystemNotice, ImConduct::Status(500));
    Create(quiet_, "room", "host");
    Check({"rtcroomd_im_retries_total", "rtcroomd_im_pending_groups", "rtcroomd_im_lag_events"},
          [&] {
            (void)quiet_.Https().Call("multi_room", "add_pusher", PusherBody("room", "guest"));
          });
    im_.Behave(GroupCommand::kSystemNotice, std::nullopt);
    EXPECT_TRUE(Eventually([&] { return Scrape(quiet_).Of("rtcroomd_im_pending_groups") == 0; }));
    im_.Behave(GroupCommand::kSystemNotice, ImConduct::ErrorCode(10010));
    Check({"rtcroomd_im_dropped_total"}, [&] {
      (void)quiet_.Https().Call("multi_room", "add_pusher", PusherBody("room", "third"));
    });
    im_.Behave(GroupCommand::kSystemNotice, std::nullopt);

    Check({"rtcroomd_events_trimmed_total"}, [&] {
      for (int i = 0; i < 120; ++i) {
        (void)quiet_.Https().Call("multi_room", "add_pusher", PusherBody("room", "guest"));
        (void)quiet_.Https().Call("multi_room", "delete_pusher", MemberBody("room", "guest"));
      }
    });
  }

  void CheckTheChannel() {
    constexpr int kTooManyForTheInbox = 120;
    constexpr int kTooManyForTheTail = 60;
    Create(talking_, "group");
    const MetricsText silent = Scrape(talking_);
    ChannelCaller alice = ChannelCaller::ChosenBy(talking_);
    ChannelCaller bob = ChannelCaller::ChosenBy(talking_);
    const std::string key = alice.Join("group");
    ExpectMoved({"rtcroomd_channel_instances", "rtcroomd_channel_groups"}, silent, talking_);
    const auto ask = [&](int start) {
      return alice.Call(kRoomPoll, {{"StartSeq", start}, {"Key", key}}).json;
    };
    Check(
        {"rtcroomd_channel_messages_total", "rtcroomd_channel_guarded_total",
         "rtcroomd_channel_deliveries_total"},
        [&] {
          EXPECT_EQ(alice.SendToGroup("group", BareText("without a command")).json["ErrorCode"], 0);
          EXPECT_EQ(ask(0)["RspMsgList"].size(), 1U);
        },
        &talking_);
    Check({"rtcroomd_channel_redeliveries_total"}, [&] { (void)ask(0); }, &talking_);
    Check(
        {"rtcroomd_channel_gaps_total"},
        [&] {
          const nlohmann::json text = BareText(std::string(8000, 'x'));
          for (int i = 0; i < kTooManyForTheTail; ++i) {
            EXPECT_EQ(alice.SendToGroup("group", text).json["ErrorCode"], 0);
          }
          EXPECT_TRUE(Eventually([&] {
            (void)ask(2);
            return Scrape(talking_).Of("rtcroomd_channel_gaps_total") > 0;
          }));
        },
        &talking_);
    {
      const MetricsText before = Scrape(talking_);
      const std::jthread poll([&] { (void)bob.Call(kAccountPoll); });
      ExpectMoved({"rtcroomd_channel_polls"}, before, talking_);
      EXPECT_EQ(alice.SendDirect(bob.account(), "x"), 0);
      ExpectMoved({"rtcroomd_channel_delivery_duration_seconds"}, before, talking_);
    }
    Check(
        {"rtcroomd_channel_dropped_total"},
        [&] {
          for (int i = 0; i < kTooManyForTheInbox; ++i) {
            (void)alice.SendDirect(bob.account(), "x");
          }
        },
        &talking_);
    Check({"rtcroomd_channel_kicked_total"}, [&] { (void)bob.LogIn(); }, &talking_);
    CheckSockets(alice, bob);
  }

  void CheckSockets(ChannelCaller& speaker, const ChannelCaller& listener) {
    const MetricsText before = Scrape(talking_);
    WebSocketClient deaf(talking_);
    deaf.Ask("connect", {{"userID", listener.account()}, {"userSig", *listener.user().ticket}});
    ExpectMoved({"rtcroomd_channel_sockets"}, before, talking_);
    Check(
        {"rtcroomd_channel_slow_readers_total"},
        [&] {
          const nlohmann::json text = BareText(std::string(8000, 'x'));
          EXPECT_TRUE(Eventually([&] {
            (void)speaker.SendToAccount(listener.account(), text);
            return Scrape(talking_).Of("rtcroomd_channel_slow_readers_total") > 0;
          }));
        },
        &talking_);
    EXPECT_GT(Scrape(talking_).Of(R"(rtcroomd_channel_deliveries_total{path="socket"})"), 0);
  }

  void CheckTheMediaServer() {
    media_.Answer(NginxList(""));
    ApiClient caller = streaming_.Http();
    const auto call = [&](const std::string& key, const std::string& body) {
      (void)caller.Send({.target = "/callback/rtmp/" + key,
                         .content_type = "application/x-www-form-urlencoded",
                         .body = body});
    };
    Check({"rtcroomd_media_poll_seconds"}, [] {}, &streaming_);
    Check(
        {"rtcroomd_media_callbacks_total", "rtcroomd_streams", "rtcroomd_media_drops_total"},
        [&] {
          call("a wrong key", "");
          call("key", "app=live&clientid=1&call=publish&name=nobody");
        },
        &streaming_);
    Check(
        {"rtcroomd_trtc_calls_total", "rtcroomd_trtc_pending_calls"},
        [&] {
          const ApiReply room = caller.Call("webrtc_room", "create_room",
                                            {{"userID", "alice"}, {"roomInfo", "info"}});
          (void)streaming_.Admin().Send(
              {.target = "/console/api/kick",
               .body =
                   nlohmann::json{
                       {"kind", "webrtc"}, {"roomID", room.Text("roomID")}, {"userID", "alice"}}
                       .dump(),
               .headers = {{"Authorization", std::string("Bearer ") + kMediaToken}}});
        },
        &streaming_);
    CheckMixes();
    Check({"rtcroomd_media_server_up"}, [&] { media_.Answer(""); }, &streaming_);
  }

  void CheckTheLiveService() {
    cloud_.Answer(HttpAnswer("200 OK", R"({"code":0,"ret":20601})"));
    nlohmann::json mix = MemberBody("r1", "u1");
    mix["mergeParams"] = nlohmann::json::parse(
        R"({"interface":{"para":{"output_stream_id":"u1","input_stream_list":)"
        R"([{"input_stream_id":"u1","layout_params":{"image_layer":1}}]}}})");
    Check(
        {"rtcroomd_mix_requests_total", "rtcroomd_stream_states_total"},
        [&] {
          EXPECT_TRUE(Eventually([&] {
            ApiClient caller = mixing_.Http();
            (void)caller.Call("live_room", "create_room", CreateBody("u1", "r1"));
            return caller.Call("live_room", "merge_stream", mix).code() == kOk;
          }));
        },
        &mixing_);
  }

  void CheckMixes() {
    Check(
        {"rtcroomd_mixes"},
        [&] {
          const ApiReply created =
              streaming_.Http().Call("live_room", "create_room", CreateBody("host", "show"));
          EXPECT_EQ(created.code(), kOk) << created;
          media_.Answer(
              NginxList("<stream><name>host</name><bytes_in>1</bytes_in>"
                        "<client><id>7</id><publishing/><active/></client></stream>"));
        },
        &streaming_);
    std::optional<MixReader> reader;
    Check(
        {"rtcroomd_mix_followers"},
        [&] {
          reader.emplace(grpc::CreateChannel(streaming_.AddressOf("grpc"),
                                             grpc::InsecureChannelCredentials()));
          EXPECT_TRUE(reader->ReadUntil({"host"}));
        },
        &streaming_);
  }

  ImStandIn im_;
  ServerProcess quiet_{{.settings = QuietSettings(im_)}};
  ServerProcess restless_{{.settings = RestlessSettings()}};
  ServerProcess talking_{{.settings = TalkingSettings()}};
  AnsweringService media_;
  ServerProcess streaming_{{.settings = MediaSettings(media_)}};
  AnsweringService cloud_;
  ServerProcess mixing_{{.settings = CloudSettings(cloud_)}};
  std::set<std::string> moved_;
};

TEST_F(ServerMetrics, ChangeWithTheirCause) {
  // A subscriber that never reads is allowed half a minute; the others are tested meanwhile.
  const Followers deaf(restless_.AddressOf("grpc"), 1, Reading::kNeverReads);
  ASSERT_TRUE(Eventually([&] { return Scrape(restless_).Of("rtcroomd_watchers") == 1; }));
  const MetricsText at_first = Scrape(restless_);
  std::jthread noise([&] {
    ApiClient client = restless_.Http();
    nlohmann::json body = CreateBody("u1");
    body["roomName"] = std::string(1000, 'x');
    // Many times its window.
    for (int i = 0; i < 400; ++i) (void)client.Call("live_room", "create_room", body);
  });

  CheckConstants();
  CheckConnections();
  CheckRooms();
  CheckFollowers();
  CheckTheImService();
  CheckTheChannel();
  CheckTheMediaServer();
  CheckTheLiveService();
  CheckProcess();
  EXPECT_TRUE(Eventually([&] { return Scrape(restless_).Of("rtcroomd_watch_slow_total") == 1; },
                         120s, kSeldom));
  ExpectMoved({"rtcroomd_watch_slow_total"}, at_first, restless_);
  noise = {};
  CheckATroubledStore();
  moved_.insert("rtcroomd_log_lines_dropped_total");  // log_reader_test.cc
  std::set<std::string> without_cause;
  for (const ServerProcess* const server : {&quiet_, &restless_, &streaming_, &mixing_}) {
    without_cause.merge(Scrape(*server).families);
  }
  // These need a worker: web_sessions_test.cc.
  std::erase_if(without_cause, [](const auto& name) { return name.starts_with("rtcroomd_web_"); });
  for (const std::string& metric : moved_) {
    EXPECT_EQ(without_cause.erase(metric), 1U) << metric << " is not exposed";
  }
  EXPECT_THAT(without_cause, IsEmpty()) << "metrics without a cause in this test";
}

}  // namespace
}  // namespace rtcroom
