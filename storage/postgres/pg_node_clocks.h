// The wall clocks of the nodes, compared with the database's.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "daemon/base/clock.h"

namespace rtcroom {

/// Differences from the database's clock, as the nodes have reported them: their wall clock minus
/// the database's. A node that has reported none counts as right.
///
/// @threads one thread at a time.
class PgNodeClocks {
 public:
  /// The difference of this process. Of all that the readings allow it is the least, so that the
  /// time that the network takes is no difference.
  /// @param now_ms  of the database, read between `sent` and `received`.
  static std::chrono::milliseconds Difference(TimePoint sent, TimePoint received,
                                              std::int64_t now_ms);

  struct Report {
    std::string machine{};  ///< its name: processes of one machine share its clock
    std::chrono::milliseconds ahead{0};
  };
  void Put(std::uint64_t node, Report report) { reports_[node] = std::move(report); }
  void Erase(std::uint64_t node) { reports_.erase(node); }

  /// Whether the database's clock is the wrong one: it differs from those of several machines,
  /// which agree with each other, and no node agrees with it.
  [[nodiscard]] bool DatabaseDiffers() const;
  /// Whether that node may remove data by its wall clock.
  [[nodiscard]] bool Trusts(std::uint64_t node) const;

 private:
  std::map<std::uint64_t, Report> reports_{};
};

}  // namespace rtcroom
