#include "storage/postgres/pg_nodes.h"

#include <chrono>
#include <sstream>
#include <string>

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

}  // namespace rtcroom
