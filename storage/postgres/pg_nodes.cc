#include "storage/postgres/pg_nodes.h"

#include <algorithm>
#include <ranges>
#include <sstream>

namespace rtcroom {
namespace {

std::vector<std::string> WordsOf(const std::string& text) {
  std::istringstream words(text);
  std::vector<std::string> list;
  for (std::string word; words >> word;) list.push_back(word);
  return list;
}

}  // namespace

Result<std::vector<ListedNode>> ReadPgNodes(PgRows& rows) {
  enum : int { kNode, kName, kRounds, kSchema, kToldAgo, kHeld, kConfigHash };
  std::vector<ListedNode> nodes;
  while (rows.Next()) {
    ListedNode& node = nodes.emplace_back(ListedNode{.node = rows.Unsigned(kNode),
                                                     .name = rows.Text(kName),
                                                     .rounds = rows.Unsigned(kRounds),
                                                     .schema = rows.Integer(kSchema),
                                                     .duties = WordsOf(rows.Text(kHeld)),
                                                     .config_hash = rows.Text(kConfigHash)});
    if (!rows.IsNull(kToldAgo)) node.told_ago = std::chrono::milliseconds(rows.Integer(kToldAgo));
  }
  if (!rows.status()) return rows.status().error();
  return nodes;
}

std::chrono::milliseconds PgNodeClocks::Difference(TimePoint sent, TimePoint received,
                                                   std::int64_t now_ms) {
  using std::chrono::milliseconds;
  const milliseconds now(now_ms);
  // Readings are rounded down, but the database's to the nearest. The wall clock may have been set
  // back in between.
  const auto [least, most] = std::minmax(
      {sent.time_since_epoch() - now, received.time_since_epoch() + milliseconds(1) - now});
  return std::clamp(milliseconds(0), least, most);
}

bool PgNodeClocks::DatabaseDiffers() const {
  if (reports_.empty()) return false;
  const auto reports = std::views::values(reports_);
  const std::string& machine = reports.front().machine;
  if (std::ranges::all_of(reports, [&](const Report& other) { return other.machine == machine; })) {
    return false;
  }
  const auto [least, most] = std::ranges::minmax(reports, {}, &Report::ahead);
  return std::ranges::all_of(reports, IsFar, &Report::ahead) && !IsFar(most.ahead - least.ahead);
}

bool PgNodeClocks::Trusts(std::uint64_t node) const {
  const auto found = reports_.find(node);
  return found == reports_.end() || !IsFar(found->second.ahead) || DatabaseDiffers();
}

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
