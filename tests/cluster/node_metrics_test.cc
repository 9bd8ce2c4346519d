// Each metric of nodes changes on its cause.
#include "tests/support/node_metrics.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cluster/database_clock.h"
#include "tests/cluster/node_fixture.h"
#include "tests/support/metrics_text.h"

namespace rtcroom {
namespace {

using testing::IsSupersetOf;

MetricsText Scrape(const ServerProcess& server) {
  return MetricsText::Read(server.Admin().Get("/metrics").text);
}

class MetricsOfNodesTest : public testing::Test {
 protected:
  /// Checks that the metrics of `server` change on the cause, and records that they are covered.
  void Check(const std::vector<std::string>& metrics, const ServerProcess& server,
             const std::function<void()>& cause) {
    const MetricsText before = Scrape(server);
    cause();
    for (const std::string& metric : metrics) {
      EXPECT_TRUE(Eventually([&] { return Scrape(server).Differs(metric, before); }))
          << metric << " does not change";
      moved_.insert(metric);
    }
  }
  /// The same for one that is to grow beyond a value.
  void CheckGrowth(const std::string& metric, const ServerProcess& server, double beyond) {
    EXPECT_TRUE(Eventually([&] { return MetricOf(server, metric) > beyond; })) << metric;
    moved_.insert(metric);
  }
  static int Create(ServerProcess& server, const std::string& room) {
    return server.Https().Call("multi_room", "create_room", CreateBody("alice", room)).code();
  }

  PostgresServer database_;
  ServerProcess first_{{.settings = NodeSettings(database_.Url())}};
  std::set<std::string> moved_;
};

TEST_F(MetricsOfNodesTest, ChangeWithTheirCause) {
  constexpr double kLong = 3;  // seconds
  ServerProcess second({.settings = NodeSettings(database_.Url())});
  CheckGrowth("rtcroomd_nodes", first_, 1);
  EXPECT_TRUE(Scrape(first_).Differs("rtcroomd_duty", Scrape(second)));
  moved_.insert("rtcroomd_duty");
  {
    const ServerProcess ahead({.settings = NodeSettings(UrlWithClock(database_, "-90 s"))});
    CheckGrowth("rtcroomd_clock_difference_seconds", ahead, 60);
  }
  CheckGrowth("rtcroomd_store_without_standby", first_, 0);
  {
    const PostgresServer other;
    const ServerProcess torn({.settings = NodeSettings(Secret(fmt::format(
                                  "postgresql://postgres:{}@127.0.0.1:{},127.0.0.1:{}/postgres",
                                  kPostgresPassword, database_.port(), other.port())))});
    CheckGrowth("rtcroomd_store_two_primaries", torn, 0);
  }
  Check({"rtcroomd_store_follower_lag_seconds"}, first_, [&] {
    Check({"rtcroomd_store_turn_wait_seconds"}, second,
          [&] { ASSERT_EQ(Create(second, "r1"), kOk); });
  });
  Check({"rtcroomd_store_second_tries_total", "rtcroomd_store_connects_total"}, first_, [&] {
    // The write that finds the connection lost may be another one, which is not repeated.
    EXPECT_TRUE(Eventually([&] {
      database_.EndConnections("application_name = 'rtcroomd'");
      EXPECT_EQ(Create(first_, "r2"), kOk);
      return MetricOf(first_, "rtcroomd_store_second_tries_total") > 0;
    }));
  });
  // Until it takes its place again with the next renewal.
  Check({"rtcroomd_store_fenced_total"}, first_, [&] {
    EXPECT_TRUE(Eventually([&] {
      database_.Execute("DELETE FROM nodes");
      (void)Create(first_, "r3");
      return MetricOf(first_, "rtcroomd_store_fenced_total") > 0;
    }));
  });
  database_.Stop();
  CheckGrowth("rtcroomd_node_cut_off_seconds", first_, 0);
  CheckGrowth("rtcroomd_node_told_age_seconds", first_, kLong);
  CheckGrowth("rtcroomd_store_follower_age_seconds", first_, kLong);
  EXPECT_TRUE(Eventually([&] {
    return MetricOf(first_, R"(rtcroomd_store_connects_total{outcome="unreachable"})") > 0;
  }));
  database_.Start();
  EXPECT_TRUE(
      Eventually([&] { return MetricOf(first_, "rtcroomd_node_told_age_seconds") < kLong; }));
  EXPECT_EQ(moved_, MetricsOfNodes());
  EXPECT_THAT(Scrape(first_).families, IsSupersetOf(MetricsOfNodes()));
}

}  // namespace
}  // namespace rtcroom
