#include "daemon/admin/nodes_endpoint.h"

#include <string>

#include <nlohmann/json.hpp>

#include "daemon/core/node_renewal.h"

namespace rtcroom {
namespace {

using nlohmann::json;

json NodeJson(const ListedNode& node) {
  const auto rounds = static_cast<std::chrono::milliseconds::rep>(node.rounds);
  return {{"node", node.node},
          {"name", node.name},
          {"self", node.is_this},
          {"schema", node.schema},
          {"rounds", node.rounds},
          {"aliveMs", (rounds * NodeRenewal::kPeriod).count()},
          {"toldAgoMs", node.told_ago ? json(node.told_ago->count()) : json()},
          {"config", node.config_hash},
          {"duties", node.duties}};
}

json ThisNodeJson(const NodeSources& sources) {
  json duties = json::array();
  for (const Duty duty : kAllDuties) {
    if (sources.lease.Holds(duty)) duties.push_back(DutyName(duty));
  }
  return {{"duties", std::move(duties)},
          {"cutOffMs", sources.lease.CutOffFor().count()},
          {"logAgeMs", LogAgeOf(sources.follower).count()},
          {"allToldAgoMs", sources.lease.ToldAgo().count()}};
}

}  // namespace

json DescribeNodes(const NodeSources& sources) {
  json reply = {{"shared", sources.follower != nullptr},
                {"self", ThisNodeJson(sources)},
                {"nodes", nullptr},
                {"problem", nullptr}};
  const Result<std::vector<ListedNode>> nodes = sources.cluster.ListNodes();
  if (!nodes) {
    reply["problem"] = nodes.error().detail;
    return reply;
  }
  reply["nodes"] = json::array();
  for (const ListedNode& node : *nodes) reply["nodes"].push_back(NodeJson(node));
  return reply;
}

}  // namespace rtcroom
