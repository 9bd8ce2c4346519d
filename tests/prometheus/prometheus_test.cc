// The shipped alerts and dashboard, evaluated by a real Prometheus on a real server.
#include <cctype>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/followers.h"
#include "tests/e2e/gen2_calls.h"
#include "tests/e2e/room_calls.h"
#include "tests/prometheus/prometheus_server.h"
#include "tests/prometheus/queries.h"
#include "tests/support/answering_service.h"
#include "tests/support/eventually.h"
#include "tests/support/gen2_client.h"
#include "tests/support/im_stand_in.h"
#include "tests/support/node_metrics.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::SizeIs;

const std::filesystem::path kAlerts = RTCROOM_DEPLOY "/prometheus/alerts.yml";
const std::filesystem::path kDashboard = RTCROOM_DEPLOY "/grafana/rtcroomd.json";

Settings WithServices(const ImStandIn& im, const AnsweringService& media,
                      const TempDirectory& recordings) {
  Settings settings = WithLogins();
  settings["live.api"] = "srs";
  settings["live.api_base_url"] = media.Url();
  settings["live.rtmp_callback_secret"] = "key";
  settings["recording.root"] = recordings.path().string();
  settings["im.enabled"] = true;
  settings["im.base_url"] = im.base_url();
  return settings;
}

nlohmann::json MergeBody(const std::string& room_id, const std::string& user_id) {
  nlohmann::json body = MemberBody(room_id, user_id);
  body["mergeParams"] = {{"interface", nlohmann::json::object()}};
  return body;
}

class ShippedQueries : public testing::Test {
 protected:
  /// A server with non-zero metrics.
  void SetUp() override {
    media_.Answer(HttpAnswer("200 OK", R"({"code":0,"service":"a","pid":"1","streams":[]})"));
    EXPECT_EQ(server_.Http().Send({.target = "/callback/srs"}).status, 401);
    ApiClient phone = server_.Https();
    for (const char* const kind : {"double_room", "multi_room"}) {
      ASSERT_EQ(phone.Call(kind, "create_room", CreateBody("u1")).code(), kOk);
    }
    // Without hosts there is no URL: a failure that is not the caller's.
    EXPECT_EQ(phone.Call("live_room", "get_push_url", {{"userID", "u1"}}).code(), kInternalFailure);
    ASSERT_EQ(phone.Call("live_room", "create_room", CreateBody("u1", "r1")).code(), kOk);
    EXPECT_EQ(phone.Call("live_room", "merge_stream", MergeBody("r1", "u1")).code(),
              kInternalFailure);
    EXPECT_EQ(phone.Call("multi_room", "get_pushers", RoomBody("nowhere")).code(), kNoSuchRoom);
    (void)LoggedIn(server_, "u2", "live_room");
  }

  ImStandIn im_;
  AnsweringService media_;
  const TempDirectory recordings_;
  ServerProcess server_{{.settings = WithServices(im_, media_, recordings_)}};
};

TEST_F(ShippedQueries, UseExistingMetricsAndLabels) {
  const Followers follower(server_.AddressOf("grpc"), 1, Reading::kReads);
  PrometheusServer prometheus(server_.PortOf("admin"), kAlerts);

  const std::vector<ShippedQuery> panels = QueriesOfDashboard(kDashboard);
  ASSERT_THAT(panels, Not(IsEmpty()));
  for (const ShippedQuery& query : panels) {
    SCOPED_TRACE(query.where + ": " + query.text);
    const bool shows_a_change = query.text.starts_with("changes(");
    nlohmann::json result;
    // The next scrape compensates for one missed on a busy machine.
    EXPECT_TRUE(Eventually([&] {
      result = prometheus.Query(query.text);
      return shows_a_change || !result.empty();
    })) << "no panel is empty";
    for (const nlohmann::json& series : result) {
      for (const std::string& label : query.used_labels) {
        EXPECT_TRUE(series.at("metric").contains(label)) << label;
      }
    }
  }

  std::vector<ShippedQuery> all = QueriesOfAlerts(kAlerts);
  ASSERT_THAT(all, Not(IsEmpty()));
  for (const ShippedQuery& query : all)
    EXPECT_NO_THROW(prometheus.Query(query.text)) << query.where;
  all.insert(all.end(), panels.begin(), panels.end());
  for (const ShippedQuery& query : all) {
    SCOPED_TRACE(query.where + ": " + query.text);
    const std::set<std::string> selectors = SelectorsIn(query.text);
    EXPECT_THAT(selectors, Not(IsEmpty()));
    for (const std::string& selector : selectors) {
      EXPECT_TRUE(Eventually([&] { return !prometheus.Query(selector).empty(); })) << selector;
    }
    const std::set<std::string> labels = prometheus.Labels();
    EXPECT_THAT(labels, IsSupersetOf(GroupingLabelsIn(query.text)));
    EXPECT_THAT(labels, IsSupersetOf(query.used_labels));
  }
}

TEST_F(ShippedQueries, FireNoAlertForAHealthyServer) {
  PrometheusServer prometheus(server_.PortOf("admin"), kAlerts);
  ASSERT_TRUE(Eventually([&] { return !prometheus.Alerts().empty(); }));
  for (const auto& alert : prometheus.Alerts()) {
    const std::string& name = alert.first;
    // The run is too short for these rates.
    if (name == "RtcroomdErrors" || name == "RtcroomdSlow") continue;
    if (name.starts_with("RtcroomdCertificate")) continue;  // a test certificate expires soon
    // These depend on the machine, which may be busy, or short of space.
    if (name == "RtcroomdCommitsSlow" || name.ends_with("DiskAlmostFull")) continue;
    if (name == "RtcroomdStalled" && MetricOf(server_, "rtcroomd_stalls_total") > 0) continue;
    EXPECT_TRUE(Eventually([&] { return prometheus.Alerts().at(name) == "inactive"; })) << name;
  }
}

/// Without their matchers, and of histograms without the suffix.
std::set<std::string> MetricsIn(const std::string& query) {
  constexpr std::string_view kOfHistogram = "_bucket";
  std::set<std::string> metrics;
  for (const std::string& selector : SelectorsIn(query)) {
    std::string metric = selector.substr(0, selector.find('{'));
    if (metric.ends_with(kOfHistogram)) metric.resize(metric.size() - kOfHistogram.size());
    metrics.insert(std::move(metric));
  }
  return metrics;
}

TEST(Dashboard, ShowsEveryMetricOfNodes) {
  std::set<std::string> shown;
  for (const ShippedQuery& query : QueriesOfDashboard(kDashboard)) {
    shown.merge(MetricsIn(query.text));
  }
  EXPECT_THAT(shown, IsSupersetOf(MetricsOfNodes()));
}

// Each node counts what all of them have: their sum would be a multiple.
TEST(Dashboard, SumsOverNodesOnlyWhatEachDoesItself) {
  const std::set<std::string> of_all = {"rtcroomd_rooms",
                                        "rtcroomd_members",
                                        "rtcroomd_leases",
                                        "rtcroomd_sessions",
                                        "rtcroomd_rooms_created_total",
                                        "rtcroomd_rooms_ended_total",
                                        "rtcroomd_evictions_total",
                                        "rtcroomd_events_retained",
                                        "rtcroomd_nodes",
                                        "rtcroomd_node_told_age_seconds"};
  std::set<std::string> shown;
  for (const ShippedQuery& query : QueriesOfDashboard(kDashboard)) {
    const bool is_by_node = GroupingLabelsIn(query.text).contains("instance");
    for (const std::string& metric : MetricsIn(query.text)) {
      if (!of_all.contains(metric)) continue;
      shown.insert(metric);
      EXPECT_TRUE(is_by_node || query.text.find("sum") == std::string::npos)
          << query.where << ": " << query.text;
    }
  }
  EXPECT_EQ(shown, of_all);
}

TEST(Alerts, AreEachTestedAndLinkToTheRunbook) {
  const std::string tests = ReadWholeFile(RTCROOM_ALERTS_TEST);
  const std::string rules = ReadWholeFile(kAlerts);
  for (const ShippedQuery& alert : QueriesOfAlerts(kAlerts)) {
    EXPECT_THAT(tests, HasSubstr("alertname=\"" + alert.where + "\"")) << "promtool tests it";
    std::string anchor = "\"docs\" }}/operators-guide.md#alert";
    for (const char c : alert.where) {
      if (c >= 'A' && c <= 'Z') anchor += '-';
      anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    EXPECT_THAT(rules, HasSubstr(anchor + "'\n"));
  }
}

TEST(SelectorsIn, FindsTheSelectorsOfAQuery) {
  EXPECT_THAT(SelectorsIn(R"(sum by (a) (rate(rtcroomd_x_total{b="c"}[5m])) / up{job="d"} > 1)"),
              SizeIs(2));
  EXPECT_EQ(SelectorsIn("rtcroomd_x - (rtcroomd_x offset 15m)"),
            std::set<std::string>{"rtcroomd_x"});
  EXPECT_EQ(GroupingLabelsIn("sum by (a, b) (x) + max by (c) (y)"),
            (std::set<std::string>{"a", "b", "c"}));
}

}  // namespace
}  // namespace rtcroom
