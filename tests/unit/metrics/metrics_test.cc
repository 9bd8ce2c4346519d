#include "daemon/metrics/metrics.h"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class MetricsTest : public testing::Test {
 protected:
  void Observe(std::string_view endpoint, std::optional<Dialect> dialect, int code,
               std::chrono::nanoseconds duration = 1ms) {
    metrics_.OnRequest({.endpoint = endpoint, .dialect = dialect, .code = code}, 200, duration);
  }

  std::uint64_t leases_ = 0;
  Metrics metrics_{"1.2.3",
                   {.rooms = [](RoomKind kind) { return static_cast<std::uint64_t>(kind) * 10; },
                    .leases = [this] { return leases_; },
                    .waiting_requests = [] { return 3U; }}};
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

TEST_F(MetricsTest, CountConnectionsAndHandshakes) {
  metrics_.OnConnectionOpened();
  metrics_.OnConnectionOpened();
  metrics_.OnHandshake();
  metrics_.OnConnectionClosed();
  const std::string text = metrics_.Text();
  EXPECT_THAT(text, HasSubstr("rtcroomd_connections 1\n"));
  EXPECT_THAT(text, HasSubstr("rtcroomd_connections_total 2\n"));
  EXPECT_THAT(text, HasSubstr("rtcroomd_tls_handshakes_total 1\n"));
  EXPECT_THAT(text, HasSubstr("rtcroomd_waiting_requests 3\n"));
}

TEST_F(MetricsTest, CountEachCauseOfARefusal) {
  for (const RefusalCauseName& row : kRefusalCauses) metrics_.OnRefusal(row.cause);
  metrics_.OnRequest({.endpoint = "add_pusher", .code = 6, .failure = Errc::kTooManyRequests}, 200,
                     1ms);
  const std::string text = metrics_.Text();
  for (const RefusalCauseName& row : kRefusalCauses) {
    EXPECT_THAT(text,
                HasSubstr(fmt::format("rtcroomd_refusals_total{{cause=\"{}\"}} 1\n", row.name)));
  }
  EXPECT_THAT(text, HasSubstr(R"(rtcroomd_refusals_total{cause="rate_limit"} 1)"));
}

TEST_F(MetricsTest, AskForRoomsAndLeasesAtEachScrape) {
  leases_ = 7;
  EXPECT_THAT(metrics_.Text(), HasSubstr("rtcroomd_leases 7"));
  leases_ = 8;
  const std::string text = metrics_.Text();
  EXPECT_THAT(text, HasSubstr("rtcroomd_leases 8"));
  EXPECT_THAT(text, HasSubstr(R"(rtcroomd_rooms{kind="double"} 10)"));
  EXPECT_THAT(text, HasSubstr(R"(rtcroomd_rooms{kind="multi"} 20)"));
  EXPECT_THAT(text, HasSubstr(R"(rtcroomd_rooms{kind="live"} 30)"));
}

TEST_F(MetricsTest, ShowWhatTheReaperDoes) {
  EXPECT_THAT(metrics_.Text(), HasSubstr("rtcroomd_evictions_total 0"));
  metrics_.CountEvictions(2);
  metrics_.CountEvictions(3);
  metrics_.SetReaperLag(1500ms);
  const std::string text = metrics_.Text();
  EXPECT_THAT(text, HasSubstr("rtcroomd_evictions_total 5"));
  EXPECT_THAT(text, HasSubstr("rtcroomd_reaper_lag_seconds 1.5"));
}

TEST_F(MetricsTest, TellWhichVersionRuns) {
  EXPECT_THAT(metrics_.Text(), HasSubstr(R"(rtcroomd_build_info{version="1.2.3"} 1)"));
}

TEST_F(MetricsTest, LoseNothingWhenManyThreadsCount) {
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
