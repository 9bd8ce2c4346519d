// What /metrics says, as values.
#pragma once

#include <map>
#include <set>
#include <string>

namespace rtcroom {

/// One scrape, read from Prometheus' text format 0.0.4.
struct MetricsText {
  /// By name and labels, as they stand in the text: `rtcroomd_rooms{kind="double"}`. The parts of
  /// histograms (`_bucket`, `_sum`, `_count`) have series of their own.
  std::map<std::string, double> series = {};
  /// Names that a TYPE line tells of: those of histograms without their endings.
  std::set<std::string> families = {};

  /// @throws std::runtime_error for a line that is none of the format.
  static MetricsText Read(const std::string& text);

  /// Of one series; 0 when it is not there.
  [[nodiscard]] double Of(const std::string& name_and_labels) const;

  /// Whether any series of the family has another value, or is there in one of the two only.
  [[nodiscard]] bool Differs(const std::string& family, const MetricsText& other) const;
};

}  // namespace rtcroom
