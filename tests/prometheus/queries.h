// The queries in the shipped files.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace rtcroom {

struct ShippedQuery {
  std::string where = {};  ///< the panel's title or the alert's name
  std::string text = {};   ///< PromQL; without Grafana's variables
  /// Labels that texts beside it, such as a legend, need in its result.
  std::set<std::string> used_labels = {};
};

/// Of every panel and annotation, with `.*` for the variable `instance`.
/// @throws std::exception for an invalid dashboard.
std::vector<ShippedQuery> QueriesOfDashboard(const std::filesystem::path& file);

/// Of every alert. Parses only the subset of YAML that the file uses.
std::vector<ShippedQuery> QueriesOfAlerts(const std::filesystem::path& file);

/// The selectors of metrics in a query, with their matchers and without ranges:
/// `rtcroomd_rooms{kind="live"}`.
std::set<std::string> SelectorsIn(const std::string& query);

/// The labels that it groups by.
std::set<std::string> GroupingLabelsIn(const std::string& query);

}  // namespace rtcroom
