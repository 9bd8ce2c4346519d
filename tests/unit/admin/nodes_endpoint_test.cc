#include "daemon/admin/nodes_endpoint.h"

#include <chrono>
#include <optional>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/fake_boot_clock.h"
#include "tests/support/only_node.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class ListedNodes : public Alone {
 public:
  Result<std::vector<ListedNode>> ListNodes() override { return nodes; }
  Result<std::vector<ListedNode>> nodes = std::vector<ListedNode>();
};

class FixedLog : public CommitFollower {
 public:
  Status CatchUp(MonotonicTime /*deadline*/) override { return {}; }
  [[nodiscard]] std::chrono::milliseconds LogAge() const override { return age; }
  std::chrono::milliseconds age{0};
};

class NodesEndpoint : public testing::Test {
 protected:
  NodesEndpoint() {
    lease_.Renew(lease_.Now());
    lease_.Record({.terms = {3, std::nullopt, std::nullopt, 4}, .nodes = 2, .told_ago = 300ms});
  }
  json Describe() {
    return DescribeNodes({.cluster = cluster_, .lease = lease_, .follower = &log_});
  }

  FakeBootClock clock_;
  NodeLease lease_{clock_};
  ListedNodes cluster_;
  FixedLog log_;
};

TEST_F(NodesEndpoint, DescribesTheNodesAndWhatThisOneKnows) {
  log_.age = 17ms;
  cluster_.nodes = std::vector{ListedNode{.node = 7,
                                          .name = "room1",
                                          .is_this = true,
                                          .rounds = 19,
                                          .schema = 1,
                                          .told_ago = 110ms,
                                          .duties = {"reaper", "upkeep"},
                                          .config_hash = "00c0ffee"},
                               ListedNode{.node = 9, .name = "room2", .schema = 2}};
  EXPECT_EQ(Describe(), json::parse(R"({
    "shared": true, "problem": null,
    "self": {"duties": ["reaper", "upkeep"], "cutOffMs": 0, "logAgeMs": 17, "allToldAgoMs": 300},
    "nodes": [
      {"node": 7, "name": "room1", "self": true, "schema": 1, "rounds": 19, "aliveMs": 19000,
       "toldAgoMs": 110, "config": "00c0ffee", "duties": ["reaper", "upkeep"]},
      {"node": 9, "name": "room2", "self": false, "schema": 2, "rounds": 0, "aliveMs": 0,
       "toldAgoMs": null, "config": "", "duties": []}]})"));
}

TEST_F(NodesEndpoint, TellsWhyTheNodesCannotBeRead) {
  cluster_.nodes = Error{Errc::kStoreBusy, "the database is away"};
  clock_.Advance(NodeLease::kTtl + 2s);
  log_.age = 8s;
  EXPECT_EQ(Describe(), json::parse(R"({
    "shared": true, "problem": "the database is away", "nodes": null,
    "self": {"duties": [], "cutOffMs": 2000, "logAgeMs": 8000, "allToldAgoMs": 8300}})"));
}

TEST_F(NodesEndpoint, ListsNoNodeWhereTheStoreBelongsToThisServer) {
  OnlyNode only;
  EXPECT_EQ(DescribeNodes({.cluster = only.cluster, .lease = only.lease}), json::parse(R"({
    "shared": false, "problem": null, "nodes": [],
    "self": {"duties": ["reaper", "im", "trtc", "upkeep"], "cutOffMs": 0, "logAgeMs": 0,
             "allToldAgoMs": 0}})"));
}

}  // namespace
}  // namespace rtcroom
