// The output of /metrics as values.
#pragma once

#include <map>
#include <set>
#include <string>

namespace rtcroom {

/// One scrape, parsed from Prometheus' text format 0.0.4.
struct MetricsText {
  /// By name and labels, as in the text: `rtcroomd_rooms{kind="double"}`. The parts of histograms
  /// (`_bucket`, `_sum`, `_count`) are separate series.
  std::map<std::string, double> series = {};
  /// Names from the TYPE lines: those of histograms without their suffixes.
  std::set<std::string> families = {};

  /// @throws std::runtime_error for a malformed line.
  static MetricsText Read(const std::string& text);

  /// The value of one series; 0 when it is missing.
  [[nodiscard]] double Of(const std::string& name_and_labels) const;

  /// Whether any series of the family has a different value or exists in only one of the two.
  [[nodiscard]] bool Differs(const std::string& family, const MetricsText& other) const;
};

}  // namespace rtcroom
