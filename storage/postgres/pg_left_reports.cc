#include "storage/postgres/pg_left_reports.h"

#include <utility>

namespace rtcroom {

std::vector<std::uint64_t> PgLeftReports::Observe(std::span<const std::uint64_t> left,
                                                  MonotonicTime now, MonotonicTime::duration kept) {
  const std::map<std::uint64_t, MonotonicTime> before = std::exchange(since_, {});
  std::vector<std::uint64_t> outdated;
  for (const std::uint64_t node : left) {
    const auto seen = before.find(node);
    const MonotonicTime since = seen == before.end() ? now : seen->second;
    since_.emplace(node, since);
    if (now - since >= kept) outdated.push_back(node);
  }
  return outdated;
}

}  // namespace rtcroom
