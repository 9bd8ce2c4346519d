#include "daemon/admin/metrics.h"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/auth/admission.h"
#include "tests/support/fake_clock.h"
#include "tests/support/only_node.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

class MetricsTest : public testing::Test {
 protected:
  void Observe(std::string_view endpoint, std::optional<Dialect> dialect, int code,
               std::chrono::nanoseconds duration = 1ms) {
    metrics_.OnRequest({.endpoint = endpoint, .dialect = dialect, .code = code}, 200, duration);
  }

  std::uint64_t leases_ = 0;
  RoomCounts counts_;
  ChannelStats channel_;
  bool ready_ = true;
  OnlyNode node_;
  std::chrono::milliseconds log_age_{0};
  ReplicationState replication_;
  FakeClock clock_;
  Metrics metrics_{"1.2.3",
                   clock_,
                   TimePoint(1234ms),
                   {.rooms = [](RoomKind kind) { return static_cast<std::uint64_t>(kind) * 10; },
                    .room_counts = [this] { return counts_; },
                    .leases = [this] { return leases_; },
                    .sessions = [] { return 9U; },
                    .refused_logins = [](LoginOutcome why) { return static_cast<unsigned>(why); },
                    .ready = [this] { return ready_; },
                    .free_bytes = [] { return 4096U; },
                    .store_log_bytes = [] { return 8192U; },
                    .waiting_requests = [] { return 3U; },
                    .channel = [this] { return channel_; },
                    .log_lines_dropped = [](LogLevel of) { return static_cast<unsigned>(of); },
                    .node = [this]() -> const NodeLease& { return node_.lease; },
                    .log_age = [this] { return log_age_; },
                    .replication = [this]() -> const ReplicationState& { return replication_; }}};
};

TEST_F(MetricsTest, CountRequestsByEndpointDialectAndCode) {
  Observe("add_pusher", Dialect::kGen1, 0);
  Observe("add_pusher", Dialect::kGen1, 0);
  Observe("add_pusher", Dialect::kGen1, 5001);
  Observe("add_pusher", Dialect::kGen2, 0);
  Observe("unknown", std::nullopt, 1);
  const std::string text = metrics_.Text();
  for (const char* line :
       {R"(rtcroomd_requests_total{code="0",dialect="gen1",endpoint="add_pusher"} 2)",
        R"(rtcroomd_requests_total{code="5001",dialect="gen1",endpoint="add_pusher"} 1)",
        R"(rtcroomd_requests_total{code="0",dialect="gen2",endpoint="add_pusher"} 1)",
        R"(rtcroomd_requests_total{code="1",dialect="none",endpoint="unknown"} 1)"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(MetricsTest, PutDurationsIntoOneHistogramForEachEndpoint) {
  Observe("add_pusher", Dialect::kGen1, 0, 2ms);
  Observe("add_pusher", Dialect::kGen2, 6, 3s);
  const std::string text = metrics_.Text();
  constexpr const char* kName = "rtcroomd_request_duration_seconds";
  for (const char* rest :
       {R"(_count{endpoint="add_pusher"} 2)", R"(_bucket{endpoint="add_pusher",le="0.001"} 0)",
        R"(_bucket{endpoint="add_pusher",le="0.0025"} 1)",
        R"(_bucket{endpoint="add_pusher",le="5"} 2)"}) {
    EXPECT_THAT(text, HasSubstr(std::string(kName) + rest));
  }
}

TEST_F(MetricsTest, OmitUnknownDurations) {
  metrics_.OnRequest({.code = 1}, 400, std::nullopt);
  const std::string text = metrics_.Text();
  EXPECT_THAT(text, HasSubstr(R"({code="1",dialect="none",endpoint="unknown"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(_count{endpoint="unknown"} 0)"));
}

TEST_F(MetricsTest, CountConnectionsAndHandshakesByListener) {
  ConnectionCounts& phones = metrics_.ConnectionsOf("https");
  phones.opened += 2;
  ++phones.handshakes;
  ++phones.closed;
  ++metrics_.ConnectionsOf("admin").opened;
  const std::string text = metrics_.Text();
  EXPECT_THAT(text, HasSubstr("rtcroomd_connections{listener=\"https\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("rtcroomd_connections_total{listener=\"https\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("rtcroomd_tls_handshakes_total{listener=\"https\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("rtcroomd_connections_total{listener=\"admin\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("rtcroomd_waiting_requests 3\n"));
  EXPECT_EQ(metrics_.Totals().connections, 3U);
  EXPECT_EQ(metrics_.Totals().handshakes, 1U);
}

TEST_F(MetricsTest, CountEachCauseOfARefusal) {
  for (const RefusalCauseName& row : kRefusalCauses) {
    metrics_.ConnectionsOf("admin").Count(row.cause);
  }
  metrics_.OnRequest({.endpoint = "add_pusher", .code = 6, .failure = Errc::kTooManyRequests}, 200,
                     1ms);
  const std::string text = metrics_.Text();
  for (const RefusalCauseName& row : kRefusalCauses) {
    EXPECT_THAT(text,
                HasSubstr(fmt::format(
                    "rtcroomd_refusals_total{{cause=\"{}\",listener=\"admin\"}} 1\n", row.name)));
  }
  EXPECT_THAT(text, HasSubstr(R"(rtcroomd_refusals_total{cause="rate_limit"} 1)"));
  metrics_.OnRequest({.endpoint = "get_login_info",
                      .code = 6,
                      .failure = Errc::kTooManyRequests,
                      .failure_detail = std::string(kTooManyTickets)},
                     200, 1ms);
  EXPECT_THAT(metrics_.Text(), HasSubstr(R"(rtcroomd_refusals_total{cause="signing_rate"} 1)"));
  EXPECT_THAT(metrics_.Text(), HasSubstr(R"(rtcroomd_refusals_total{cause="rate_limit"} 1)"));
  EXPECT_EQ(metrics_.Totals().refusals, kRefusalCauses.size() + 2);
}

TEST_F(MetricsTest, ShowWhatTheNodeDoesForAll) {
  node_.lease.Record({.terms = {1, std::nullopt, std::nullopt, std::nullopt}, .nodes = 3});
  const std::string held = metrics_.Text();
  EXPECT_THAT(held, HasSubstr("rtcroomd_nodes 3"));
  EXPECT_THAT(held, HasSubstr(R"(rtcroomd_duty{duty="reaper"} 1)"));
  EXPECT_THAT(held, HasSubstr(R"(rtcroomd_duty{duty="im"} 0)"));
  EXPECT_THAT(held, HasSubstr("rtcroomd_node_cut_off_seconds 0"));
  node_.lease.Renew(node_.lease.Now() - NodeLease::kTtl - 2s);
  const std::string cut_off = metrics_.Text();
  EXPECT_THAT(cut_off, HasSubstr(R"(rtcroomd_duty{duty="reaper"} 0)"));
  EXPECT_THAT(cut_off, HasSubstr("rtcroomd_node_cut_off_seconds 2"));
}

TEST_F(MetricsTest, ShowWhatTheDatabaseLacks) {
  EXPECT_THAT(metrics_.Text(), AllOf(HasSubstr("rtcroomd_store_without_standby 0\n"),
                                     HasSubstr("rtcroomd_store_two_primaries 0\n")));
  replication_.lacks_standby = true;
  EXPECT_THAT(metrics_.Text(), HasSubstr("rtcroomd_store_without_standby 1\n"));
  replication_.has_two_primaries = true;
  EXPECT_THAT(metrics_.Text(), HasSubstr("rtcroomd_store_two_primaries 1\n"));
}

TEST_F(MetricsTest, ShowByHowMuchTheClockDiffers) {
  EXPECT_THAT(metrics_.Text(), HasSubstr("rtcroomd_clock_difference_seconds 0\n"));
  node_.lease.Record({.clock_ahead = -90500ms});
  EXPECT_THAT(metrics_.Text(), HasSubstr("rtcroomd_clock_difference_seconds -90.5\n"));
}

TEST_F(MetricsTest, ShowHowOldTheKnowledgeOfTheOtherNodesIs) {
  EXPECT_THAT(metrics_.Text(), HasSubstr("rtcroomd_node_told_age_seconds 0\n"));
  EXPECT_THAT(metrics_.Text(), HasSubstr("rtcroomd_store_follower_age_seconds 0\n"));
  node_.lease.Record({.nodes = 2, .told_ago = 1500ms});
  log_age_ = 20ms;
  EXPECT_THAT(metrics_.Text(), HasSubstr("rtcroomd_node_told_age_seconds 1.5\n"));
  EXPECT_THAT(metrics_.Text(), HasSubstr("rtcroomd_store_follower_age_seconds 0.02\n"));
}

TEST_F(MetricsTest, ReadRoomsAndLeasesAtEachScrape) {
  leases_ = 7;
  EXPECT_THAT(metrics_.Text(), HasSubstr("rtcroomd_leases 7"));
  leases_ = 8;
  const std::string text = metrics_.Text();
  EXPECT_THAT(text, HasSubstr("rtcroomd_leases 8"));
  EXPECT_THAT(text, HasSubstr(R"(rtcroomd_rooms{kind="double"} 10)"));
  EXPECT_THAT(text, HasSubstr(R"(rtcroomd_rooms{kind="multi"} 20)"));
  EXPECT_THAT(text, HasSubstr(R"(rtcroomd_rooms{kind="live"} 30)"));
}

TEST_F(MetricsTest, ShowReaperFigures) {
  EXPECT_THAT(metrics_.Text(),
              HasSubstr(R"(rtcroomd_evictions_total{reason="heartbeat_timeout"} 0)"));
  counts_.evictions = {.heartbeat_timeout = 5, .kicked = 1, .idle = 2, .dismissed = 3};
  metrics_.SetReaperLag(1500ms);
  metrics_.CountStall();
  const std::string text = metrics_.Text();
  EXPECT_THAT(text, HasSubstr(R"(rtcroomd_evictions_total{reason="heartbeat_timeout"} 5)"));
  EXPECT_THAT(text, HasSubstr(R"(rtcroomd_evictions_total{reason="kicked"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(rtcroomd_evictions_total{reason="idle"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(rtcroomd_evictions_total{reason="dismissed"} 3)"));
  EXPECT_THAT(text, HasSubstr("rtcroomd_stalls_total 1"));
  EXPECT_THAT(text, HasSubstr("rtcroomd_reaper_lag_seconds 1.5"));
}

TEST_F(MetricsTest, ShowMembersByKindAndRole) {
  counts_.pushers = {1, 2, 3, 4};
  counts_.audiences = {0, 0, 30, 0};
  counts_.created = {5, 6, 7, 8};
  counts_.ended = {1, 1, 2, 1};
  const std::string text = metrics_.Text();
  for (const char* const line :
       {R"(rtcroomd_members{kind="double",role="pusher"} 1)",
        R"(rtcroomd_members{kind="webrtc",role="pusher"} 4)",
        R"(rtcroomd_members{kind="live",role="audience"} 30)",
        R"(rtcroomd_rooms_created_total{kind="multi"} 6)",
        R"(rtcroomd_rooms_ended_total{kind="live"} 2)", "rtcroomd_sessions 9"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(MetricsTest, CountFailuresByTheirReason) {
  metrics_.OnRequest({.endpoint = "add_pusher", .code = 6, .failure = Errc::kStoreBusy}, 200, 1ms);
  metrics_.OnRequest({.endpoint = "add_pusher", .code = 6, .failure = Errc::kUnavailable}, 200,
                     1ms);
  metrics_.OnRequest({.endpoint = "add_pusher", .code = 0}, 200, 1ms);
  const std::string text = metrics_.Text();
  EXPECT_THAT(text, HasSubstr(R"(rtcroomd_request_failures_total{failure="store_busy"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(rtcroomd_request_failures_total{failure="unavailable"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"({code="6",dialect="none",endpoint="add_pusher"} 2)"));
}

TEST_F(MetricsTest, ShowLimitsAndCertificates) {
  metrics_.SetLimits({.connections = 1, .rooms = 2, .sessions = 3, .events = 4});
  metrics_.SetCertificateExpiry("https", kNoon);
  metrics_.SetCertificateExpiry("https", kNoon + 1h);
  const std::string text = metrics_.Text();
  for (const char* const line :
       {"rtcroomd_connections_limit 1\n", "rtcroomd_rooms_limit 2\n", "rtcroomd_sessions_limit 3\n",
        "rtcroomd_events_limit 4\n",
        R"(rtcroomd_tls_certificate_expiry_timestamp_seconds{listener="https"} 1700003600)"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(MetricsTest, ShowReadiness) {
  EXPECT_THAT(metrics_.Text(), HasSubstr("rtcroomd_ready 1\n"));
  ready_ = false;
  EXPECT_THAT(metrics_.Text(), HasSubstr("rtcroomd_ready 0\n"));
}

TEST_F(MetricsTest, ShowProcessMetricsOfTheKernel) {
  const std::string text = metrics_.Text();
  for (const char* const name : {"process_cpu_seconds_total", "process_open_fds", "process_max_fds",
                                 "process_resident_memory_bytes", "process_virtual_memory_bytes",
                                 "process_start_time_seconds"}) {
    EXPECT_THAT(text,
                testing::ContainsRegex(std::string("\n") + name + " [1-9]|\n" + name + " 0\\."))
        << name;
  }
}

TEST_F(MetricsTest, ProvideTotals) {
  Observe("add_pusher", Dialect::kGen1, 0);
  Observe("add_pusher", Dialect::kGen2, 0);
  Observe("get_pushers", Dialect::kGen1, 3);
  ConnectionCounts& http = metrics_.ConnectionsOf("http");
  ConnectionCounts& https = metrics_.ConnectionsOf("https");
  ++http.opened;
  ++https.opened;
  ++https.closed;
  ++https.handshakes;
  http.Count(RefusalCause::kFraming);
  https.Count(RefusalCause::kMemory);
  counts_.evictions.heartbeat_timeout = 4;
  metrics_.SetReaperLag(1500ms);
  const ServerTotals totals = metrics_.Totals();
  EXPECT_EQ(totals.requests, 3U);
  EXPECT_EQ(totals.failures, 1U);
  EXPECT_EQ(totals.evictions, 4U);
  EXPECT_EQ(totals.connections, 2U);
  EXPECT_EQ(totals.handshakes, 1U);
  EXPECT_EQ(totals.refusals, 2U);
  EXPECT_EQ(totals.reaper_lag, 1500ms);
}

TEST_F(MetricsTest, CountRefusedLoginsByCauseAndDroppedLinesByLevel) {
  const std::string text = metrics_.Text();
  for (const char* line : {R"(rtcroomd_logins_refused_total{cause="signature"} 5)",
                           R"(rtcroomd_logins_refused_total{cause="incomplete"} 0)",
                           R"(rtcroomd_log_lines_dropped_total{level="debug"} 0)",
                           R"(rtcroomd_log_lines_dropped_total{level="error"} 3)"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(MetricsTest, ShowTheMessageChannel) {
  channel_ = {.sizes = {.instances = 66,
                        .by_client = {11, 27, 28},
                        .groups = 12,
                        .polls = 13,
                        .account_polls = 5},
              .received = {.deliveries = {14, 15, 24},
                           .redeliveries = 16,
                           .kicked = 17,
                           .dropped = 18,
                           .gaps = 19},
              .sent = {.room = 20, .direct = 21, .mended = 22, .refused = 23},
              .sockets = 25,
              .slow_readers = 26};
  metrics_.delivery_observer().OnDelivered(DeliveryPath::kAccount, 3ms);
  metrics_.delivery_observer().OnDelivered(DeliveryPath::kAccount, 300ms);
  const std::string text = metrics_.Text();
  for (const char* const rest :
       {R"(instances{client="old"} 11)",
        R"(instances{client="sdk"} 27)",
        R"(instances{client="new"} 28)",
        "groups 12\n",
        R"(polls{kind="account"} 5)",
        R"(polls{kind="room"} 8)",
        R"(deliveries_total{path="account"} 14)",
        R"(deliveries_total{path="room"} 15)",
        R"(deliveries_total{path="socket"} 24)",
        "sockets 25\n",
        "slow_readers_total 26\n",
        "redeliveries_total 16\n",
        "kicked_total 17\n",
        "dropped_total 18\n",
        "gaps_total 19\n",
        R"(messages_total{kind="room"} 20)",
        R"(messages_total{kind="direct"} 21)",
        R"(guarded_total{outcome="mended"} 22)",
        R"(guarded_total{outcome="refused"} 23)",
        R"(delivery_duration_seconds_count{path="account"} 2)",
        R"(delivery_duration_seconds_count{path="room"} 0)",
        R"(delivery_duration_seconds_bucket{path="account",le="0.005"} 1)",
        R"(delivery_duration_seconds_bucket{path="account",le="0.5"} 2)"}) {
    EXPECT_THAT(text, HasSubstr(std::string("\nrtcroomd_channel_") + rest));
  }
}

TEST_F(MetricsTest, ShowTheVersion) {
  EXPECT_THAT(metrics_.Text(), HasSubstr(R"(rtcroomd_build_info{version="1.2.3"} 1)"));
}

TEST_F(MetricsTest, LoseNoCountsUnderConcurrency) {
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([this] {
        for (int n = 0; n < 250; ++n) Observe("get_pushers", Dialect::kGen1, n % 2);
      });
    }
  }
  const std::string text = metrics_.Text();
  EXPECT_THAT(text, HasSubstr(R"({code="0",dialect="gen1",endpoint="get_pushers"} 500)"));
  EXPECT_THAT(text, HasSubstr(R"({code="1",dialect="gen1",endpoint="get_pushers"} 500)"));
}

}  // namespace
}  // namespace rtcroom
